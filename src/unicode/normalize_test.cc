#include "unicode/normalize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unicode/arbitrary_text.h"

namespace yap::unicode {
namespace {

TEST(ToNfcTest, OneSpellingForOneText) {
  EXPECT_EQ(ToNfc("e\u0301"), "é");
  EXPECT_EQ(ToNfc("é"), "é");
  EXPECT_EQ(ToNfc("a\u0301\u0323"), ToNfc("a\u0323\u0301").value());
  EXPECT_EQ(ToNfc("\u212b"), "Å");
  EXPECT_EQ(ToNfc("\u1100\u1161\u11a8"), "각");
}

TEST(ToNfcTest, KeepsCompatibilityFormsAndNul) {
  EXPECT_EQ(ToNfc("ﬁ²"), "ﬁ²");
  EXPECT_EQ(ToNfc(std::string_view("é\0x", 4)), std::string("é\0x", 4));
}

TEST(ToNfcTest, SaysWhereItIsNotUtf8) {
  const auto result = ToNfc("né\xffx");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(result.error().reason, kTextInvalidUtf8);
  EXPECT_THAT(result.error().message, testing::HasSubstr("byte 4 "));
  EXPECT_THAT(result.error().metadata, testing::Contains(testing::Pair("position", "3")));
}

RC_GTEST_PROP(ToNfcTest, IsIdempotentAndUtf8, ()) {
  const std::string once = ToNfc(*GenText()).value();
  RC_ASSERT(!FirstInvalidUtf8(once));
  RC_ASSERT(ToNfc(once).value() == once);
}

RC_GTEST_PROP(ToNfcTest, ShrinksByAFactorOfThreeAtMost, ()) {
  const std::string text = *GenText();
  RC_ASSERT(ToNfc(text)->size() * 3 >= text.size());
}

RC_GTEST_PROP(ToNfcTest, RefusesExactlyWhatIsNotUtf8, ()) {
  const std::string bytes = *GenBytes();
  RC_ASSERT(ToNfc(bytes).has_value() == !FirstInvalidUtf8(bytes));
}

}  // namespace
}  // namespace yap::unicode
