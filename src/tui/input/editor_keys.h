// tui/input/editor_keys.h: the keys of the line editor, as readline has them: Key → Edit. They are
// fixed; what config.toml binds (keys/keymap.h) goes first.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "tui/input/editor.h"
#include "tui/keys/key.h"

namespace yap::tui {

struct EditorKey {
  std::string_view keys;  // Names, separated by spaces.
  Edit edit;
  std::string_view summary;  // For the manual.
};

std::span<const EditorKey> EditorKeys();

// None: the key is no edit (it is text, or something else's).
std::optional<Edit> EditOf(const Key& key);

}  // namespace yap::tui
