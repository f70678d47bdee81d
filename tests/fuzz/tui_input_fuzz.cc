// What a terminal may send, in pieces of any size: keys, pastes and reports, into a keymap and a
// line editor, as the chat page does with them.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "tui/input/editor.h"
#include "tui/input/editor_keys.h"
#include "tui/keys/keymap.h"
#include "tui/terminal/decoder.h"
#include "unicode/code_points.h"

namespace yap::tui {
namespace {

constexpr int kColumns = 20;

void Press(const Key& key, const Keymap& keymap, Editor& editor) {
  YAP_CHECK(KeyNamed(NameOf(key)) == key, "a key without a name of its own");
  if (const auto bound = keymap.Find(Context::kChat, key)) {
    if (bound->command == CommandId::kUndo) editor.Do(Edit::kUndo);
    if (bound->command == CommandId::kRedo) editor.Do(Edit::kRedo);
    if (bound->command == CommandId::kNewline) editor.Do(Edit::kNewline);
    if (bound->command == CommandId::kSend) (void)ParseSlash(editor.Take());
  } else if (const auto edit = EditOf(key)) {
    editor.Do(*edit, kColumns);
  } else if (key.code == KeyCode::kText && !key.ctrl && !key.alt) {
    editor.Insert(key.text);
  }
}

void Take(const Input& input, const Keymap& keymap, Editor& editor) {
  if (const auto* key = std::get_if<Key>(&input)) Press(*key, keymap, editor);
  if (const auto* paste = std::get_if<Paste>(&input)) editor.Insert(paste->text);
  if (const auto* mouse = std::get_if<Mouse>(&input))
    YAP_CHECK(mouse->column >= 0 && mouse->row >= 0);
}

void CheckEditor(const Editor& editor) {
  const auto shape = editor.Show(kColumns, 5);
  YAP_CHECK(shape.row >= 0 && shape.row < static_cast<int>(shape.rows.size()));
  YAP_CHECK(shape.column >= 0 && shape.column < kColumns);
  YAP_CHECK(!unicode::FirstInvalidUtf8(editor.text()), "the text is UTF-8");
}

}  // namespace
}  // namespace yap::tui

// The first byte is the size of the pieces; a zero byte after one is a pause.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yap::tui;  // NOLINT: one room is tested.
  if (size == 0) return 0;
  static const Keymap keymap;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  Decoder decoder;
  Editor editor;
  while (!rest.empty()) {
    const auto piece = rest.substr(0, std::max<std::size_t>(data[0], 1));
    rest.remove_prefix(piece.size());
    for (const Input& input : decoder.Feed(piece)) Take(input, keymap, editor);
    if (decoder.wait() && piece.back() == '\0') {
      for (const Input& input : decoder.TimedOut()) Take(input, keymap, editor);
      YAP_CHECK(!decoder.wait(), "nothing is begun after the time is out");
    }
  }
  CheckEditor(editor);
  return 0;
}
