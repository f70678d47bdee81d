// A configuration from its four sources, with the place of each value. All mistakes are told at
// once.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "app/yapd/config.h"
#include "unicode/names.h"

namespace yap::app {
namespace {

constexpr std::string_view kPrefix = "YAPD_";
constexpr std::string_view kFileVariable = "YAPD_CONFIG";

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
    const char* const begin = text_.data();
    const auto [end, error] = std::from_chars(begin, begin + text_.size(), value);
    if (error != std::errc{} || end != begin + text_.size()) {
      return fmt::format("'{}' is not a number", text_);
    }
    const auto number = static_cast<double>(value);
    if (!(number >= key_.min && number <= key_.max)) {  // NaN, too.
      return fmt::format("{} is outside {} to {}", text_, key_.min, key_.max);
    }
    out = value;
    return {};
  }

  Config& config_;
  const Key& key_;
  const std::string_view text_;
};

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

// Kubernetes sets such variables for every service whose name begins with "yapd".
bool IsOfKubernetes(std::string_view variable, std::string_view value) {
  return value.starts_with("tcp://") || variable.contains("_SERVICE_HOST") ||
         variable.contains("_SERVICE_PORT") || variable.contains("_TCP_");
}

class Loader {
 public:
  explicit Loader(const ConfigInputs& inputs) : inputs_(inputs) {}

  Result<LoadedConfig> Run() {
    for (const Key& key : Keys()) config_.sources[std::string(key.name)] = Source::kDefault;
    if (!inputs_.file.empty()) File();
    if (inputs_.environment) Environment();
    for (const auto& [name, text] : inputs_.flags) Flag(name, text);
    if (mistakes_.empty()) return std::move(config_);
    return Fail(Errc::kInvalidArgument, "CONFIG_INVALID",
                fmt::format("{}", fmt::join(mistakes_, "\n")));
  }

 private:
  void Set(const Key& key, std::string_view text, Source source, std::string place) {
    const auto wrong = std::visit(Setter(config_.values, key, text), key.field);
    if (!wrong.empty()) {
      mistakes_.push_back(fmt::format("{}: {}: {}", place, key.name, wrong));
      return;
    }
    config_.sources[std::string(key.name)] = source;
    config_.places[std::string(key.name)] = std::move(place);
  }

  void File() {
    const std::string& file = inputs_.file;
    const auto text = Read();
    if (!text) return;
    try {
      Table(toml::parse(*text, file), "");
    } catch (const toml::parse_error& e) {
      mistakes_.push_back(fmt::format("{}:{}: {}", file, e.source().begin.line, e.description()));
    }
  }

  // A directory can be opened, too, and reads like an empty file.
  std::optional<std::string> Read() {
    std::error_code error;
    const auto status = std::filesystem::status(inputs_.file, error);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
      mistakes_.push_back(inputs_.file + ": this is not a file");
      return std::nullopt;
    }
    std::ifstream in(inputs_.file);
    if (!in) {
      mistakes_.push_back(fmt::format("{}: cannot be read: {}", inputs_.file,
                                      std::generic_category().message(errno)));
      return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(in), {});
  }

  void Table(const toml::table& table, const std::string& prefix) {
    for (const auto& [name, node] : table) {
      const std::string full = prefix + std::string(name.str());
      if (const auto* inner = node.as_table()) {
        Table(*inner, full + ".");
      } else {
        Node(full, node);
      }
    }
  }

  void Node(const std::string& name, const toml::node& node) {
    std::string place = fmt::format("{}:{}", inputs_.file, node.source().begin.line);
    const Key* key = Find(name);
    if (key == nullptr) {
      mistakes_.push_back(fmt::format("{}: unknown key '{}'{}", place, name, NearestHint(name)));
    } else if (const auto text = TextOf(node)) {
      Set(*key, *text, Source::kFile, std::move(place));
    } else {
      mistakes_.push_back(fmt::format("{}: {} has a value of the wrong type", place, name));
    }
  }

  void Environment() {
    std::vector<std::string> known = {std::string(kFileVariable)};
    for (const Key& key : Keys()) {
      const std::string variable = VariableOf(key);
      known.push_back(variable);
      if (const auto text = inputs_.environment(variable)) {
        Set(key, *text, Source::kEnvironment, variable);
      }
    }
    for (const std::string& variable : inputs_.variables) {
      if (!variable.starts_with(kPrefix) || std::ranges::find(known, variable) != known.end()) {
        continue;
      }
      if (IsOfKubernetes(variable, inputs_.environment(variable).value_or(""))) continue;
      const auto nearest = unicode::Nearest(variable, known);
      config_.warnings.push_back(fmt::format("{}: there is no such setting{}", variable,
                                             nearest ? fmt::format("; did you mean {}?", *nearest)
                                                     : "; 'yapd config print' lists all keys"));
    }
  }

  void Flag(const std::string& name, const std::string& text) {
    if (const Key* key = Find(name)) return Set(*key, text, Source::kFlag, FlagOf(*key));
    mistakes_.push_back(fmt::format("unknown key '{}'{}", name, NearestHint(name)));
  }

  const ConfigInputs& inputs_;
  LoadedConfig config_;
  std::vector<std::string> mistakes_;
};

}  // namespace

Result<LoadedConfig> LoadConfig(const ConfigInputs& inputs) { return Loader(inputs).Run(); }

}  // namespace yap::app
