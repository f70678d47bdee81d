#include "tui/look/theme.h"

#include "base/check.h"

namespace yap::tui {
namespace {

const ThemeLooks& RequireBuiltin(const std::string& name) {
  const ThemeLooks* looks = BuiltinTheme(name);
  YAP_CHECK(looks, "no such theme is built in");
  return *looks;
}

}  // namespace

Depth DepthOf(const TerminalVariables& variables) {
  if (!variables.no_color.empty() || variables.term == "dumb") return Depth::kNone;
  if (variables.colorterm == "truecolor" || variables.colorterm == "24bit") return Depth::kTrue;
  return variables.term.find("256color") != std::string::npos ? Depth::k256 : Depth::k16;
}

Result<Theme> Theme::Read(const std::string& config_toml, const std::string& name,
                          const ThemeOptions& options) {
  YAP_TRY(const auto looks, ReadThemeLooks(config_toml, name, options.theme));
  return Theme(looks, options.depth);
}

Theme::Theme(const ThemeOptions& options) : Theme(RequireBuiltin(options.theme), options.depth) {}

Theme::Theme(const ThemeLooks& looks, Depth depth)
    : depth_(looks.colors ? depth : Depth::kNone), ground_(looks.ground) {
  for (std::size_t role = 0; role < kRoles; ++role) {
    const Look& look = looks.looks[role];
    if (look.color) styles_[role] = Colored(*look.color);
    const bool colored = depth_ != Depth::kNone;
    static_cast<Attributes&>(styles_[role]) = colored ? look.attributes : look.uncolored;
  }
}

Style Theme::Colored(client::Rgb color) const {
  Style style;
  switch (depth_) {
    case Depth::kNone:
      break;
    case Depth::k16:
      style.index = NearestOf16(color, ground_);
      break;
    case Depth::k256:
      style.index = NearestOf256(color, ground_);
      break;
    case Depth::kTrue:
      style.foreground = color;
      break;
  }
  return style;
}

const Style& Theme::ColoredName(client::Rgb color) const {
  const std::uint32_t key = (std::uint32_t{color.red} << 16) | (std::uint32_t{color.green} << 8) |
                            std::uint32_t{color.blue};
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  if (known_.size() >= kKnownMax) known_.clear();
  return known_[key] = Colored(MadeReadable(color, ground_.background, ground_.contrast));
}

Style Theme::Of(const Cell& cell) const {
  Style style = styles_[static_cast<std::size_t>(cell.role)];
  if (cell.role == Role::kName && cell.color) {
    const Style& own = ColoredName(*cell.color);
    style.foreground = own.foreground;
    style.index = own.index;
  }
  style.bold = style.bold || cell.bold;
  return style;
}

}  // namespace yap::tui
