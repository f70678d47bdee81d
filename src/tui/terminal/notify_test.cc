#include "tui/terminal/notify.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tui/text/cells_testing.h"
#include "unicode/arbitrary_text.h"

namespace yap::tui {
namespace {

using client::NotifyBy;

client::Config By(NotifyBy notify, std::string command = "") {
  client::Config config;
  config.notify = notify;
  config.notify_command = std::move(command);
  return config;
}

std::string BytesOf(NotifyBy by, const Notification& notification) {
  return std::get<NotifyBytes>(Notify(By(by), notification));
}

TEST(NotifyTest, EachKindHasItsBytes) {
  const Notification n{"#deck", "ada: all hands"};
  EXPECT_EQ(BytesOf(NotifyBy::kOff, n), "");
  EXPECT_EQ(BytesOf(NotifyBy::kBell, n), "\a");
  EXPECT_EQ(BytesOf(NotifyBy::kOsc9, n), "\x1b]9;#deck: ada: all hands\x1b\\");
  EXPECT_EQ(BytesOf(NotifyBy::kOsc777, n), "\x1b]777;notify;#deck;ada: all hands\x1b\\");
}

TEST(NotifyTest, CommandGetsTwoMoreArgumentsAndNoShell) {
  const Notification n{"@ada", "$(rm -rf ~) ; x"};
  EXPECT_EQ(std::get<NotifyProgram>(Notify(By(NotifyBy::kCommand, "notify-send  -a yap"), n)),
            (NotifyProgram{"notify-send", "-a", "yap", "@ada", "$(rm -rf ~) ; x"}));
  EXPECT_TRUE(std::get<NotifyProgram>(Notify(By(NotifyBy::kCommand, " "), n)).empty());
}

TEST(NotifyTest, NothingEndsTheSequenceOrTheTitle) {
  EXPECT_EQ(BytesOf(NotifyBy::kOsc777, {"a;b", "c;d\x1b\\\ae"}),
            "\x1b]777;notify;a,b;c;d␛\\␇e\x1b\\");
  EXPECT_EQ(BytesOf(NotifyBy::kOsc9, {"4;1;50", "x"}), "\x1b]9; 4;1;50: x\x1b\\");
  EXPECT_EQ(BytesOf(NotifyBy::kOsc9, {"a", "b\nc"}), "\x1b]9;a: b c\x1b\\");
}

TEST(NotifyPropertyTest, TextIsHarmlessAndBounded) {
  EXPECT_TRUE(rc::check([] {
    const std::string title = *unicode::GenBytes();
    const std::string body = *unicode::GenBytes();
    const auto argv = std::get<NotifyProgram>(Notify(By(NotifyBy::kCommand, "x"), {title, body}));
    for (const std::string& argument : argv) {
      RC_ASSERT(IsHarmless(argument));
      RC_ASSERT(argument.size() <= kNotifyBytesMax);
    }
    std::string osc = BytesOf(NotifyBy::kOsc777, {title, body});
    RC_ASSERT(osc.starts_with("\x1b]777;notify;") && osc.ends_with("\x1b\\"));
    RC_ASSERT(IsHarmless(std::string_view(osc).substr(2, osc.size() - 4)));
  }));
}

}  // namespace
}  // namespace yap::tui
