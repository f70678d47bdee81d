// tui/input/completion.h: Tab: the word before the cursor → what it can become. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace yap::tui {

// Where candidates come from: each sorted by how likely it is.
struct Candidates {
  std::vector<std::string> users{};     // "ada"; after @, where a command takes a user, and at the
                                        // start of the text ("ada: ").
  std::vector<std::string> channels{};  // "deck"; after #, or where a command takes a channel.
};

struct Completion {
  std::size_t from = 0;  // The bytes of the text that are replaced: [from, to).
  std::size_t to = 0;
  std::vector<std::string> choices;  // Whole replacements, with the space or ": " that follows.

  friend bool operator==(const Completion&, const Completion&) = default;
};

// Slash commands come from the registry (keys/commands.h), and what their arguments are. None:
// nothing can be completed here. Case does not count. REQUIRES: cursor <= text.size().
std::optional<Completion> Complete(const std::string& text, std::size_t cursor,
                                   const Candidates& from);

}  // namespace yap::tui
