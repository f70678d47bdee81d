#include "unicode/fold.h"

#include <gtest/gtest.h>

#include "unicode/arbitrary_text.h"

namespace yap::unicode {
namespace {

TEST(CaseFoldedTest, CapitalsAreTakenOutInEveryScript) {
  EXPECT_EQ(CaseFolded("Ada LOVELACE 42"), "ada lovelace 42");
  EXPECT_EQ(CaseFolded("STRASSE"), CaseFolded("Straße"));
  EXPECT_EQ(CaseFolded("ΣΊΣΥΦΟΣ"), CaseFolded("σίσυφος"));
  EXPECT_EQ(CaseFolded("ДА"), "да");
  EXPECT_EQ(CaseFolded("漢字 e\u0301"), "漢字 e\u0301");
}

TEST(CaseFoldedTest, IllFormedBytesAreReplaced) { EXPECT_EQ(CaseFolded("a\xff"), "a\uFFFD"); }

TEST(AsciiLoweredTest, ChangesTheLettersOfAsciiAlone) {
  EXPECT_EQ(AsciiLowered("Az@[Ä9\xff"), "az@[Ä9\xff");
}

TEST(CaseFoldedPropertyTest, FoldingTwiceChangesNothing) {
  EXPECT_TRUE(rc::check([] {
    const std::string once = CaseFolded(*GenBytes());
    RC_ASSERT(CaseFolded(once) == once);
  }));
}

}  // namespace
}  // namespace yap::unicode
