// tui/look/theme.h: roles → colours, for what the terminal can show. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"
#include "client/config.h"
#include "client/name_color.h"
#include "tui/text/cells.h"

namespace yap::tui {

enum class Depth : std::uint8_t { kNone, k16, k256, kTrue };

// From the environment: NO_COLOR (not empty) or TERM=dumb: none; COLORTERM truecolor|24bit: true;
// TERM *256color*: 256; else 16.
struct TerminalVariables {
  std::string no_color, colorterm, term;
};
Depth DepthOf(const TerminalVariables& variables);

// How a cell is written: a colour of the depth, or the terminal's own.
struct Style {
  std::optional<client::Rgb> foreground;  // kTrue.
  std::optional<std::uint8_t> index;      // k16, k256: the palette's number.
  bool bold = false, dim = false, reverse = false, underline = false;

  friend bool operator==(const Style&, const Style&) = default;
};

// Names → small numbers that cells carry, so that a cell stays small. Grows to at most 65,536 names,
// then begins anew. One thread.
class NameTable {
 public:
  std::uint32_t IdOf(std::string_view name);  // Never 0.
  std::string_view NameOf(std::uint32_t id) const;
};

struct ThemeOptions {
  std::string theme = "dark";  // dark | light | high-contrast | mono, or one of [themes.NAME].
  client::NameColors name_colors = client::NameColors::kXep0392;
  Depth depth = Depth::kTrue;
};

class Theme {
 public:
  // Tables [themes.NAME] of config.toml override roles: `error = "#ff5555"`, `news = "dim"`.
  // Errors: InvalidArgument CONFIG_INVALID with file and line.
  static Result<Theme> Read(const std::string& config_toml, const std::string& name, ThemeOptions options);
  explicit Theme(ThemeOptions options);

  // Name colours keep a contrast of at least 4.5:1 (WCAG 2.1) against the theme's background and go to
  // the nearest of 256 or 16. Without colour roles differ by bold, dim, reverse, underline.
  Style Of(const Cell& cell, const NameTable& names) const;
};

// The nearest entry of xterm's 256 (16…255) or of the 16, by distance in CIELAB.
std::uint8_t NearestOf256(client::Rgb color);
std::uint8_t NearestOf16(client::Rgb color);

}  // namespace yap::tui
