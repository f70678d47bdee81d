#include "tui/terminal/csi.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "unicode/code_points.h"

namespace yap::tui {
namespace {

// More than any screen and any code point; what is larger is as good as this.
constexpr int kNumberMax = 0x10FFFF + 1;

struct Numbers {
  std::array<int, 3> values{};  // 0 where nothing is given.
  std::size_t count = 0;
};

// "27;5;9": digits between semicolons; what follows a colon in one of them (sub-parameters) is not
// looked at. None: other characters.
std::optional<Numbers> ParseNumbers(std::string_view text) {
  Numbers out;
  if (text.empty()) return out;
  out.count = 1;
  bool sub = false;
  for (const char c : text) {
    if (c == ';') {
      sub = false;
      ++out.count;
    } else if (c == ':') {
      sub = true;
    } else if (c < '0' || c > '9') {
      return {};
    } else if (!sub && out.count <= out.values.size()) {
      int& value = out.values[out.count - 1];
      value = std::min(value * 10 + (c - '0'), kNumberMax);
    }
  }
  return out;
}

// xterm's parameter: 1 + a sum of 1 Shift, 2 Alt, 4 Control, 8 Meta.
Key WithModifiers(KeyCode code, int parameter) {
  const auto bits = static_cast<unsigned>(std::max(parameter - 1, 0));
  return {code, {}, (bits & 4U) != 0, (bits & 10U) != 0, (bits & 1U) != 0};
}

std::optional<KeyCode> CursorKey(char final) {
  constexpr std::array<std::pair<char, KeyCode>, 11> kKeys = {{{'A', KeyCode::kUp},
                                                               {'B', KeyCode::kDown},
                                                               {'C', KeyCode::kRight},
                                                               {'D', KeyCode::kLeft},
                                                               {'H', KeyCode::kHome},
                                                               {'F', KeyCode::kEnd},
                                                               {'P', KeyCode::kF1},
                                                               {'Q', KeyCode::kF2},
                                                               {'R', KeyCode::kF3},
                                                               {'S', KeyCode::kF4},
                                                               {'Z', KeyCode::kBacktab}}};
  const auto* found = std::ranges::find(kKeys, final, &std::pair<char, KeyCode>::first);
  return found == kKeys.end() ? std::nullopt : std::optional(found->second);
}

// CSI n ~
std::optional<KeyCode> NumberedKey(int number) {
  constexpr std::array<std::pair<int, KeyCode>, 20> kKeys = {
      {{1, KeyCode::kHome},   {2, KeyCode::kInsert},   {3, KeyCode::kDelete}, {4, KeyCode::kEnd},
       {5, KeyCode::kPageUp}, {6, KeyCode::kPageDown}, {7, KeyCode::kHome},   {8, KeyCode::kEnd},
       {11, KeyCode::kF1},    {12, KeyCode::kF2},      {13, KeyCode::kF3},    {14, KeyCode::kF4},
       {15, KeyCode::kF5},    {17, KeyCode::kF6},      {18, KeyCode::kF7},    {19, KeyCode::kF8},
       {20, KeyCode::kF9},    {21, KeyCode::kF10},     {23, KeyCode::kF11},   {24, KeyCode::kF12}}};
  const auto* found = std::ranges::find(kKeys, number, &std::pair<int, KeyCode>::first);
  return found == kKeys.end() ? std::nullopt : std::optional(found->second);
}

// Where the terminal tells the code point and the modifiers apart.
std::optional<Key> SpelledKey(int code, int parameter) {
  Key key = WithModifiers(KeyCode::kText, parameter);
  switch (code) {
    case '\r':
      key.code = KeyCode::kEnter;
      return key;
    case '\t':
      key.code = key.shift ? KeyCode::kBacktab : KeyCode::kTab;
      key.shift = false;
      return key;
    case 0x1B:
      key.code = KeyCode::kEscape;
      return key;
    case '\b':
    case 0x7F:
      key.code = KeyCode::kBackspace;
      return key;
    default:
      break;
  }
  const auto c = static_cast<char32_t>(code);
  if (code >= kNumberMax || unicode::IsControl(c) || (c >= 0xD800 && c <= 0xDFFF)) return {};
  const bool small = c >= 'a' && c <= 'z';
  unicode::AppendUtf8(key.shift && small ? c - 'a' + 'A' : c, key.text);
  key.shift = false;
  return key;
}

std::optional<Input> MeaningOfMouse(std::string_view parameters, char final) {
  constexpr unsigned kModifiers = 4 | 8 | 16;
  constexpr unsigned kWheelUp = 64;
  constexpr unsigned kWheelDown = 65;
  const auto numbers = ParseNumbers(parameters);
  if (!numbers || numbers->count != 3 || final != 'M') return {};
  const auto [button, column, row] = numbers->values;
  if (column < 1 || row < 1) return {};
  const unsigned what = static_cast<unsigned>(button) & ~kModifiers;
  if (what == 0) return Mouse{Mouse::What::kPress, column - 1, row - 1};
  if (what == kWheelUp) return Mouse{Mouse::What::kWheelUp, column - 1, row - 1};
  if (what == kWheelDown) return Mouse{Mouse::What::kWheelDown, column - 1, row - 1};
  return {};
}

std::optional<Input> MeaningOfTilde(const Numbers& numbers) {
  constexpr int kOtherKey = 27;  // modifyOtherKeys.
  if (numbers.values[0] == kOtherKey && numbers.count == 3) {
    return SpelledKey(numbers.values[2], numbers.values[1]);
  }
  const auto code = NumberedKey(numbers.values[0]);
  if (!code) return {};
  return WithModifiers(*code, numbers.values[1]);
}

Key ControlText(char text) { return {KeyCode::kText, std::string(1, text), true, false, false}; }

}  // namespace

std::optional<Input> MeaningOfCsi(std::string_view parameters, char final) {
  if (parameters.starts_with('<')) return MeaningOfMouse(parameters.substr(1), final);
  const auto numbers = ParseNumbers(parameters);
  if (!numbers) return {};
  if (final == '~') return MeaningOfTilde(*numbers);
  if (final == 'u') return SpelledKey(numbers->values[0], numbers->values[1]);
  if (parameters.empty() && (final == 'I' || final == 'O')) return Focus{final == 'I'};
  const auto code = CursorKey(final);
  // CSI 5;7R is where the cursor is, not F3.
  if (!code || numbers->values[0] > 1) return {};
  Key key = WithModifiers(*code, numbers->values[1]);
  if (key.code == KeyCode::kBacktab) key.shift = false;
  return key;
}

std::optional<Key> MeaningOfSs3(char final) {
  if (final == 'M') return Key{KeyCode::kEnter};  // Of the keypad.
  const auto code = CursorKey(final);
  if (!code || *code == KeyCode::kBacktab) return {};
  return Key{*code};
}

std::optional<Key> MeaningOfConsole(char final) {
  if (final < 'A' || final > 'E') return {};
  return Key{static_cast<KeyCode>(static_cast<int>(KeyCode::kF1) + (final - 'A'))};
}

Key ControlKey(char byte) {
  if (byte == '\r') return {KeyCode::kEnter};
  if (byte == '\t') return {KeyCode::kTab};
  if (byte == 0x7F) return {KeyCode::kBackspace};
  if (byte == 0) return ControlText(' ');
  const bool letter = byte <= 26;
  return ControlText(static_cast<char>(letter ? byte - 1 + 'a' : byte + '@'));
}

}  // namespace yap::tui
