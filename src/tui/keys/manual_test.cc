#include "tui/keys/manual.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace yap::tui {
namespace {

constexpr std::string_view kBegin = "<!-- keys: begin -->\n";
constexpr std::string_view kEnd = "<!-- keys: end -->";

std::string Read(const char* file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The page with the tables as they should be.
std::string WithTables(const std::string& page) {
  const auto begin = page.find(kBegin);
  const auto end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos) return "no markers";
  return page.substr(0, begin) + std::string(kBegin) + "\n" + DocsTables() + "\n" +
         page.substr(end);
}

bool Has(const std::vector<HelpLine>& lines, const HelpLine& line) {
  return std::ranges::find(lines, line) != lines.end();
}

// YAP_WRITE_DOCS=1 writes the page instead.
TEST(ManualTest, PageOfTheClientHasTheTables) {
  const std::string page = Read(YAP_CLIENT_PAGE);
  const std::string wanted = WithTables(page);
  if (std::getenv("YAP_WRITE_DOCS") != nullptr) {
    std::ofstream(YAP_CLIENT_PAGE) << wanted;
    return;
  }
  EXPECT_EQ(page, wanted) << "run this test with YAP_WRITE_DOCS=1";
}

TEST(ManualTest, HelpHasWhatWorksThere) {
  const auto chat = HelpLines(Context::kChat, Keymap());
  EXPECT_EQ(chat.front(), (HelpLine{"Commands", ""}));
  EXPECT_TRUE(Has(chat, {"/kick USER", "Remove USER from this channel"}));
  EXPECT_TRUE(Has(chat, {"Ctrl+K", "Go to a channel by some letters of its name"}));
  EXPECT_TRUE(Has(chat, {"Ctrl+Y", "Insert what was cut"}));
  const auto home = HelpLines(Context::kHome, Keymap());
  EXPECT_FALSE(Has(home, {"/kick USER", "Remove USER from this channel"}));
  const auto login = HelpLines(Context::kLogin, Keymap());
  EXPECT_EQ(login.front(), (HelpLine{"Keys", ""}));
  EXPECT_TRUE(Has(login, {"F1", "Show what works here, or explain COMMAND"}));
}

TEST(ManualTest, HelpShowsKeysAsTheyAreBound) {
  const auto keymap = Keymap::Read("[keys.chat]\nswitcher = [\"f2\"]\nfind = []\n", "c");
  ASSERT_TRUE(keymap);
  const auto chat = HelpLines(Context::kChat, *keymap);
  EXPECT_TRUE(Has(chat, {"F2", "Go to a channel by some letters of its name"}));
  EXPECT_FALSE(Has(chat, {"Ctrl+F", "Find a text in the messages that are loaded"}));
}

TEST(ManualTest, HelpOfACommandIsItsUse) {
  EXPECT_EQ(HelpOf("kick"), "/kick USER: Remove USER from this channel");
  EXPECT_EQ(HelpOf("/who"), "/who: List the members of this channel and their roles");
  EXPECT_EQ(HelpOf("jion"), "there is no command /jion; did you mean /join?");
}

TEST(ManualTest, RoffHasEveryCommandAndKeyOnce) {
  const std::string roff = ManualSection();
  EXPECT_TRUE(roff.starts_with(".SH KEYS AND COMMANDS\n.SS Commands\n"));
  EXPECT_NE(roff.find(".TP\n.B /kick USER\nRemove USER from this channel.\n"), std::string::npos);
  EXPECT_NE(roff.find(".TP\n.B Ctrl+K\n"), std::string::npos);
  for (const CommandInfo& info : Commands()) {
    if (info.slash) EXPECT_NE(roff.find("\n.B /" + std::string(info.name)), std::string::npos);
  }
}

}  // namespace
}  // namespace yap::tui
