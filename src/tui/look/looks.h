// tui/look/looks.h: what a theme says of each role, before a terminal's colours are known; the four
// themes that are built in; and config.toml's changes to them. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/name_color.h"
#include "tui/look/palette.h"
#include "tui/text/cells.h"

namespace yap::tui {

struct Attributes {
  bool bold = false;
  bool dim = false;
  bool reverse = false;
  bool underline = false;

  friend bool operator==(const Attributes&, const Attributes&) = default;
};

struct Look {
  std::optional<client::Rgb> color{};  // None: the terminal's own.
  Attributes attributes{};             // With that colour.
  Attributes uncolored{};              // Where there are no colours.
};

struct ThemeLooks {
  Ground ground;
  bool colors = true;
  std::array<Look, kRoles> looks;  // By Role.
};

// "dark", "light", "high-contrast", "mono"; null: none of these.
const ThemeLooks* BuiltinTheme(std::string_view name);

// `theme` as the tables [themes.*] of `config_toml` make it (see Theme::Read for format and
// errors).
Result<ThemeLooks> ReadThemeLooks(const std::string& config_toml, const std::string& file,
                                  const std::string& theme);

}  // namespace yap::tui
