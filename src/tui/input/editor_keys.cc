#include "tui/input/editor_keys.h"

#include <array>
#include <map>

#include "base/check.h"

namespace yap::tui {
namespace {

constexpr std::array kEditorKeys = {
    EditorKey{"left ctrl+b", Edit::kLeft, "Back by a character"},
    EditorKey{"right", Edit::kRight, "Forward by a character"},
    EditorKey{"ctrl+left alt+b alt+left", Edit::kWordLeft, "Back by a word"},
    EditorKey{"ctrl+right alt+f alt+right", Edit::kWordRight, "Forward by a word"},
    EditorKey{"home ctrl+a", Edit::kLineStart, "To the start of the line"},
    EditorKey{"end", Edit::kLineEnd, "To the end of the line"},
    EditorKey{"up", Edit::kUp, "Up by a row"},
    EditorKey{"down", Edit::kDown, "Down by a row"},
    EditorKey{"backspace ctrl+h shift+backspace", Edit::kDeleteBack, "Delete the character before"},
    EditorKey{"delete ctrl+d", Edit::kDeleteForward, "Delete the character after"},
    EditorKey{"ctrl+w alt+backspace ctrl+backspace", Edit::kKillWordBack, "Cut the word before"},
    EditorKey{"alt+d ctrl+delete", Edit::kKillWordForward, "Cut the word after"},
    EditorKey{"ctrl+u", Edit::kKillToStart, "Cut to the start of the line"},
    EditorKey{"alt+k", Edit::kKillToEnd, "Cut to the end of the line"},
    EditorKey{"ctrl+y", Edit::kYank, "Insert what was cut"},
    EditorKey{"ctrl+t", Edit::kTranspose, "Exchange the characters around the cursor"},
};

std::map<Key, Edit> MakeTable() {
  std::map<Key, Edit> table;
  for (const EditorKey& entry : kEditorKeys) {
    for (const Key& key : KeysNamed(entry.keys)) {
      YAP_CHECK(table.try_emplace(key, entry.edit).second, "one key, two edits");
    }
  }
  return table;
}

}  // namespace

std::span<const EditorKey> EditorKeys() { return kEditorKeys; }

std::optional<Edit> EditOf(const Key& key) {
  static const auto kTable = MakeTable();
  const auto found = kTable.find(key);
  return found == kTable.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace yap::tui
