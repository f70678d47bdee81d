#include "crypto/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

#include "base/encoding.h"

namespace yap {
namespace {

TEST(Sha256Test, AgreesWithFips180) {
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HmacSha256Test, AgreesWithRfc4231) {
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacSha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256Test, PartsCannotBeShifted) {
  EXPECT_NE(HmacSha256("k", {"ab", "c"}), HmacSha256("k", {"a", "bc"}));
  EXPECT_NE(HmacSha256("k", {"abc", ""}), HmacSha256("k", {"abc"}));
  const std::string framed("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c", 19);
  EXPECT_EQ(HmacSha256("k", {"ab", "c"}), HmacSha256("k", framed));
}

TEST(HmacSha256DeathTest, RefusesAnEmptyKey) { EXPECT_DEATH(HmacSha256("", "x"), "key"); }

RC_GTEST_PROP(ConstantTimeEqualTest, IsEquality, (const std::string& a, const std::string& b)) {
  RC_ASSERT(ConstantTimeEqual(a, a));
  RC_ASSERT(ConstantTimeEqual(a, b) == (a == b));
  RC_ASSERT(ConstantTimeEqual(Sha256(a), Sha256(b)) == (a == b));
  std::string other = a + "x";
  RC_ASSERT(!ConstantTimeEqual(a, other));
  other = "x" + b;
  RC_ASSERT(ConstantTimeEqual("x" + a, other) == (a == b));
}

}  // namespace
}  // namespace yap
