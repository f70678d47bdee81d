#include "unicode/code_points.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <utf8proc.h>

#include <string>

#include "unicode/arbitrary_text.h"

namespace yap::unicode {
namespace {

TEST(FirstInvalidUtf8Test, NamesTheFirstBadByte) {
  EXPECT_EQ(FirstInvalidUtf8(""), std::nullopt);
  EXPECT_EQ(FirstInvalidUtf8("aé中😀"), std::nullopt);
  EXPECT_EQ(FirstInvalidUtf8("ab\xff"), 2U);
  EXPECT_EQ(FirstInvalidUtf8("é\xc3"), 2U);
  EXPECT_EQ(FirstInvalidUtf8("a\xe4\xb8!"), 1U);
}

TEST(FirstInvalidUtf8Test, RefusesOverlongFormsSurrogatesAndWhatLiesBeyond) {
  for (const char* bad :
       {"\xc0\xaf", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xbf"}) {
    EXPECT_EQ(FirstInvalidUtf8(bad), 0U) << bad;
  }
  for (const char* good : {"\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(FirstInvalidUtf8(good), std::nullopt) << good;
  }
}

// The example of the Unicode standard, Table 3-8 (maximal subparts).
TEST(DecodeAtTest, TakesTheLongestStartOfASequenceAsOneError) {
  const std::string text = "\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64";
  std::string valid;
  std::size_t errors = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeAt(text, at);
    if (c.valid) valid.push_back(static_cast<char>(c.value));
    if (!c.valid) ++errors;
    at += c.bytes;
  }
  EXPECT_EQ(valid, "abcd");
  EXPECT_EQ(errors, 6U);
}

RC_GTEST_PROP(DecodeAtTest, IsTheInverseOfAppend, ()) {
  const std::string encoded = *GenCodePoint();
  const CodePoint c = DecodeAt(encoded, 0);
  RC_ASSERT(c.valid);
  RC_ASSERT(c.bytes == encoded.size());
  std::string again;
  AppendUtf8(c.value, again);
  RC_ASSERT(again == encoded);
}

RC_GTEST_PROP(DecodeAtTest, AgreesWithUtf8procOnWhatIsValid, ()) {
  const std::string text = *GenBytes();
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = DecodeAt(text, at);
    utf8proc_int32_t theirs = 0;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(&text[at]),
                                        static_cast<utf8proc_ssize_t>(text.size() - at), &theirs);
    RC_ASSERT(c.valid == (bytes > 0));
    if (c.valid) RC_ASSERT(c.value == static_cast<char32_t>(theirs));
    at += c.bytes;
  }
}

TEST(CodePointNameTest, HasFourDigitsOrMore) {
  EXPECT_EQ(CodePointName(0x1B), "U+001B");
  EXPECT_EQ(CodePointName(0x1F600), "U+1F600");
}

}  // namespace
}  // namespace yap::unicode
