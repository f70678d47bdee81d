#include "tui/keys/keymap.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <ranges>
#include <set>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "client/config.h"
#include "unicode/sanitize.h"

namespace yap::tui {
namespace {

constexpr int kChannelsMax = 9;

bool TypesText(const Key& key) { return key.code == KeyCode::kText && !key.ctrl && !key.alt; }

std::uint32_t LineOf(const toml::node& node) { return node.source().begin.line; }

// The command of that name that can be used there.
const CommandInfo* CommandNamed(Context context, std::string_view name) {
  for (const CommandInfo& info : Commands()) {
    if (info.In(context) && info.name == name) return &info;
  }
  return nullptr;
}

std::vector<std::string> NamesIn(Context context) {
  std::vector<std::string> names;
  for (const CommandInfo& info : Commands()) {
    if (info.In(context)) names.emplace_back(info.name);
  }
  return names;
}

}  // namespace

// Puts what config.toml says over the defaults.
class KeymapReader {
 public:
  KeymapReader(Keymap& map, const std::string& file) : map_(map), file_(file) {}

  Result<> ReadAll(const toml::table& config) {
    const toml::node* keys = config.get("keys");
    if (!keys) return {};
    if (!keys->is_table()) return client::ConfigInvalid(file_, LineOf(*keys), "keys is a table");
    for (const auto& [name, value] : *keys->as_table()) {
      YAP_TRY_VOID(ReadContext(name.str(), value));
    }
    return {};
  }

 private:
  struct Binding {
    const CommandInfo* command;
    const toml::array* keys;
  };

  Result<> ReadContext(std::string_view name, const toml::node& node) {
    const auto* known =
        std::ranges::find(kContextNames, name, [](const auto& c) { return c.second; });
    if (known == kContextNames.end()) {
      const auto names = std::views::values(kContextNames);
      return client::ConfigInvalid(
          file_, LineOf(node),
          client::UnknownName("table keys", name, {names.begin(), names.end()}));
    }
    if (!node.is_table()) {
      return client::ConfigInvalid(file_, LineOf(node), fmt::format("keys.{} is a table", name));
    }
    return Bind(known->first, *node.as_table());
  }

  // The defaults of every command that is named go first, so that two can change places.
  Result<> Bind(Context context, const toml::table& table) {
    std::vector<Binding> bindings;
    for (const auto& [name, value] : table) {
      const CommandInfo* command = CommandNamed(context, name.str());
      if (!command) {
        return client::ConfigInvalid(file_, LineOf(value),
                                     client::UnknownName("command", name.str(), NamesIn(context)));
      }
      if (!value.is_array()) {
        return client::ConfigInvalid(
            file_, LineOf(value),
            fmt::format("{0} takes a list of keys: {0} = [\"ctrl+g\"]", command->name));
      }
      bindings.push_back({command, value.as_array()});
      std::erase_if(map_.bound_, [&](const auto& entry) {
        return entry.first.first == context && entry.second.command == command->id;
      });
    }
    std::set<Key> taken;
    for (const Binding& binding : bindings) YAP_TRY_VOID(BindOne(context, binding, taken));
    return {};
  }

  Result<> BindOne(Context context, const Binding& binding, std::set<Key>& taken) {
    int number = 0;
    for (const toml::node& node : *binding.keys) {
      YAP_TRY(const Key key, ReadKey(node));
      if (!taken.insert(key).second) {
        return client::ConfigInvalid(file_, LineOf(node),
                                     fmt::format("{} is bound twice", NameOf(key)));
      }
      if (++number > kChannelsMax) {
        return client::ConfigInvalid(
            file_, LineOf(node),
            fmt::format("{} takes at most {} keys", binding.command->name, kChannelsMax));
      }
      const bool numbered = binding.command->id == CommandId::kChannel;
      map_.bound_[{context, key}] = Bound{binding.command->id, numbered ? number : 0};
    }
    return {};
  }

  Result<Key> ReadKey(const toml::node& node) {
    const auto text = node.value_exact<std::string>();
    if (!text) return client::ConfigInvalid(file_, LineOf(node), "a key is text in quotes");
    const auto key = KeyNamed(*text);
    if (!key) {
      return client::ConfigInvalid(
          file_, LineOf(node),
          fmt::format("\"{}\" is no key; write \"ctrl+k\", \"alt+enter\", \"f2\"",
                      unicode::Visible(*text)));
    }
    return *key;
  }

  Keymap& map_;
  const std::string& file_;
};

Keymap::Keymap() {
  for (const CommandInfo& info : Commands()) {
    int number = 0;
    for (const Key& key : KeysNamed(info.keys)) {
      const Bound bound{info.id, info.id == CommandId::kChannel ? ++number : 0};
      for (const auto& [context, name] : kContextNames) {
        // A password may begin with "?".
        if (!info.In(context) || (context == Context::kLogin && TypesText(key))) continue;
        YAP_CHECK(bound_.try_emplace({context, key}, bound).second, "a default key is bound twice");
      }
    }
  }
}

Result<Keymap> Keymap::Read(const std::string& config_toml, const std::string& name) {
  Keymap map;
  try {
    const toml::table table = toml::parse(config_toml);
    YAP_TRY_VOID(KeymapReader(map, name).ReadAll(table));
  } catch (const toml::parse_error& failure) {
    return client::ConfigInvalid(name, failure.source().begin.line, failure.description());
  }
  return map;
}

std::optional<Bound> Keymap::Find(Context context, const Key& key) const {
  const auto found = bound_.find({context, key});
  if (found == bound_.end()) return {};
  return found->second;
}

std::string Keymap::KeysOf(Context context, CommandId command) const {
  std::vector<Key> keys;
  for (const auto& [where, bound] : bound_) {
    if (where.first == context && bound.command == command) keys.push_back(where.second);
  }
  return ShownNames(keys);
}

}  // namespace yap::tui
