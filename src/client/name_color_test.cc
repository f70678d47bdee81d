#include "client/name_color.h"

#include <gtest/gtest.h>

namespace yap::client {
namespace {

void ExpectNear(Rgb c, double red, double green, double blue) {
  EXPECT_NEAR(c.red, red * 255, 1.5);
  EXPECT_NEAR(c.green, green * 255, 1.5);
  EXPECT_NEAR(c.blue, blue * 255, 1.5);
}

// The test vectors of XEP-0392 1.0, section 13.2.
TEST(NameColorTest, MatchesTheVectorsOfXep0392) {
  ExpectNear(ColorOf("Romeo", NameColors::kXep0392), 0.865, 0.000, 0.686);
  ExpectNear(ColorOf("juliet@capulet.lit", NameColors::kXep0392), 0.000, 0.515, 0.573);
  ExpectNear(ColorOf("😺", NameColors::kXep0392), 0.872, 0.000, 0.659);
  ExpectNear(ColorOf("council", NameColors::kXep0392), 0.918, 0.000, 0.394);
}

// SHA-256("abc") begins with ba7816 (FIPS 180-4, appendix B.1).
TEST(NameColorTest, Hex6TakesTheFirstSixDigitsOfTheHash) {
  EXPECT_EQ(ColorOf("abc", NameColors::kHex6), (Rgb{0xBA, 0x78, 0x16}));
}

TEST(NameColorTest, OffLeavesTheNameAlone) { EXPECT_EQ(Colored("ada", NameColors::kOff), "ada"); }

}  // namespace
}  // namespace yap::client
