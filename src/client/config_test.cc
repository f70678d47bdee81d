#include "client/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/temp_dir_testing.h"

namespace yap::client {
namespace {

TEST(ConfigTest, MissingFileIsAnEmptyConfiguration) {
  const auto config = ReadConfig("/nonexistent/yap/config.toml");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->server);
  EXPECT_EQ(config->name_colors, NameColors::kXep0392);
}

TEST(ConfigTest, FileMayBeALinkIntoARepositoryOfSettings) {
  const TempDir folder;
  std::ofstream(folder.path() / "dotfiles.toml") << "server = \"chat.example.org\"\n";
  const auto file = folder.path() / "config.toml";
  std::filesystem::create_symlink("dotfiles.toml", file);
  const auto config = ReadConfig(file);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server, "chat.example.org");
}

TEST(ConfigTest, KnownKeysAreRead) {
  const auto config =
      ParseConfig("server = \"https://chat.example.org\"\nname_colors = \"hex6\"\n", "c.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server, "https://chat.example.org");
  EXPECT_EQ(config->name_colors, NameColors::kHex6);
}

TEST(ConfigTest, TerminalKeysAreReadAndItsTablesLeftToIt) {
  const auto config = ParseConfig(
      "theme = \"light\"\nnotify = \"command\"\nnotify_command = \"notify-send -a yap\"\n"
      "mouse = false\n[keys.chat]\nswitcher = [\"f2\"]\n[themes.mine]\nerror = \"#ff5555\"\n",
      "c.toml");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->theme, "light");
  EXPECT_EQ(config->notify, NotifyBy::kCommand);
  EXPECT_EQ(config->notify_command, "notify-send -a yap");
  EXPECT_FALSE(config->mouse);
}

TEST(ConfigTest, WithoutTerminalKeysTheDefaultsHold) {
  const auto config = ParseConfig("", "c.toml");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->theme, "dark");
  EXPECT_EQ(config->notify, NotifyBy::kBell);
  EXPECT_TRUE(config->mouse);
}

TEST(ConfigTest, WrongTerminalKeyNamesTheLine) {
  const auto message = [](const std::string& text) {
    return ParseConfig(text, "c").error().message;
  };
  EXPECT_EQ(message("\nmouse = \"off\""), "c:2: mouse takes true or false");
  EXPECT_EQ(message("notify = \"popup\""),
            "c:1: notify takes \"off\", \"bell\", \"osc9\", \"osc777\", \"command\"");
  EXPECT_EQ(message("\nnotify = \"command\""), "c:2: notify = \"command\" needs notify_command");
  EXPECT_EQ(message("keys = 1"), "c:1: keys is a table");
  EXPECT_EQ(message("mous = true"), "c:1: unknown key \"mous\"; did you mean \"mouse\"?");
}

TEST(ConfigTest, UnknownKeyIsAnErrorWithLineAndNearestName) {
  const auto config = ParseConfig("\n# who\nserver_ = \"x\"\n", "c.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, "c.toml:3: unknown key \"server_\"; did you mean \"server\"?");
}

TEST(ConfigTest, WrongTypeValueAndSyntaxNameTheLine) {
  EXPECT_EQ(ParseConfig("server = 1", "c").error().message, "c:1: server takes text in quotes");
  EXPECT_EQ(ParseConfig("name_colors = \"red\"", "c").error().message,
            "c:1: name_colors takes \"xep0392\", \"hex6\", \"off\"");
  EXPECT_EQ(ParseConfig("a\n= ", "c").error().message.substr(0, 4), "c:1:");
}

}  // namespace
}  // namespace yap::client
