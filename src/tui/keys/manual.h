// tui/keys/manual.h: the registry (commands.h) for people: help, the table of docs/client.md,
// yap(1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tui/keys/commands.h"
#include "tui/keys/keymap.h"

namespace yap::tui {

// A line of the help page: "Ctrl+K", "/join CHANNEL"; without a summary a heading.
struct HelpLine {
  std::string what;
  std::string summary;

  friend bool operator==(const HelpLine&, const HelpLine&) = default;
};

// What works in `context`: slash commands, then keys as they are bound in `keymap`, then the keys
// of the line editor.
std::vector<HelpLine> HelpLines(Context context, const Keymap& keymap);

// /help NAME, with or without the slash: "/join CHANNEL: Join a public…"; of an unknown name the
// error of ParseSlash. Safe to print.
std::string HelpOf(std::string_view name);

// Markdown for docs/client.md: a table of slash commands, one of keys with the names that
// config.toml knows them by, one of the line editor's. Ends with a newline.
std::string DocsTables();

// `text` as roff (man(7)) shows it: hyphens, backslashes, and lines that begin with a dot or an
// apostrophe.
std::string Roff(std::string_view text);

// roff: the section KEYS AND COMMANDS of yap(1). Ends with a newline.
std::string ManualSection();

}  // namespace yap::tui
