#include "core/page_token.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace yap::core {
namespace {

RC_GTEST_PROP(PageTokenTest, ATokenSaysWhereItsListGoesOn,
              (const std::string& scope, const std::string& after)) {
  RC_PRE(!after.empty());
  RC_ASSERT(ReadPageToken('m', scope, MakePageToken('m', scope, after)).value() == after);
}

TEST(PageTokenTest, TokensOfOtherListsAndNoiseAreRefused) {
  EXPECT_EQ(ReadPageToken('m', "a", "").value(), "");
  const auto token = MakePageToken('m', "a", "x");
  for (const auto& bad :
       {MakePageToken('p', "a", "x"), MakePageToken('m', "b", "x"), MakePageToken('m', "a", ""),
        std::string("%"), std::string("AAAA"), token + "=", token.substr(1)}) {
    const auto read = ReadPageToken('m', "a", bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().reason, "PAGE_TOKEN_INVALID");
  }
}

}  // namespace
}  // namespace yap::core
