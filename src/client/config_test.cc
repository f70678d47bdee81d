#include "client/config.h"

#include <gtest/gtest.h>

namespace yap::client {
namespace {

TEST(ConfigTest, MissingFileIsAnEmptyConfiguration) {
  const auto config = ReadConfig("/nonexistent/yap/config.toml");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->server);
  EXPECT_EQ(config->name_colors, NameColors::kXep0392);
}

TEST(ConfigTest, KnownKeysAreRead) {
  const auto config =
      ParseConfig("server = \"https://chat.example.org\"\nname_colors = \"hex6\"\n", "c.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server, "https://chat.example.org");
  EXPECT_EQ(config->name_colors, NameColors::kHex6);
}

TEST(ConfigTest, UnknownKeyIsAnErrorWithLineAndNearestName) {
  const auto config = ParseConfig("\n# who\nserver_ = \"x\"\n", "c.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, "c.toml:3: unknown key \"server_\"; did you mean \"server\"?");
}

TEST(ConfigTest, WrongTypeValueAndSyntaxNameTheLine) {
  EXPECT_EQ(ParseConfig("server = 1", "c").error().message, "c:1: server takes text in quotes");
  EXPECT_EQ(ParseConfig("name_colors = \"red\"", "c").error().message,
            "c:1: name_colors is \"xep0392\", \"hex6\" or \"off\"");
  EXPECT_EQ(ParseConfig("a\n= ", "c").error().message.substr(0, 4), "c:1:");
}

}  // namespace
}  // namespace yap::client
