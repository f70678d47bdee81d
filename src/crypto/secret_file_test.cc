#include "crypto/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/temp_dir_testing.h"

namespace yap {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SecretFileTest : public testing::Test {
 protected:
  void Write(const std::string& bytes, unsigned mode) {
    std::ofstream(path_, std::ios::binary) << bytes;
    ::chmod(path_.c_str(), mode);
  }
  std::size_t Files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), {}));
  }

  const TempDir temporary_;
  const fs::path directory_ = temporary_.path();
  const fs::path path_ = directory_ / "key";
  SeededRandom random_{7};
};

TEST_F(SecretFileTest, FirstCallMakesTheKeyAndLaterCallsReadIt) {
  const std::string key(ReadOrCreateKeyFile(path_, random_)->Reveal());
  EXPECT_EQ(key.size(), kKeyFileBytes);
  EXPECT_EQ(ReadOrCreateKeyFile(path_, random_)->Reveal(), key);
  EXPECT_EQ(ReadKeyFile(path_)->Reveal(), key);
  struct stat info{};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0600U);
  EXPECT_EQ(info.st_nlink, 1U);
  EXPECT_EQ(Files(), 1U);
}

TEST_F(SecretFileTest, ReadAloneMakesNothing) {
  EXPECT_EQ(ReadKeyFile(path_).error().reason, "KEY_FILE_MISSING");
  EXPECT_EQ(Files(), 0U);
}

TEST_F(SecretFileTest, OpenToGroupOrOthersIsRefusedWithTheRemedy) {
  for (const unsigned mode : {0644U, 0640U, 0604U, 0601U}) {
    Write(std::string(kKeyFileBytes, 'k'), mode);
    const auto result = ReadOrCreateKeyFile(path_, random_);
    ASSERT_FALSE(result.has_value()) << std::oct << mode;
    EXPECT_EQ(result.error().reason, "KEY_FILE_EXPOSED");
    EXPECT_THAT(result.error().message, HasSubstr("chmod 600 " + path_.string()));
  }
}

TEST_F(SecretFileTest, OwnersReadOnlyModeIsFine) {
  Write(std::string(kKeyFileBytes, 'k'), 0400);
  EXPECT_EQ(ReadKeyFile(path_)->Reveal(), std::string(kKeyFileBytes, 'k'));
}

TEST_F(SecretFileTest, WrongLengthIsRefusedAndKept) {
  for (const std::size_t bytes : {0U, 31U, 33U}) {
    Write(std::string(bytes, 'k'), 0600);
    EXPECT_EQ(ReadOrCreateKeyFile(path_, random_).error().reason, "KEY_FILE_INVALID");
    EXPECT_EQ(fs::file_size(path_), bytes);
  }
}

TEST_F(SecretFileTest, LinksAreNotFollowed) {
  const fs::path target = directory_ / "target";
  fs::create_symlink(target, path_);
  EXPECT_EQ(ReadOrCreateKeyFile(path_, random_).error().reason, "KEY_FILE_INVALID");
  EXPECT_FALSE(fs::exists(target));
}

TEST_F(SecretFileTest, FifoNeitherHangsNorCounts) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_EQ(ReadKeyFile(path_).error().reason, "KEY_FILE_INVALID");
}

TEST_F(SecretFileTest, MissingDirectoryIsSaid) {
  const auto result = ReadOrCreateKeyFile(directory_ / "none" / "key", random_);
  EXPECT_EQ(result.error().reason, "KEY_FILE_UNWRITABLE");
  EXPECT_THAT(result.error().message, HasSubstr("directory exists"));
}

TEST_F(SecretFileTest, ThoseWhoMeetGetTheSameKey) {
  std::vector<std::string> keys(8);
  {
    std::vector<std::jthread> threads;
    threads.reserve(keys.size());
    for (std::string& key : keys) {
      threads.emplace_back(
          [&key, this] { key = ReadOrCreateKeyFile(path_, SystemRandom())->Reveal(); });
    }
  }
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1U);
  EXPECT_EQ(keys.front().size(), kKeyFileBytes);
  EXPECT_EQ(Files(), 1U);
}

}  // namespace
}  // namespace yap
