#include "unicode/text_rules.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "unicode/code_points.h"

namespace yap::unicode {
namespace {

// NFC makes UTF-8 at most three times shorter (three conjoining jamo, 9 bytes, become one syllable
// of 3; U+212A becomes K). What is longer need not be looked at.
constexpr std::size_t kNfcShrinkMax = 3;
// NFC takes up to three marks into one character (U+1F87), so a few more may come in than stay. The
// bound on what comes in also keeps normalisation linear: sorting a pile is quadratic in it.
constexpr std::size_t kMarksComposedMax = 3;

struct Rules {
  std::size_t bytes_max;
  std::size_t lines_max;
  std::size_t marks_per_base_max;
  bool one_line;
  bool empty_allowed;
  std::string_view noun;
};

bool IsMark(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
         category == UTF8PROC_CATEGORY_ME;
}

bool IsFormat(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_CF;
}

// Letters and symbols that look like nothing, and the plane of tags and variation selectors.
bool IsBlank(char32_t c) {
  return c == 0x115F || c == 0x1160 || c == 0x2800 || c == 0x3164 || c == 0xFFA0 ||
         (c >= 0xE0000 && c <= 0xE0FFF);
}

bool IsSeen(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category != UTF8PROC_CATEGORY_ZS && category != UTF8PROC_CATEGORY_CC && !IsFormat(c) &&
         !IsMark(c) && !IsBlank(c);
}

// `place` counts characters from 1, as people do.
struct Place {
  char32_t value;
  std::size_t position;
  std::size_t place;
};

Error About(const Place& at, std::string_view reason, std::string message) {
  return MakeError(Errc::kInvalidArgument, reason, std::move(message))
      .With("code_point", CodePointName(at.value))
      .With("position", fmt::to_string(at.position));
}

std::string_view WhyForbidden(const Rules& rules, char32_t c) {
  if (IsBidiControl(c)) return "it would reorder the text around it";
  if (IsLineSeparator(c) || c == '\r') return "use a newline instead";
  if (rules.one_line && c == '\n') return "only one line is possible here";
  if (rules.one_line && c == '\t') return "use a space instead";
  return "control characters are not text";
}

Error Forbidden(const Rules& rules, const Place& at) {
  return About(at, kTextForbiddenCharacter,
               fmt::format("{} at character {} of {} is not allowed: {}", CodePointName(at.value),
                           at.place, rules.noun, WhyForbidden(rules, at.value)));
}

Error TooManyMarks(const Rules& rules, const Place& at) {
  return About(at, kTextTooManyMarks,
               fmt::format("more than {} combining marks on one character, at {} (character {} of "
                           "{}); leave some out",
                           rules.marks_per_base_max, CodePointName(at.value), at.place, rules.noun))
      .With("marks_per_base_max", fmt::to_string(rules.marks_per_base_max));
}

Error TooLong(const Rules& rules, std::size_t bytes) {
  return MakeError(Errc::kInvalidArgument, kTextTooLong,
                   fmt::format("{} has {} bytes, {} are possible; make it shorter", rules.noun,
                               bytes, rules.bytes_max))
      .With("bytes", fmt::to_string(bytes))
      .With("bytes_max", fmt::to_string(rules.bytes_max));
}

Error TooManyLines(const Rules& rules, std::size_t lines) {
  return MakeError(Errc::kInvalidArgument, kTextTooManyLines,
                   fmt::format("{} has {} lines, {} are possible; send it in parts", rules.noun,
                               lines, rules.lines_max))
      .With("lines", fmt::to_string(lines))
      .With("lines_max", fmt::to_string(rules.lines_max));
}

bool IsForbidden(const Rules& rules, char32_t c) {
  if (c == '\n' || c == '\t') return rules.one_line;
  return IsControl(c) || IsBidiControl(c) || IsLineSeparator(c);
}

// Calls `fn(Place)` until it answers an error.
template <class F>
Result<> ForEachPlace(std::string_view valid, F fn) {
  std::size_t place = 1;
  for (std::size_t at = 0; at < valid.size(); ++place) {
    const CodePoint c = DecodeAt(valid, at);
    YAP_TRY_VOID(fn(Place{c.value, at, place}));
    at += c.bytes;
  }
  return {};
}

Result<> CheckCharacters(const Rules& rules, std::string_view text) {
  return ForEachPlace(text, [&](const Place& at) -> Result<> {
    const bool of_crlf =
        at.value == '\r' && !rules.one_line && text.substr(at.position).starts_with("\r\n");
    if (IsForbidden(rules, at.value) && !of_crlf) return Fail(Forbidden(rules, at));
    return {};
  });
}

// Format characters (joiners, tags) neither count nor begin anew: a pile cannot hide behind them.
Result<> CheckMarks(const Rules& rules, std::string_view text, std::size_t marks_max) {
  std::size_t marks = 0;
  return ForEachPlace(text, [&](const Place& at) -> Result<> {
    if (IsMark(at.value)) {
      ++marks;
    } else if (!IsFormat(at.value)) {
      marks = 0;
    }
    if (marks > marks_max) return Fail(TooManyMarks(rules, at));
    return {};
  });
}

bool HasSomethingToSee(std::string_view text) {
  return !ForEachPlace(text, [](const Place& at) -> Result<> {
            if (IsSeen(at.value)) return Fail(Error{});
            return {};
          }).has_value();
}

std::string UnifyNewlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != '\r') out.push_back(c);  // Only those of CRLF are left by now.
  }
  return out;
}

Result<> CheckSize(const Rules& rules, std::string_view text) {
  if (text.size() > rules.bytes_max) return Fail(TooLong(rules, text.size()));
  const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
  if (lines > rules.lines_max) return Fail(TooManyLines(rules, lines));
  return {};
}

Result<> CheckNotEmpty(const Rules& rules, std::string_view text) {
  if (rules.empty_allowed || HasSomethingToSee(text)) return {};
  return Fail(
      Errc::kInvalidArgument, kTextEmpty,
      fmt::format("{} is empty, or nothing in it can be seen; write something", rules.noun));
}

// Most of what is written: nothing in it is forbidden or a mark, and it is its own NFC.
bool IsPrintableAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

Result<std::string> Normalized(const Rules& rules, std::string_view text) {
  if (text.size() / kNfcShrinkMax > rules.bytes_max) return Fail(TooLong(rules, text.size()));
  if (FirstInvalidUtf8(text)) return ToNfc(text);  // Its error is ours.
  YAP_TRY_VOID(CheckCharacters(rules, text));
  YAP_TRY_VOID(CheckMarks(rules, text, rules.marks_per_base_max + kMarksComposedMax));
  YAP_TRY(std::string normal, ToNfc(UnifyNewlines(text)));
  YAP_TRY_VOID(CheckMarks(rules, normal, rules.marks_per_base_max));
  return normal;
}

Result<std::string> Apply(const Rules& rules, std::string_view text) {
  YAP_TRY(std::string normal, IsPrintableAscii(text) ? Result<std::string>(std::string(text))
                                                     : Normalized(rules, text));
  YAP_TRY_VOID(CheckSize(rules, normal));
  YAP_TRY_VOID(CheckNotEmpty(rules, normal));
  return normal;
}

}  // namespace

Result<std::string> CheckText(std::string_view text, const TextLimits& limits) {
  return Apply({.bytes_max = limits.bytes_max,
                .lines_max = limits.lines_max,
                .marks_per_base_max = limits.marks_per_base_max,
                .one_line = false,
                .empty_allowed = false,
                .noun = "the text"},
               text);
}

Result<std::string> CheckLine(std::string_view line, const LineLimits& limits) {
  return Apply({.bytes_max = limits.bytes_max,
                .lines_max = 1,
                .marks_per_base_max = limits.marks_per_base_max,
                .one_line = true,
                .empty_allowed = limits.empty_allowed,
                .noun = "the line"},
               line);
}

}  // namespace yap::unicode
