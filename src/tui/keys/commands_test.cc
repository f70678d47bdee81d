#include "tui/keys/commands.h"

#include <gtest/gtest.h>

#include <set>

namespace yap::tui {
namespace {

std::string ErrorOf(const std::string& line) {
  const auto parsed = ParseSlash(line);
  const auto* error = parsed ? std::get_if<SlashError>(&*parsed) : nullptr;
  return error ? error->message : "";
}

TEST(CommandsTest, EveryIdHasOneLineAndEveryNameOneId) {
  std::set<CommandId> ids;
  std::set<std::string_view> names;
  for (const CommandInfo& info : Commands()) {
    EXPECT_TRUE(ids.insert(info.id).second) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  for (int id = 0; id <= static_cast<int>(CommandId::kRedo); ++id) {
    EXPECT_TRUE(ids.contains(static_cast<CommandId>(id))) << id;
  }
}

TEST(CommandsTest, EveryLineHelps) {
  for (const CommandInfo& info : Commands()) {
    EXPECT_FALSE(info.summary.empty()) << info.name;
    EXPECT_NE(info.summary.back(), '.') << info.name;
    EXPECT_TRUE(info.slash || !info.keys.empty()) << info.name << " cannot be reached";
    EXPECT_TRUE(info.slash || info.arguments.empty()) << info.name;
    EXPECT_NE(info.contexts, 0) << info.name;
  }
}

TEST(CommandsTest, SlashLineIsNameAndTrimmedArguments) {
  const auto parsed = ParseSlash("/msg  ada  how are you? \n");
  ASSERT_TRUE(parsed);
  const auto& line = std::get<SlashLine>(*parsed);
  EXPECT_EQ(line.id, CommandId::kMessage);
  EXPECT_EQ(line.arguments, "ada  how are you?");
}

TEST(CommandsTest, TextIsNoCommandAndTwoSlashesAreText) {
  for (const char* text : {"hello", "", " /join", "//join deck", "a/b"}) {
    EXPECT_FALSE(ParseSlash(text)) << text;
  }
  EXPECT_EQ(MessageOf("//join deck"), "/join deck");
  EXPECT_EQ(MessageOf("///"), "//");
  EXPECT_EQ(MessageOf("hello"), "hello");
}

TEST(CommandsTest, UnknownCommandIsAnErrorWithTheNearest) {
  EXPECT_EQ(ErrorOf("/jion deck"), "there is no command /jion; did you mean /join?");
  EXPECT_EQ(ErrorOf("/usr/local/bin/frobnicate"),
            "there is no command /usr/local/bin/frobnicate; /help lists them, and a text that "
            "begins with // is sent with one slash");
  EXPECT_EQ(ErrorOf("/page-up").substr(0, 28), "there is no command /page-up");
  EXPECT_EQ(ErrorOf("/\x1b[2J").find('\x1b'), std::string::npos);
}

TEST(CommandsTest, MissingArgumentIsAnErrorThatShowsTheUse) {
  EXPECT_EQ(ErrorOf("/join"), "it is /join CHANNEL");
  EXPECT_EQ(ErrorOf("/role  "), "it is /role USER ROLE");
  EXPECT_EQ(ErrorOf("/topic"), "");
}

}  // namespace
}  // namespace yap::tui
