#include "crypto/common_passwords.h"

#include <algorithm>
#include <string>

#include "crypto/common_passwords_data.h"

namespace yap {
namespace {

constexpr std::size_t kDecorationMax = 6;
constexpr std::size_t kUnitMax = 4;

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }

// Binary search over the bytes: `low` and `high` stay at the beginnings of lines.
bool InList(std::string_view word) {
  const std::string_view text = CommonPasswordText();
  std::size_t low = 0;
  std::size_t high = text.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const std::size_t before = text.substr(low, middle - low).rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? low : low + before + 1;
    const std::size_t end = text.find('\n', begin);
    const int order = text.substr(begin, end - begin).compare(word);
    if (order == 0) return true;
    (order < 0 ? low : high) = order < 0 ? end + 1 : begin;
  }
  return false;
}

bool IsDecoratedWord(std::string_view password) {
  const auto* first = std::ranges::find_if(password, IsLetter);
  const auto* last = password.end();
  while (last != first && !IsLetter(last[-1])) --last;
  const std::string_view word(first, last);
  return password.size() - word.size() <= kDecorationMax && InList(word);
}

bool IsRepetition(std::string_view password) {
  for (std::size_t unit = 1; unit <= password.size() / 2; ++unit) {
    const bool repeats = password.substr(unit) == password.substr(0, password.size() - unit);
    if (repeats && (unit <= kUnitMax || InList(password.substr(0, unit)))) return true;
  }
  return false;
}

// "9" is followed by "0" and "z" by "a", as they are when people count on.
bool Follows(char a, char b) {
  if (a == '9') return b == '0';
  if (a == 'z') return b == 'a';
  return b == a + 1;
}

bool IsRun(std::string_view password) {
  const auto breaks = [&](auto follows) {
    return std::ranges::adjacent_find(password, [&](char a, char b) { return !follows(a, b); }) !=
           password.end();
  };
  return password.size() >= 2 &&
         (!breaks(Follows) || !breaks([](char a, char b) { return Follows(b, a); }));
}

}  // namespace

bool IsCommonPassword(std::string_view lower_cased) {
  return InList(lower_cased) || IsDecoratedWord(lower_cased) || IsRepetition(lower_cased) ||
         IsRun(lower_cased);
}

std::size_t CommonPasswordCount() {
  return static_cast<std::size_t>(std::ranges::count(CommonPasswordText(), '\n'));
}

}  // namespace yap
