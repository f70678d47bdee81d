// tui/look/palette.h: colours as terminals have them, and how well they can be read. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "client/name_color.h"

namespace yap::tui {

// Contrast of two colours by WCAG 2.1: 1 (the same) … 21 (black on white).
double Contrast(client::Rgb a, client::Rgb b);

// The first colour with at least `contrast` on the way from `color` to white or black, whichever is
// further from `background`.
client::Rgb MadeReadable(client::Rgb color, client::Rgb background, double contrast);

// What colours stand before.
struct Ground {
  client::Rgb background;
  double contrast = 4.5;
};

// The nearest entry of xterm's 256 (16…255) or of its 16, by distance in CIELAB (1976); with a
// ground only among those that can be read on it. REQUIRES: ground.contrast is at most what black
// or white has there.
std::uint8_t NearestOf256(client::Rgb color, std::optional<Ground> ground = {});
std::uint8_t NearestOf16(client::Rgb color, std::optional<Ground> ground = {});

// Entry `index` as xterm shows it.
client::Rgb PaletteColor(std::uint8_t index);

}  // namespace yap::tui
