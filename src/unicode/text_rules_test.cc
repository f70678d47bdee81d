#include "unicode/text_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <ctime>

#include "unicode/arbitrary_text.h"

namespace yap::unicode {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

std::string Repeat(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

std::string ReasonOf(const Result<std::string>& result) {
  if (result) return "none";
  EXPECT_EQ(result.error().code, Errc::kInvalidArgument);
  EXPECT_FALSE(result.error().message.empty());
  return result.error().reason;
}

TEST(CheckTextTest, ReturnsTheStoredForm) {
  EXPECT_EQ(CheckText("hello"), "hello");
  EXPECT_EQ(CheckText("e\u0301"), "é");
  EXPECT_EQ(CheckText("a\r\nb\n\tc"), "a\nb\n\tc");
}

TEST(CheckTextTest, AllowsWhatScriptsAndEmojiNeed) {
  for (const char* text : {"👨\u200d👩\u200d👧\u200d👦", "❤\uFE0F", "שלום\u200f!", "می\u200cخواهم",
                           "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
                           "\U0001FAFF", "\uE0B0", "\u061c."}) {
    EXPECT_EQ(ReasonOf(CheckText(text)), "none") << text;
  }
}

TEST(CheckTextTest, RefusesWhatHasNothingToSee) {
  for (const char* text : {"", " ", "\n\n\t", "\u200d\u200e", "\u00a0\u3000", "\u3164", "\uFE0F",
                           "\u0301", "\U000E0067"}) {
    EXPECT_EQ(ReasonOf(CheckText(text)), kTextEmpty) << text;
  }
}

TEST(CheckTextTest, NamesTheForbiddenCharacterAndItsPlace) {
  const auto result = CheckText("né\u202Ex");
  ASSERT_EQ(ReasonOf(result), kTextForbiddenCharacter);
  EXPECT_THAT(result.error().message, HasSubstr("U+202E at character 3"));
  EXPECT_THAT(result.error().metadata, Contains(Pair("code_point", "U+202E")));
  EXPECT_THAT(result.error().metadata, Contains(Pair("position", "3")));
}

TEST(CheckTextTest, RefusesEachForbiddenCharacter) {
  for (char32_t c = 0; c <= 0x2100; ++c) {
    const bool forbidden = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7F && c <= 0x9F) ||
                           c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
                           (c >= 0x2066 && c <= 0x2069);
    std::string text = "a";
    AppendUtf8(c, text);
    text += "b";
    EXPECT_EQ(ReasonOf(CheckText(text)), forbidden ? kTextForbiddenCharacter : "none")
        << CodePointName(c);
  }
}

TEST(CheckTextTest, CarriageReturnAloneIsForbidden) {
  EXPECT_EQ(ReasonOf(CheckText("a\rb")), kTextForbiddenCharacter);
  EXPECT_EQ(ReasonOf(CheckText("a\r\r\nb")), kTextForbiddenCharacter);
  EXPECT_EQ(ReasonOf(CheckText("a\r")), kTextForbiddenCharacter);
}

TEST(CheckTextTest, CountsBytesOfTheResult) {
  const TextLimits limits{.bytes_max = 6};
  EXPECT_EQ(CheckText("abcdef", limits), "abcdef");
  EXPECT_EQ(CheckText("ae\u0301e\u0301x", limits), "aééx");
  EXPECT_EQ(CheckText("a\r\nb\r\ncd", limits), "a\nb\ncd");
  const auto result = CheckText("abcdefg", limits);
  EXPECT_EQ(ReasonOf(result), kTextTooLong);
  EXPECT_THAT(result.error().message, AllOf(HasSubstr("7 bytes"), HasSubstr("6 are possible")));
  // NFC may also be longer than what came in: U+1D15E is one of those that it takes apart.
  EXPECT_EQ(ReasonOf(CheckText("\U0001D15E", limits)), kTextTooLong);
}

TEST(CheckTextTest, CountsLines) {
  EXPECT_EQ(ReasonOf(CheckText(Repeat("x\n", 399) + "x")), "none");
  EXPECT_EQ(ReasonOf(CheckText(Repeat("x\r\n", 399) + "x")), "none");
  const auto result = CheckText(Repeat("x\n", 400) + "x");
  EXPECT_EQ(ReasonOf(result), kTextTooManyLines);
  EXPECT_THAT(result.error().metadata, Contains(Pair("lines", "401")));
}

TEST(CheckTextTest, CountsMarksOfABaseAfterComposition) {
  EXPECT_EQ(ReasonOf(CheckText("x" + Repeat("\u0335", 8) + "y" + Repeat("\u0335", 8))), "none");
  EXPECT_EQ(ReasonOf(CheckText("x" + Repeat("\u0335", 9))), kTextTooManyMarks);
  EXPECT_EQ(ReasonOf(CheckText("e\u0301" + Repeat("\u0335", 8))), "none");  // é takes one in.
  EXPECT_EQ(ReasonOf(CheckText("x" + Repeat("\u0335", 5) + "\u200d" + Repeat("\u0335", 5))),
            kTextTooManyMarks);
}

TEST(CheckTextTest, NamesTheCharacterWithTooManyMarks) {
  const auto result = CheckText("ab" + Repeat("\u0335", 9));
  ASSERT_EQ(ReasonOf(result), kTextTooManyMarks);
  EXPECT_THAT(result.error().message, HasSubstr("U+0335"));
}

TEST(CheckTextTest, SaysWhereItIsNotUtf8) {
  const auto result = CheckText("ab\xc0");
  EXPECT_EQ(ReasonOf(result), kTextInvalidUtf8);
  EXPECT_THAT(result.error().metadata, Contains(Pair("position", "2")));
}

// Marks in falling order of their class are the worst case of NFC: quadratic, if let in.
TEST(CheckTextTest, PileOfMarksCostsNoTime) {
  const std::string pile = "x" + Repeat("\u0345\u0301\u0323\u0334", 6000);
  const std::clock_t begin = std::clock();
  EXPECT_EQ(ReasonOf(CheckText(pile)), kTextTooManyMarks);
  EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC / 20);
}

RC_GTEST_PROP(CheckTextTest, AcceptsNothingForbiddenAndIsIdempotent, ()) {
  const auto result = CheckText(*GenBytes());
  if (!result) {
    RC_ASSERT(result.error().code == Errc::kInvalidArgument);
    return;
  }
  RC_ASSERT(ToNfc(*result).value() == *result);
  RC_ASSERT(CheckText(*result).value() == *result);
  for (std::size_t at = 0; at < result->size();) {
    const CodePoint c = DecodeAt(*result, at);
    RC_ASSERT(c.valid);
    RC_ASSERT(c.value == '\n' || c.value == '\t' || !IsControl(c.value));
    RC_ASSERT(!IsBidiControl(c.value) && !IsLineSeparator(c.value));
    at += c.bytes;
  }
}

RC_GTEST_PROP(CheckTextTest, KeepsItsLimits, ()) {
  const TextLimits limits{.bytes_max = 12, .lines_max = 2, .marks_per_base_max = 1};
  const auto result = CheckText(*GenText(), limits);
  if (!result) return;
  RC_ASSERT(result->size() <= 12U);
  RC_ASSERT(std::count(result->begin(), result->end(), '\n') <= 1);
}

TEST(CheckLineTest, IsOneLine) {
  EXPECT_EQ(CheckLine("Zoe\u0308"), "Zoë");
  for (const char* line : {"a\nb", "a\tb", "a\r\nb", "a\rb"}) {
    EXPECT_EQ(ReasonOf(CheckLine(line)), kTextForbiddenCharacter) << line;
  }
  EXPECT_THAT(CheckLine("a\nb").error().message, HasSubstr("only one line"));
}

TEST(CheckLineTest, HasItsOwnCapAndMayBeEmptyWhenAllowed) {
  EXPECT_EQ(ReasonOf(CheckLine("abcd", {.bytes_max = 3})), kTextTooLong);
  EXPECT_EQ(ReasonOf(CheckLine("")), kTextEmpty);
  EXPECT_EQ(CheckLine("", {.empty_allowed = true}), "");
}

}  // namespace
}  // namespace yap::unicode
