// client/name_color.h: a colour per name, the same on every device.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/config.h"

namespace yap::client {

struct Rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

// kXep0392: XEP-0392 1.0, section 5, saturation 100, lightness 50 (HSLuv). kHex6: the first three
// bytes of SHA-256. REQUIRES: colors != NameColors::kOff.
Rgb ColorOf(std::string_view name, NameColors colors);

// `name` between the terminal's sequences for its colour; as it is with kOff.
// REQUIRES: `name` is safe to print.
std::string Colored(std::string_view name, NameColors colors);

}  // namespace yap::client
