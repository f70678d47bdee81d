#include "tui/terminal/mark.h"

#include <gtest/gtest.h>

#include "base/temp_dir_testing.h"
#include "client/private_file.h"

namespace yap::tui {
namespace {

TEST(TerminalMarkTest, IsLeftOnlyByWhoWasKilled) {
  const TempDir home;
  {
    auto mark = TerminalMark::Set(home.path(), "/dev/pts/3");
    ASSERT_TRUE(mark);
    EXPECT_FALSE(mark->was_left());
  }
  EXPECT_FALSE(TerminalMark::Set(home.path(), "/dev/pts/3")->was_left());
  // What a kill leaves: the file, without its lock.
  ASSERT_TRUE(client::WritePrivateFile(home.path() / "terminal/pts-3", "", client::Durable::kNo));
  EXPECT_FALSE(TerminalMark::Set(home.path(), "/dev/pts/4")->was_left());
  EXPECT_TRUE(TerminalMark::Set(home.path(), "/dev/pts/3")->was_left());
}

TEST(TerminalMarkTest, OneOwnerATime) {
  const TempDir home;
  const auto first = TerminalMark::Set(home.path(), "/dev/pts/3");
  const auto second = TerminalMark::Set(home.path(), "/dev/pts/3");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason, "TERMINAL_TAKEN");
  EXPECT_TRUE(TerminalMark::Set(home.path(), "/dev/pts/4"));
}

}  // namespace
}  // namespace yap::tui
