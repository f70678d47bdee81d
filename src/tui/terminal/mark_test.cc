#include "tui/terminal/mark.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "client/private_file.h"

namespace yap::tui {
namespace {

// A folder for one test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "yap-mark-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

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
