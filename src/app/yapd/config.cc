#include "app/yapd/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace yap::app {
namespace {

std::unexpected<Error> Bad(std::string message) {
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID", std::move(message));
}

class Printer {
 public:
  explicit Printer(const Config& config) : config_(config) {}
  std::string operator()(std::string Config::* field) const { return config_.*field; }
  std::string operator()(bool Config::* field) const { return config_.*field ? "true" : "false"; }
  std::string operator()(std::int64_t Config::* field) const {
    return fmt::format("{}", config_.*field);
  }
  std::string operator()(double Config::* field) const { return fmt::format("{}", config_.*field); }
  std::string operator()(std::vector<std::string> Config::* field) const {
    return fmt::format("{}", fmt::join(config_.*field, ","));
  }

 private:
  const Config& config_;
};

}  // namespace

std::string_view SourceName(Source source) {
  switch (source) {
    case Source::kDefault:
      return "default";
    case Source::kFile:
      return "file";
    case Source::kEnvironment:
      return "environment";
    case Source::kFlag:
      return "flag";
  }
  return "default";
}

std::string ValueText(const Config& config, const Key& key) {
  return std::visit(Printer(config), key.field);
}

std::string DataDir(
    const Config& config,
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  if (!config.data_dir.empty()) return config.data_dir;
  if (const auto systemd = environment("STATE_DIRECTORY"); systemd && !systemd->empty()) {
    return *systemd;
  }
  if (const auto state = environment("XDG_STATE_HOME"); state && !state->empty()) {
    return *state + "/yapd";
  }
  return environment("HOME").value_or(".") + "/.local/state/yapd";
}

Result<HostPort> ParseHostPort(std::string_view text) {
  const auto colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  HostPort parsed{std::string(host), 0};
  const auto digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), parsed.port);
  if (host.empty() || digits.empty() || error != std::errc{} ||
      end != digits.data() + digits.size()) {
    return Bad(fmt::format("'{}' is not ADDRESS:PORT, as in 127.0.0.1:7676 or [::1]:7676", text));
  }
  return parsed;
}

bool IsLoopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

std::string PrintConfig(const LoadedConfig& config, bool json) {
  std::string lines;
  auto object = nlohmann::ordered_json::object();
  for (const Key& key : Keys()) {
    const auto value = ValueText(config.values, key);
    const auto source = SourceName(config.sources.at(std::string(key.name)));
    object[std::string(key.name)] = {{"value", value}, {"source", source}};
    lines += fmt::format("{:<34} {:<28} ({})\n", key.name, value.empty() ? "-" : value, source);
  }
  return json ? object.dump() + "\n" : lines;
}

std::string ConfigDocs() {
  std::string out =
      "# Configuration of yapd\n\n"
      "Made from the table of keys by `yapd config docs`; do not edit.\n\n"
      "Every key can be set in four ways; the first that says something wins: a flag, an "
      "environment\n"
      "variable, the file named by `--config` (TOML), the default. `server.listen` is\n"
      "`--server-listen`, `YAPD_SERVER_LISTEN`, and `listen` under `[server]`. `yapd config "
      "print`\n"
      "shows what holds and where it came from; `yapd check-config` tells what is wrong with "
      "it.\n\n"
      "| key | default | what it does |\n|---|---|---|\n";
  const Config defaults;
  for (const Key& key : Keys()) {
    const auto value = ValueText(defaults, key);
    out += fmt::format(
        "| `{}`{} | {} | {}{} |\n", key.name,
        key.alias.empty() ? "" : fmt::format(" (`{}`)", key.alias),
        value.empty() ? "" : fmt::format("`{}`", value), key.help,
        key.choices.empty() ? "" : fmt::format(" One of: `{}`.", fmt::join(key.choices, "`, `")));
  }
  return out;
}

}  // namespace yap::app
