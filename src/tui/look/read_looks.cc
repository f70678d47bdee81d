#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <ranges>

#include "client/config.h"
#include "tui/look/looks.h"
#include "unicode/sanitize.h"

namespace yap::tui {
namespace {

// In the order of Role.
constexpr std::array<std::string_view, kRoles> kRoleNames = {
    "text", "dim", "name", "news", "error", "mention", "accent", "selected", "unread", "found"};
constexpr std::string_view kDefaultBase = "dark";

std::uint32_t LineOf(const toml::node& node) { return node.source().begin.line; }

std::optional<client::Rgb> ParseColor(std::string_view word) {
  std::uint32_t rgb = 0;
  if (word.size() != 7 || word.front() != '#') return {};
  const auto [end, failed] = std::from_chars(word.data() + 1, word.data() + 7, rgb, 16);
  if (failed != std::errc() || end != word.data() + 7) return {};
  return client::Rgb{static_cast<std::uint8_t>(rgb >> 16), static_cast<std::uint8_t>(rgb >> 8),
                     static_cast<std::uint8_t>(rgb)};
}

bool TakeAttribute(std::string_view word, Attributes& out) {
  if (word == "bold") return out.bold = true;
  if (word == "dim") return out.dim = true;
  if (word == "reverse") return out.reverse = true;
  return word == "underline" && (out.underline = true);
}

// "#ff5555 bold"; attributes count without colours, too.
std::optional<Look> ParseLook(std::string_view text) {
  Look look;
  for (const auto piece : std::views::split(text, std::string_view(" "))) {
    const std::string_view word(piece.begin(), piece.end());
    if (word.empty() || word == "plain") continue;
    if (const auto color = ParseColor(word)) {
      look.color = color;
    } else if (!TakeAttribute(word, look.attributes)) {
      return {};
    }
  }
  look.uncolored = look.attributes;
  return look;
}

// One table [themes.NAME].
class ThemeReader {
 public:
  ThemeReader(const std::string& file, std::string_view name) : file_(file), name_(name) {}

  Result<ThemeLooks> Read(const toml::node& node) {
    if (!node.is_table()) return Invalid(node, fmt::format("themes.{} is a table", name_));
    const toml::table& table = *node.as_table();
    YAP_TRY(ThemeLooks out, Base(table));
    for (const auto& [key, value] : table) {
      if (key != "base") YAP_TRY_VOID(Take(key.str(), value, out));
    }
    return out;
  }

 private:
  std::unexpected<Error> Invalid(const toml::node& node, std::string_view what) const {
    return client::ConfigInvalid(file_, LineOf(node), what);
  }

  Result<ThemeLooks> Base(const toml::table& table) const {
    const toml::node* node = table.get("base");
    const ThemeLooks* own = BuiltinTheme(name_);
    if (!node) return own ? *own : *BuiltinTheme(kDefaultBase);
    const auto* base = BuiltinTheme(node->value_or(std::string_view()));
    if (!base) return Invalid(*node, "base is \"dark\", \"light\", \"high-contrast\" or \"mono\"");
    return *base;
  }

  Result<> Take(std::string_view key, const toml::node& value, ThemeLooks& out) const {
    const auto text = value.value_exact<std::string>();
    if (!text) return Invalid(value, fmt::format("{} takes text in quotes", unicode::Visible(key)));
    if (key == "background") {
      const auto color = ParseColor(*text);
      if (!color) return Invalid(value, "background takes \"#rrggbb\"");
      out.ground.background = *color;
      return {};
    }
    const auto* role = std::ranges::find(kRoleNames, key);
    if (role == kRoleNames.end()) return Invalid(value, UnknownRole(key));
    const auto look = ParseLook(*text);
    if (!look) {
      return Invalid(value, fmt::format("{} takes \"#rrggbb\" and of bold, dim, reverse, underline "
                                        "any; or \"plain\"",
                                        key));
    }
    out.looks[static_cast<std::size_t>(role - kRoleNames.begin())] = *look;
    return {};
  }

  static std::string UnknownRole(std::string_view key) {
    std::vector<std::string> known(kRoleNames.begin(), kRoleNames.end());
    known.insert(known.end(), {"base", "background"});
    return client::UnknownName("role", key, known);
  }

  const std::string& file_;
  const std::string_view name_;
};

// Where config.toml says which theme; 1 where somebody else did.
std::uint32_t LineOfChoice(const toml::table& config) {
  const toml::node* node = config.get("theme");
  return node ? LineOf(*node) : 1;
}

Result<ThemeLooks> Choose(const toml::table& config, const std::string& file,
                          const std::string& theme) {
  std::vector<std::string> known = {"dark", "light", "high-contrast", "mono"};
  const ThemeLooks* builtin = BuiltinTheme(theme);
  std::optional<ThemeLooks> chosen = builtin ? std::optional(*builtin) : std::nullopt;
  if (const toml::table* tables = config["themes"].as_table()) {
    for (const auto& [name, value] : *tables) {
      YAP_TRY(auto looks, ThemeReader(file, name.str()).Read(value));
      known.emplace_back(name.str());
      if (name == theme) chosen = std::move(looks);
    }
  }
  if (chosen) return *chosen;
  return client::ConfigInvalid(file, LineOfChoice(config),
                               client::UnknownName("theme", theme, known));
}

}  // namespace

Result<ThemeLooks> ReadThemeLooks(const std::string& config_toml, const std::string& file,
                                  const std::string& theme) {
  try {
    return Choose(toml::parse(config_toml), file, theme);
  } catch (const toml::parse_error& failure) {
    return client::ConfigInvalid(file, failure.source().begin.line, failure.description());
  }
}

}  // namespace yap::tui
