// tui/look/theme.h: roles → colours, for what the terminal can show. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "client/name_color.h"
#include "tui/look/looks.h"
#include "tui/look/palette.h"
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
struct Style : Attributes {
  std::optional<client::Rgb> foreground{};  // kTrue.
  std::optional<std::uint8_t> index{};      // k16, k256: the palette's number.

  friend bool operator==(const Style&, const Style&) = default;
};

struct ThemeOptions {
  std::string theme = "dark";  // dark | light | high-contrast | mono, or one of [themes.NAME].
  Depth depth = Depth::kTrue;
};

// One thread.
class Theme {
 public:
  // A table [themes.NAME] of `config_toml` (the whole text) changes roles of the theme of that name
  // or, for a new one, of its `base` ("dark"): `error = "#ff5555 bold"`, `news = "dim"`; and
  // `background`, which colours of names are kept apart from. Errors: InvalidArgument
  // CONFIG_INVALID with file and line; all tables are looked at, not only the chosen one.
  static Result<Theme> Read(const std::string& config_toml, const std::string& name,
                            const ThemeOptions& options);
  // REQUIRES: options.theme is one of the four.
  explicit Theme(const ThemeOptions& options);
  // Any looks.
  Theme(const ThemeLooks& looks, Depth depth);

  // Name colours keep a contrast of at least 4.5:1 (WCAG 2.1; 7:1 in high-contrast) against the
  // theme's background and go to the nearest of 256 or 16. Without colour roles differ by bold,
  // dim, reverse, underline.
  Style Of(const Cell& cell) const;

  const client::Rgb& background() const { return ground_.background; }

 private:
  // Name colours that are known; begun anew beyond this many: it costs 20 µs to find one again.
  static constexpr std::size_t kKnownMax = 4096;

  Style Colored(client::Rgb color) const;
  const Style& ColoredName(client::Rgb color) const;

  Depth depth_;
  Ground ground_;
  std::array<Style, kRoles> styles_;
  mutable std::unordered_map<std::uint32_t, Style> known_;
};

}  // namespace yap::tui
