#include "client/cursor.h"

#include <gtest/gtest.h>

#include <fstream>

#include "client/client_testing.h"

namespace yap::client {
namespace {

class CursorFileTest : public ::testing::Test {
 protected:
  TempDir folder_;
  std::filesystem::path path_ = folder_.path() / "cursor";
};

TEST_F(CursorFileTest, PlacesSurviveTheProcess) {
  {
    auto file = CursorFile::Open(path_, "s:1");
    ASSERT_TRUE(file);
    EXPECT_FALSE(file->Find("deck"));
    ASSERT_TRUE(file->Store("deck", {5, 17}, Durable::kYes));
    ASSERT_TRUE(file->Store("lobby", {6, 0}, Durable::kNo));
  }
  const auto again = CursorFile::Open(path_, "s:1");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->Find("deck"), (Place{5, 17}));
  EXPECT_EQ(again->Find("lobby"), (Place{6, 0}));
}

TEST_F(CursorFileTest, TwoReadersOfOneFileAreRefused) {
  const auto first = CursorFile::Open(path_, "s:1");
  ASSERT_TRUE(first);
  EXPECT_EQ(CursorFile::Open(path_, "s:1").error().reason, "CURSOR_FILE_BUSY");
}

TEST_F(CursorFileTest, FileOfAnotherServerIsRefused) {
  {
    auto file = CursorFile::Open(path_, "s:1");
    ASSERT_TRUE(file->Store("deck", {5, 17}, Durable::kYes));
  }
  EXPECT_EQ(CursorFile::Open(path_, "s:2").error().reason, "CURSOR_FILE_OTHER_SERVER");
}

TEST_F(CursorFileTest, FileThatIsNoneIsRefusedAndKept) {
  std::ofstream(path_) << "my notes";
  EXPECT_EQ(CursorFile::Open(path_, "s:1").error().reason, "CURSOR_FILE_INVALID");
  EXPECT_EQ(**ReadPrivateFile(path_), "my notes");
}

TEST_F(CursorFileTest, FolderThatIsMissingIsAnErrorAndIsNotMade) {
  const auto file = CursorFile::Open(folder_.path() / "typo" / "cursor", "s:1");
  EXPECT_EQ(file.error().reason, "CURSOR_FOLDER_MISSING");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "typo"));
}

TEST_F(CursorFileTest, BareNameIsAFileOfTheWorkingDirectory) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  auto file = CursorFile::Open("bare", "s:1");
  ASSERT_TRUE(file) << file.error().message;
  const auto stored = file->Store("deck", {5, 17}, Durable::kYes);
  std::filesystem::current_path(before);
  EXPECT_TRUE(stored) << stored.error().message;
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "bare"));
}

}  // namespace
}  // namespace yap::client
