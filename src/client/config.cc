#include "client/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>
#include <vector>

#include "client/private_file.h"
#include "unicode/names.h"
#include "unicode/sanitize.h"

namespace yap::client {
namespace {

// How one key is read: what is wrong with the value, or nothing.
struct KnownKey {
  std::string_view name;
  std::string (*take)(const toml::node& value, Config& config);
};

template <class Enum>
using Words = std::vector<std::pair<std::string_view, Enum>>;

template <class Enum>
std::string TakeWord(const toml::node& value, const Words<Enum>& words, Enum& out) {
  const auto text = value.value_exact<std::string>();
  for (const auto& [word, meaning] : words) {
    if (text != word) continue;
    out = meaning;
    return {};
  }
  return fmt::format("takes \"{}\"", fmt::join(std::views::keys(words), "\", \""));
}

template <class Text>  // std::string, or an optional one.
std::string TakeText(const toml::node& value, Text& out) {
  const auto text = value.value_exact<std::string>();
  if (!text) return "takes text in quotes";
  out = *text;
  return {};
}

std::string TakeSwitch(const toml::node& value, bool& out) {
  const auto given = value.value_exact<bool>();
  if (!given) return "takes true or false";
  out = *given;
  return {};
}

std::string TakeTable(const toml::node& value, Config&) {
  return value.is_table() ? "" : "is a table";
}

std::string TakeColors(const toml::node& value, Config& config) {
  static const Words<NameColors> words = {
      {"xep0392", NameColors::kXep0392}, {"hex6", NameColors::kHex6}, {"off", NameColors::kOff}};
  return TakeWord(value, words, config.name_colors);
}

std::string TakeNotify(const toml::node& value, Config& config) {
  static const Words<NotifyBy> words = {{"off", NotifyBy::kOff},
                                        {"bell", NotifyBy::kBell},
                                        {"osc9", NotifyBy::kOsc9},
                                        {"osc777", NotifyBy::kOsc777},
                                        {"command", NotifyBy::kCommand}};
  return TakeWord(value, words, config.notify);
}

constexpr std::array kKnownKeys = {
    KnownKey{"server", [](const toml::node& v, Config& c) { return TakeText(v, c.server); }},
    KnownKey{"ca_file", [](const toml::node& v, Config& c) { return TakeText(v, c.ca_file); }},
    KnownKey{"name_colors", TakeColors},
    KnownKey{"theme", [](const toml::node& v, Config& c) { return TakeText(v, c.theme); }},
    KnownKey{"notify", TakeNotify},
    KnownKey{"notify_command",
             [](const toml::node& v, Config& c) { return TakeText(v, c.notify_command); }},
    KnownKey{"mouse", [](const toml::node& v, Config& c) { return TakeSwitch(v, c.mouse); }},
    KnownKey{"keys", TakeTable},
    KnownKey{"themes", TakeTable},
};

std::string UnknownKey(std::string_view key) {
  const auto names = kKnownKeys | std::views::transform(&KnownKey::name);
  return UnknownName("key", key, {names.begin(), names.end()});
}

Result<> Take(const std::string& name, std::string_view key, const toml::node& value,
              Config& config) {
  const auto line = value.source().begin.line;
  const auto* known = std::ranges::find(kKnownKeys, key, &KnownKey::name);
  if (known == kKnownKeys.end()) return ConfigInvalid(name, line, UnknownKey(key));
  const std::string wrong = known->take(value, config);
  if (!wrong.empty()) return ConfigInvalid(name, line, fmt::format("{} {}", key, wrong));
  return {};
}

}  // namespace

std::unexpected<Error> ConfigInvalid(std::string_view file, std::uint32_t line,
                                     std::string_view what) {
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID", fmt::format("{}:{}: {}", file, line, what));
}

std::string UnknownName(std::string_view what, std::string_view name,
                        const std::vector<std::string>& known) {
  const auto nearest = unicode::Nearest(name, known);
  return fmt::format("unknown {} \"{}\"; {}", what, unicode::Visible(name),
                     nearest ? fmt::format("did you mean \"{}\"?", *nearest)
                             : fmt::format("known are {}", fmt::join(known, ", ")));
}

Result<Config> ParseConfig(const std::string& text, const std::string& name) {
  Config config;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, value] : table) {
      YAP_TRY_VOID(Take(name, key.str(), value, config));
    }
    if (config.notify == NotifyBy::kCommand && config.notify_command.empty()) {
      return ConfigInvalid(name, table["notify"].node()->source().begin.line,
                           "notify = \"command\" needs notify_command");
    }
  } catch (const toml::parse_error& failure) {
    return ConfigInvalid(name, failure.source().begin.line, failure.description());
  }
  return config;
}

Result<Config> ReadConfig(const std::filesystem::path& file) {
  YAP_TRY(const auto text, ReadLinkedFile(file));
  return ParseConfig(text.value_or(""), file.string());
}

}  // namespace yap::client
