#include "core/tokens.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace yap::core {
namespace {

Secret Key(char fill) { return Secret(std::string(kTokenKeyBytesMin, fill)); }

TEST(TokensTest, RandomTokensHaveTheirShapeAndDiffer) {
  SeededRandom random(1);
  const Secret access = MintAccessToken(random);
  EXPECT_TRUE(access.Reveal().starts_with("yap_a_"));
  EXPECT_EQ(access.Reveal().size(), 6U + 43U);
  EXPECT_NE(access.Reveal(), MintAccessToken(random).Reveal());
  const Secret invite = MintInviteCode(random);
  EXPECT_TRUE(invite.Reveal().starts_with("yap_i_"));
  EXPECT_EQ(invite.Reveal().size(), 6U + 22U);
}

TEST(TokensTest, HashIsOfTheWholeTokenAndOnlyOfWhatCanBeOne) {
  SeededRandom random(2);
  const std::string access(MintAccessToken(random).Reveal());
  const std::string invite(MintInviteCode(random).Reveal());
  EXPECT_EQ(AccessTokenHash(access), Sha256(access));
  EXPECT_EQ(InviteCodeHash(invite), Sha256(invite));
  EXPECT_EQ(AccessTokenHash(invite), std::nullopt);
  EXPECT_EQ(InviteCodeHash(access), std::nullopt);
  EXPECT_EQ(AccessTokenHash(""), std::nullopt);
  EXPECT_EQ(AccessTokenHash(access.substr(0, access.size() - 1)), std::nullopt);
  EXPECT_EQ(AccessTokenHash(access + "A"), std::nullopt);
  EXPECT_EQ(AccessTokenHash("yap_b_" + access.substr(6)), std::nullopt);
  EXPECT_EQ(AccessTokenHash("yap_a_" + std::string(42, 'A') + "*"), std::nullopt);
}

RC_GTEST_PROP(TokensTest, RefreshTokenReturnsWhatItWasMintedFrom,
              (std::uint64_t family, std::uint64_t counter)) {
  const RefreshToken token{SessionId(family), counter};
  const Secret minted = MintRefreshToken(Key('k'), token);
  RC_ASSERT(minted.Reveal() == MintRefreshToken(Key('k'), token).Reveal());
  RC_ASSERT(ParseRefreshToken(Key('k'), minted.Reveal()) == token);
  RC_ASSERT(ParseRefreshToken(Key('l'), minted.Reveal()) == std::nullopt);
}

RC_GTEST_PROP(TokensTest, RefreshTokenChangedAnywhereIsNone, (std::uint64_t family)) {
  const Secret minted = MintRefreshToken(Key('k'), {SessionId(family), 7});
  std::string changed(minted.Reveal());
  const auto at = *rc::gen::inRange<std::size_t>(0, changed.size());
  changed[at] = *rc::gen::suchThat(rc::gen::arbitrary<char>(),
                                   [&](char c) { return c != minted.Reveal()[at]; });
  RC_ASSERT(ParseRefreshToken(Key('k'), changed) == std::nullopt);
}

RC_GTEST_PROP(TokensTest, AnyBytesAreParsedWithoutHarm, (const std::string& bytes)) {
  RC_ASSERT(ParseRefreshToken(Key('k'), bytes) == std::nullopt);
  RC_ASSERT(ParseRefreshToken(Key('k'), "yap_r_" + bytes) == std::nullopt);
  RC_ASSERT(AccessTokenHash(bytes) == std::nullopt);
}

}  // namespace
}  // namespace yap::core
