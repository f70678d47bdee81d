#include "tui/keys/keymap.h"

#include <gtest/gtest.h>

#include "tui/keys/key_testing.h"

namespace yap::tui {
namespace {

constexpr auto kChat = Context::kChat;

std::string ErrorOf(const std::string& toml) {
  const auto map = Keymap::Read(toml, "c.toml");
  return map ? "" : map.error().message;
}

CommandId CommandOf(const Keymap& map, Context context, std::string_view key) {
  const auto bound = map.Find(context, K(key));
  return bound ? bound->command : CommandId::kHelp;
}

TEST(KeymapTest, DefaultsAreThoseOfTheRegistry) {
  const Keymap map;
  EXPECT_EQ(CommandOf(map, kChat, "enter"), CommandId::kSend);
  EXPECT_EQ(CommandOf(map, Context::kHome, "ctrl+k"), CommandId::kSwitcher);
  EXPECT_EQ(map.Find(kChat, K("alt+3")), (Bound{CommandId::kChannel, 3}));
  EXPECT_FALSE(map.Find(Context::kLogin, K("ctrl+k")));
  EXPECT_FALSE(map.Find(kChat, K("x")));
}

TEST(KeymapTest, QuestionMarkIsTextAtTheLogin) {
  EXPECT_TRUE(Keymap().Find(kChat, K("?")));
  EXPECT_FALSE(Keymap().Find(Context::kLogin, K("?")));
  EXPECT_TRUE(Keymap().Find(Context::kLogin, K("f1")));
}

TEST(KeymapTest, KeysOfIsForPeople) {
  const Keymap map;
  EXPECT_EQ(map.KeysOf(kChat, CommandId::kSwitcher), "Ctrl+K");
  EXPECT_EQ(map.KeysOf(kChat, CommandId::kHelp), "?, F1");
  EXPECT_EQ(map.KeysOf(kChat, CommandId::kChannel), "Alt+1…Alt+9");
  EXPECT_EQ(map.KeysOf(kChat, CommandId::kJoin), "");
}

TEST(KeymapTest, FileReplacesTheKeysOfACommandInItsContext) {
  const auto map = Keymap::Read(
      "theme = \"dark\"\n[keys.chat]\nswitcher = [\"f2\", \"Ctrl+G\"]\n"
      "mouse = []\nchannel = [\"alt+z\", \"alt+y\"]\n",
      "c.toml");
  ASSERT_TRUE(map) << map.error().message;
  EXPECT_EQ(CommandOf(*map, kChat, "f2"), CommandId::kSwitcher);
  EXPECT_EQ(CommandOf(*map, kChat, "ctrl+g"), CommandId::kSwitcher);
  EXPECT_FALSE(map->Find(kChat, K("ctrl+k")));
  EXPECT_FALSE(map->Find(kChat, K("alt+m")));
  EXPECT_EQ(map->Find(kChat, K("alt+y")), (Bound{CommandId::kChannel, 2}));
  EXPECT_FALSE(map->Find(kChat, K("alt+1")));
  EXPECT_EQ(CommandOf(*map, Context::kHome, "ctrl+k"), CommandId::kSwitcher);
}

TEST(KeymapTest, KeysCanChangePlacesAndAreTakenFromDefaults) {
  const auto swapped =
      Keymap::Read("[keys.chat]\nfind = [\"ctrl+k\"]\nswitcher = [\"ctrl+f\"]\n", "c");
  ASSERT_TRUE(swapped);
  EXPECT_EQ(CommandOf(*swapped, kChat, "ctrl+k"), CommandId::kFind);
  EXPECT_EQ(CommandOf(*swapped, kChat, "ctrl+f"), CommandId::kSwitcher);
  const auto taken = Keymap::Read("[keys.chat]\nfind = [\"ctrl+k\"]\n", "c");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->KeysOf(kChat, CommandId::kSwitcher), "");
}

TEST(KeymapTest, ErrorsNameTheLineAndTheNearest) {
  EXPECT_EQ(ErrorOf("[keys.chat]\nswitcer = [\"f2\"]"),
            "c.toml:2: unknown command \"switcer\"; did you mean \"switcher\"?");
  EXPECT_EQ(ErrorOf("[keys.caht]\n"),
            "c.toml:1: unknown table keys \"caht\"; did you mean \"chat\"?");
  EXPECT_EQ(ErrorOf("[keys.login]\nswitcher = [\"f2\"]").substr(0, 36),
            "c.toml:2: unknown command \"switcher\"");
  EXPECT_EQ(ErrorOf("[keys.chat]\nfind = [\"ctlr+k\"]"),
            "c.toml:2: \"ctlr+k\" is no key; write \"ctrl+k\", \"alt+enter\", \"f2\"");
  EXPECT_EQ(ErrorOf("[keys.chat]\nfind = [\"f2\"]\nback = [\"F2\"]"),
            "c.toml:2: f2 is bound twice");
  EXPECT_EQ(ErrorOf("[keys.chat]\nfind = \"f2\""),
            "c.toml:2: find takes a list of keys: find = [\"ctrl+g\"]");
  EXPECT_EQ(ErrorOf("[keys.chat]\nfind = [1]"), "c.toml:2: a key is text in quotes");
  EXPECT_EQ(ErrorOf("keys = 1"), "c.toml:1: keys is a table");
  EXPECT_EQ(ErrorOf("[keys]\nchat = 1"), "c.toml:2: keys.chat is a table");
  EXPECT_EQ(ErrorOf("\n=").substr(0, 9), "c.toml:2:");
}

}  // namespace
}  // namespace yap::tui
