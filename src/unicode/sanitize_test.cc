#include "unicode/sanitize.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unicode/arbitrary_text.h"

namespace yap::unicode {
namespace {

TEST(VisibleTest, ShowsWhatWouldSteerATerminal) {
  EXPECT_EQ(Visible("\x1b[31mred\a"), "␛[31mred␇");
  EXPECT_EQ(Visible(std::string_view("\0\x7f\r\n\t", 5)), "␀␡␍␊␉");
  EXPECT_EQ(Visible("\u009b2J"), "‹U+009B›2J");
  EXPECT_EQ(Visible("a\u202egpj.exe"), "a‹U+202E›gpj.exe");
  EXPECT_EQ(Visible("\u2066\u2069\u2028"), "‹U+2066›‹U+2069›‹U+2028›");
}

TEST(VisibleTest, ShowsEachIllFormedSequenceOnce) {
  EXPECT_EQ(Visible("\x9b"
                    "a\xe4\xb8"
                    "b"),
            "\uFFFDa\uFFFDb");
}

TEST(VisibleTest, LeavesWritingAlone) {
  for (const char* text : {"", "plain", "héllo 中文 😀 👨\u200d👩\u200d👧", "שלום\u200fabc\u061c",
                           "\U0001F3F4\U000E0067\U000E0062\U000E007F"}) {
    EXPECT_EQ(Visible(text), text);
  }
}

TEST(VisibleTest, KeepsNewlineAndTabWhenAsked) {
  EXPECT_EQ(Visible("a\n\tb\r\n", {.keep_newline = true, .keep_tab = true}), "a\n\tb␍\n");
  EXPECT_EQ(Visible("a\n\tb", {.keep_newline = true}), "a\n␉b");
}

RC_GTEST_PROP(VisibleTest, LetsNothingOut, (bool keep_newline, bool keep_tab)) {
  const std::string bytes = *GenBytes();
  const std::string shown = Visible(bytes, {keep_newline, keep_tab});
  RC_ASSERT(!FirstInvalidUtf8(shown));
  RC_ASSERT(shown.size() <= 6 * bytes.size());
  for (std::size_t at = 0; at < shown.size();) {
    const CodePoint c = DecodeAt(shown, at);
    const bool kept = (c.value == '\n' && keep_newline) || (c.value == '\t' && keep_tab);
    RC_ASSERT(kept || !(c.value < 0x20 || (c.value >= 0x7F && c.value < 0xA0)));
    RC_ASSERT(!(c.value >= 0x2028 && c.value <= 0x202E));
    RC_ASSERT(!(c.value >= 0x2066 && c.value <= 0x2069));
    at += c.bytes;
  }
}

RC_GTEST_PROP(VisibleTest, IsIdempotent, (bool keep_newline, bool keep_tab)) {
  const VisibleOptions options{keep_newline, keep_tab};
  const std::string once = Visible(*GenBytes(), options);
  RC_ASSERT(Visible(once, options) == once);
}

}  // namespace
}  // namespace yap::unicode
