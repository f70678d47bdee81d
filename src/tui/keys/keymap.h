// tui/keys/keymap.h: which key runs which command, by context: the defaults of commands.h, changed
// by [keys.login], [keys.home], [keys.chat] of config.toml: `switcher = ["ctrl+k", "f2"]`, [] for
// none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "tui/keys/commands.h"
#include "tui/keys/key.h"

namespace yap::tui {

// A key in a context means a command and, for kChannel, which (1…9): the place of the key in its
// list.
struct Bound {
  CommandId command;
  int number = 0;

  friend bool operator==(const Bound&, const Bound&) = default;
};

class Keymap {
 public:
  // The defaults.
  Keymap();
  // The defaults with the tables [keys.*] of `config_toml` (the whole text of config.toml; other
  // keys of it are not looked at). A key that the file gives to a command is taken from the command
  // that had it by default. Errors: InvalidArgument CONFIG_INVALID with file name, line, and the
  // nearest known name; also where the file binds one key twice in a context.
  static Result<Keymap> Read(const std::string& config_toml, const std::string& name);

  // A key that types a character ("?") is a command only while there is nothing typed: the caller
  // knows.
  std::optional<Bound> Find(Context context, const Key& key) const;
  // For help and status: "Ctrl+K", "?, F1", "Alt+1…Alt+9"; empty: no key.
  std::string KeysOf(Context context, CommandId command) const;

 private:
  friend class KeymapReader;
  std::map<std::pair<Context, Key>, Bound> bound_;
};

}  // namespace yap::tui
