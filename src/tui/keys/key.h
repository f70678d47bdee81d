// tui/keys/key.h: a key as the terminal sent it, and its name in configuration and help. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yap::tui {

enum class KeyCode : std::uint8_t {
  kText,  // `text` is the character.
  kEnter,
  kTab,
  kBacktab,  // Shift+Tab; `shift` is false.
  kBackspace,
  kDelete,
  kEscape,
  kInsert,
  kUp,
  kDown,
  kLeft,
  kRight,
  kHome,
  kEnd,
  kPageUp,
  kPageDown,
  kF1,
  kF2,
  kF3,
  kF4,
  kF5,
  kF6,
  kF7,
  kF8,
  kF9,
  kF10,
  kF11,
  kF12,
};

struct Key {
  KeyCode code = KeyCode::kText;
  std::string text{};  // UTF-8 of one code point that is no control, for kText.
  bool ctrl = false;
  bool alt = false;
  bool shift = false;  // Not for kText: there the character tells.

  friend auto operator<=>(const Key&, const Key&) = default;
};

// "ctrl+k", "alt+enter", "f1", "?", "space", "pageup", "alt+shift+a" (for Alt and "A"): lower case,
// modifiers in the order ctrl, alt, shift.
std::string NameOf(const Key& key);
// The key of such a name, in any case and order, and with the short names "esc", "return", "del",
// "ins", "pgup", "pgdn"; none: it is no key. NameOf and this are inverse.
std::optional<Key> KeyNamed(std::string_view name);
// For people: "Ctrl+K", "Alt+Enter", "PgUp".
std::string ShownName(const Key& key);
// "Ctrl+W, Alt+Backspace"; more than three are "Alt+1…Alt+9".
std::string ShownNames(std::span<const Key> keys);

// The keys of names that are separated by spaces. REQUIRES: each is a key's.
std::vector<Key> KeysNamed(std::string_view names);

}  // namespace yap::tui
