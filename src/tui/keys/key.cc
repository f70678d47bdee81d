#include "tui/keys/key.h"

#include <algorithm>
#include <array>
#include <ranges>

#include "base/check.h"
#include "unicode/code_points.h"
#include "unicode/fold.h"

namespace yap::tui {
namespace {

struct CodeName {
  KeyCode code;
  std::string_view name;
  std::string_view shown;
  std::string_view also = {};
};

constexpr std::array kCodeNames = {
    CodeName{KeyCode::kEnter, "enter", "Enter", "return"},
    CodeName{KeyCode::kTab, "tab", "Tab"},
    CodeName{KeyCode::kBacktab, "shift+tab", "Shift+Tab"},
    CodeName{KeyCode::kBackspace, "backspace", "Backspace"},
    CodeName{KeyCode::kDelete, "delete", "Del", "del"},
    CodeName{KeyCode::kEscape, "escape", "Esc", "esc"},
    CodeName{KeyCode::kInsert, "insert", "Ins", "ins"},
    CodeName{KeyCode::kUp, "up", "Up"},
    CodeName{KeyCode::kDown, "down", "Down"},
    CodeName{KeyCode::kLeft, "left", "Left"},
    CodeName{KeyCode::kRight, "right", "Right"},
    CodeName{KeyCode::kHome, "home", "Home"},
    CodeName{KeyCode::kEnd, "end", "End"},
    CodeName{KeyCode::kPageUp, "pageup", "PgUp", "pgup"},
    CodeName{KeyCode::kPageDown, "pagedown", "PgDn", "pgdn"},
    CodeName{KeyCode::kF1, "f1", "F1"},
    CodeName{KeyCode::kF2, "f2", "F2"},
    CodeName{KeyCode::kF3, "f3", "F3"},
    CodeName{KeyCode::kF4, "f4", "F4"},
    CodeName{KeyCode::kF5, "f5", "F5"},
    CodeName{KeyCode::kF6, "f6", "F6"},
    CodeName{KeyCode::kF7, "f7", "F7"},
    CodeName{KeyCode::kF8, "f8", "F8"},
    CodeName{KeyCode::kF9, "f9", "F9"},
    CodeName{KeyCode::kF10, "f10", "F10"},
    CodeName{KeyCode::kF11, "f11", "F11"},
    CodeName{KeyCode::kF12, "f12", "F12"},
};

constexpr std::string_view kSpace = "space";

bool IsUpper(std::string_view text) { return text.size() == 1 && text[0] >= 'A' && text[0] <= 'Z'; }
bool IsLower(std::string_view text) { return text.size() == 1 && text[0] >= 'a' && text[0] <= 'z'; }

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix) || text.size() == prefix.size()) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The modifiers that `rest` begins with, which are taken off it.
Key TakeModifiers(std::string_view& rest) {
  Key key;
  for (;;) {
    if (TakePrefix(rest, "ctrl+")) {
      key.ctrl = true;
    } else if (TakePrefix(rest, "alt+")) {
      key.alt = true;
    } else if (TakePrefix(rest, "shift+")) {
      key.shift = true;
    } else {
      return key;
    }
  }
}

// One printable code point; with Shift a letter is a capital, and nothing else is a key.
bool TakeText(std::string_view name, Key& key) {
  if (name == kSpace) name = " ";
  if (name.empty()) return false;
  const auto c = unicode::DecodeAt(name, 0);
  if (!c.valid || c.bytes != name.size() || unicode::IsControl(c.value)) return false;
  key.text = name;
  if (!key.shift) return true;
  key.shift = false;
  if (!IsLower(name)) return false;
  key.text[0] = static_cast<char>(name[0] - 'a' + 'A');
  return true;
}

const CodeName& NamesOf(KeyCode code) {
  return *std::ranges::find(kCodeNames, code, &CodeName::code);
}

}  // namespace

std::string NameOf(const Key& key) {
  std::string out;
  if (key.ctrl) out += "ctrl+";
  if (key.alt) out += "alt+";
  if (key.shift || IsUpper(key.text)) out += "shift+";
  if (key.code != KeyCode::kText) return out.append(NamesOf(key.code).name);
  return out.append(key.text == " " ? kSpace : unicode::AsciiLowered(key.text));
}

std::optional<Key> KeyNamed(std::string_view name) {
  const std::string lower = unicode::AsciiLowered(name);
  std::string_view rest = lower;
  Key key = TakeModifiers(rest);
  const auto* named = std::ranges::find_if(
      kCodeNames, [&](const CodeName& c) { return c.name == rest || c.also == rest; });
  if (named == kCodeNames.end() || rest.empty()) {
    return TakeText(rest, key) ? std::optional(key) : std::nullopt;
  }
  key.code = named->code;
  if (key.code == KeyCode::kTab && key.shift) {
    key.code = KeyCode::kBacktab;
    key.shift = false;
  }
  return key;
}

std::string ShownName(const Key& key) {
  std::string out;
  if (key.ctrl) out += "Ctrl+";
  if (key.alt) out += "Alt+";
  if (key.shift) out += "Shift+";
  if (key.code != KeyCode::kText) return out.append(NamesOf(key.code).shown);
  if (key.text == " ") return out + "Space";
  const bool modified = key.ctrl || key.alt;
  if (modified && IsUpper(key.text)) return out + "Shift+" + key.text;
  if (!modified || !IsLower(key.text)) return out + key.text;
  return out + static_cast<char>(key.text[0] - 'a' + 'A');
}

std::string ShownNames(std::span<const Key> keys) {
  if (keys.empty()) return {};
  if (keys.size() > 3) return ShownName(keys.front()) + "…" + ShownName(keys.back());
  std::string out = ShownName(keys.front());
  for (const Key& key : keys.subspan(1)) out += ", " + ShownName(key);
  return out;
}

std::vector<Key> KeysNamed(std::string_view names) {
  std::vector<Key> keys;
  for (const auto word : std::views::split(names, std::string_view(" "))) {
    if (word.empty()) continue;
    const auto key = KeyNamed(std::string_view(word.begin(), word.end()));
    YAP_CHECK(key, "no key has that name");
    keys.push_back(*key);
  }
  return keys;
}

}  // namespace yap::tui
