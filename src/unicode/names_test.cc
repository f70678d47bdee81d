#include "unicode/names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

namespace yap::unicode {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CheckNameTest, AcceptsNames) {
  for (const char* name :
       {"ab", "ada", "a1", "a-b_c", "general", "x2345678901234567890123456789012"}) {
    EXPECT_TRUE(CheckUserName(name).has_value()) << name;
    EXPECT_TRUE(CheckChannelName(name).has_value()) << name;
  }
}

TEST(CheckNameTest, RefusesOthers) {
  for (const char* name : {"", "a", "Ada", "1ab", "-ab", "_ab", "a b", "ädä", "a.b", "@ada", "#gen",
                           "ab\n", "ab\x80", "x23456789012345678901234567890123"}) {
    ASSERT_FALSE(CheckUserName(name).has_value()) << name;
    EXPECT_EQ(CheckUserName(name).error().reason, kNameInvalid) << name;
    EXPECT_EQ(CheckUserName(name).error().code, Errc::kInvalidArgument) << name;
    EXPECT_EQ(CheckChannelName(name).error().reason, kNameInvalid) << name;
  }
}

TEST(CheckNameTest, OffersANameThatWouldDo) {
  EXPECT_THAT(CheckUserName("@Ada").error().message, HasSubstr("try \"ada\""));
  EXPECT_THAT(CheckChannelName("#My Project").error().message, HasSubstr("try \"my-project\""));
  EXPECT_THAT(CheckUserName("x").error().message, Not(HasSubstr("try")));
  EXPECT_THAT(CheckUserName("\x1b[2J").error().message, Not(HasSubstr("\x1b")));
}

TEST(CheckNameTest, ReservesNamesByKind) {
  for (const char* name : {"admin", "root", "everyone", "here", "yapd", "system", "you", "abuse"}) {
    ASSERT_FALSE(CheckUserName(name).has_value()) << name;
    EXPECT_EQ(CheckUserName(name).error().reason, kNameReserved) << name;
  }
  EXPECT_EQ(CheckChannelName("inbox").error().reason, kNameReserved);
  EXPECT_EQ(CheckChannelName("all").error().reason, kNameReserved);
  EXPECT_TRUE(CheckChannelName("support").has_value());
  EXPECT_TRUE(CheckUserName("inbox").has_value());
}

RC_GTEST_PROP(CheckNameTest, AcceptedNamesMatchThePattern, (const std::string& name)) {
  if (!CheckUserName(name)) return;
  RC_ASSERT(name.size() >= 2 && name.size() <= 32);
  RC_ASSERT(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos);
}

class NearestTest : public testing::Test {
 protected:
  std::optional<std::string> Find(std::string_view name) { return Nearest(name, names_); }
  std::vector<std::string> names_ = {"general", "random", "build-bots", "releases", "Ops"};
};

TEST_F(NearestTest, ForgivesAFewSlips) {
  EXPECT_EQ(Find("genral"), "general");
  EXPECT_EQ(Find("genreal"), "general");
  EXPECT_EQ(Find("ranndom"), "random");
  EXPECT_EQ(Find("RANDOM"), "random");
  EXPECT_EQ(Find("opps"), "Ops");
  EXPECT_EQ(Find("general"), "general");
}

TEST_F(NearestTest, CompletesTheOnlyOneThatBeginsSo) {
  EXPECT_EQ(Find("build"), "build-bots");
  EXPECT_EQ(Find("g"), "general");
  EXPECT_EQ(Find("r"), std::nullopt);
}

TEST_F(NearestTest, OffersNothingThatIsNotNear) {
  EXPECT_EQ(Find("kitchen"), std::nullopt);
  EXPECT_EQ(Find(""), std::nullopt);
  EXPECT_EQ(Find("x"), std::nullopt);
  EXPECT_EQ(Nearest("general", {}), std::nullopt);
  EXPECT_EQ(Find(std::string(65, 'g')), std::nullopt);
}

TEST_F(NearestTest, PrefersTheNearestThenTheFirst) {
  names_ = {"abcdefgx", "abcdefxx", "abcdefgy"};
  EXPECT_EQ(Find("abcdefgz"), "abcdefgx");
  EXPECT_EQ(Find("abcdefgy"), "abcdefgy");
}

}  // namespace
}  // namespace yap::unicode
