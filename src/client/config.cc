#include "client/config.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <vector>

#include "client/private_file.h"
#include "unicode/names.h"
#include "unicode/sanitize.h"

namespace yap::client {
namespace {

std::unexpected<Error> Invalid(const std::string& name, toml::source_index line,
                               std::string_view what) {
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID", fmt::format("{}:{}: {}", name, line, what));
}

std::optional<NameColors> ParseColors(std::string_view word) {
  if (word == "xep0392") return NameColors::kXep0392;
  if (word == "hex6") return NameColors::kHex6;
  if (word == "off") return NameColors::kOff;
  return {};
}

std::string Unknown(std::string_view key) {
  static const std::vector<std::string> known = {"server", "ca_file", "name_colors"};
  const auto nearest = unicode::Nearest(key, known);
  return fmt::format("unknown key \"{}\"; {}", unicode::Visible(key),
                     nearest ? fmt::format("did you mean \"{}\"?", *nearest)
                             : fmt::format("known are {}", fmt::join(known, ", ")));
}

Result<> Take(const std::string& name, std::string_view key, const toml::node& value,
              Config& config) {
  const auto line = value.source().begin.line;
  if (key != "server" && key != "ca_file" && key != "name_colors") {
    return Invalid(name, line, Unknown(key));
  }
  const auto text = value.value_exact<std::string>();
  if (!text) return Invalid(name, line, fmt::format("{} takes text in quotes", key));
  if (key == "server") config.server = *text;
  if (key == "ca_file") config.ca_file = *text;
  if (key != "name_colors") return {};
  const auto colors = ParseColors(*text);
  if (!colors) return Invalid(name, line, "name_colors is \"xep0392\", \"hex6\" or \"off\"");
  config.name_colors = *colors;
  return {};
}

}  // namespace

Result<Config> ParseConfig(const std::string& text, const std::string& name) {
  Config config;
  try {
    const toml::table table = toml::parse(text);
    for (const auto& [key, value] : table) {
      YAP_TRY_VOID(Take(name, key.str(), value, config));
    }
  } catch (const toml::parse_error& failure) {
    return Invalid(name, failure.source().begin.line, failure.description());
  }
  return config;
}

Result<Config> ReadConfig(const std::filesystem::path& file) {
  YAP_TRY(const auto text, ReadPrivateFile(file));
  return ParseConfig(text.value_or(""), file.string());
}

}  // namespace yap::client
