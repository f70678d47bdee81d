#include "app/yapd/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>

#include "unicode/names.h"

namespace yap::app {
namespace {

std::unexpected<Error> Bad(std::string message) {
  return Fail(Errc::kInvalidArgument, "CONFIG_INVALID", std::move(message));
}

const Key* Find(std::string_view name) {
  const auto keys = Keys();
  const auto it = std::ranges::find(keys, name, &Key::name);
  return it == keys.end() ? nullptr : &*it;
}

std::string NearestHint(std::string_view name) {
  std::vector<std::string> names;
  for (const Key& key : Keys()) names.emplace_back(key.name);
  const auto nearest = unicode::Nearest(name, names);
  return nearest ? fmt::format("; did you mean '{}'?", *nearest)
                 : std::string("; 'yapd config print' lists all keys");
}

// One text into its field. What is wrong, without saying where it stood: the caller knows.
class Setter {
 public:
  Setter(Config& config, const Key& key, std::string_view text)
      : config_(config), key_(key), text_(text) {}

  std::string operator()(std::string Config::* field) const {
    if (!key_.choices.empty() && std::ranges::find(key_.choices, text_) == key_.choices.end()) {
      return fmt::format("'{}' is none of {}", text_, fmt::join(key_.choices, ", "));
    }
    config_.*field = std::string(text_);
    return {};
  }
  std::string operator()(bool Config::* field) const {
    if (text_ != "true" && text_ != "false") return fmt::format("'{}' is not true or false", text_);
    config_.*field = text_ == "true";
    return {};
  }
  std::string operator()(std::int64_t Config::* field) const { return Number(config_.*field); }
  std::string operator()(double Config::* field) const { return Number(config_.*field); }
  std::string operator()(std::vector<std::string> Config::* field) const {
    std::vector<std::string> items;
    for (std::string_view rest = text_; !rest.empty();) {
      const auto item = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), item.size() + 1));
      if (!item.empty()) items.emplace_back(item);
    }
    config_.*field = std::move(items);
    return {};
  }

 private:
  template <class Value>
  std::string Number(Value& out) const {
    Value value{};
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{} || end != text_.data() + text_.size()) {
      return fmt::format("'{}' is not a number", text_);
    }
    if (static_cast<double>(value) < key_.min || static_cast<double>(value) > key_.max) {
      return fmt::format("{} is outside {} to {}", text_, key_.min, key_.max);
    }
    out = value;
    return {};
  }

  Config& config_;
  const Key& key_;
  const std::string_view text_;
};

Result<> Set(LoadedConfig& config, const Key& key, std::string_view text, Source source,
             const std::string& where) {
  if (const auto wrong = std::visit(Setter(config.values, key, text), key.field); !wrong.empty()) {
    return Bad(fmt::format("{}: {}: {}", where, key.name, wrong));
  }
  config.sources[std::string(key.name)] = source;
  return {};
}

// A TOML value as the text that a flag would carry.
std::optional<std::string> TextOf(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  if (const auto* whole = node.as_integer()) return fmt::format("{}", whole->get());
  if (const auto* real = node.as_floating_point()) return fmt::format("{}", real->get());
  if (const auto* list = node.as_array()) {
    std::vector<std::string> items;
    for (const auto& item : *list) {
      if (const auto* text = item.as_string()) items.push_back(text->get());
    }
    if (items.size() == list->size()) return fmt::format("{}", fmt::join(items, ","));
  }
  return std::nullopt;
}

std::string Place(const std::string& file, const toml::node& node) {
  return fmt::format("{}:{}", file, node.source().begin.line);
}

Result<> ApplyTable(const toml::table& table, const std::string& prefix, const std::string& file,
                    LoadedConfig& config) {
  for (const auto& [name, node] : table) {
    const std::string full = prefix + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      YAP_TRY_VOID(ApplyTable(*inner, full + ".", file, config));
      continue;
    }
    const Key* key = Find(full);
    if (key == nullptr) {
      return Bad(fmt::format("{}: unknown key '{}'{}", Place(file, node), full, NearestHint(full)));
    }
    const auto text = TextOf(node);
    if (!text)
      return Bad(fmt::format("{}: {} has a value of the wrong type", Place(file, node), full));
    YAP_TRY_VOID(Set(config, *key, *text, Source::kFile, Place(file, node)));
  }
  return {};
}

Result<> ApplyFile(const std::string& file, LoadedConfig& config) {
  try {
    return ApplyTable(toml::parse_file(file), "", file, config);
  } catch (const toml::parse_error& e) {
    return Bad(fmt::format("{}:{}: {}", file, e.source().begin.line, e.description()));
  }
}

Result<> ApplyEnvironment(const ConfigInputs& inputs, LoadedConfig& config) {
  if (!inputs.environment) return {};
  for (const Key& key : Keys()) {
    const std::string variable = VariableOf(key);
    if (const auto text = inputs.environment(variable)) {
      YAP_TRY_VOID(Set(config, key, *text, Source::kEnvironment, variable));
    }
  }
  return {};
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

Result<LoadedConfig> LoadConfig(const ConfigInputs& inputs) {
  LoadedConfig config;
  for (const Key& key : Keys()) config.sources[std::string(key.name)] = Source::kDefault;
  if (!inputs.file.empty()) YAP_TRY_VOID(ApplyFile(inputs.file, config));
  YAP_TRY_VOID(ApplyEnvironment(inputs, config));
  for (const auto& [name, text] : inputs.flags) {
    const Key* key = Find(name);
    if (key == nullptr) return Bad(fmt::format("unknown key '{}'{}", name, NearestHint(name)));
    YAP_TRY_VOID(Set(config, *key, text, Source::kFlag, FlagOf(*key)));
  }
  return config;
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
  std::string out = json ? "{" : "";
  for (const Key& key : Keys()) {
    const auto value = ValueText(config.values, key);
    const auto source = SourceName(config.sources.at(std::string(key.name)));
    if (json) {
      if (out.size() > 1) out += ",";
      out += fmt::format(R"("{}":{{"value":"{}","source":"{}"}})", key.name, value, source);
    } else {
      out += fmt::format("{:<34} {:<28} ({})\n", key.name, value.empty() ? "-" : value, source);
    }
  }
  return json ? out + "}\n" : out;
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
