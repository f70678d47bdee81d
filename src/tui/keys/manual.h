// tui/keys/manual.h: the registry (commands.h) for people: help, the table of docs/client.md,
// yap(1).
#pragma once

#include <string>
#include <vector>

#include "tui/keys/commands.h"
#include "tui/keys/keymap.h"

namespace yap::tui {

// A line of the help page: "Ctrl+K", "/join CHANNEL", or a heading with an empty summary.
struct HelpLine {
  std::string what;
  std::string summary;
  friend bool operator==(const HelpLine&, const HelpLine&) = default;
};

// What works in `context`: keys as they are bound in `keymap`, then slash commands, then the keys
// of the editor.
std::vector<HelpLine> HelpLines(Context context, const Keymap& keymap);
// /help NAME: "/join CHANNEL: …"; of an unknown name the error with the nearest.
std::string HelpOf(const std::string& name, const Keymap& keymap);

// Markdown, between the markers of docs/client.md (`<!-- keys: … -->`); ends with a newline.
std::string DocsTable();
// roff (man(7)): the section KEYS AND COMMANDS of yap(1).
std::string ManualSection();

}  // namespace yap::tui
