#include "client/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "client/client_testing.h"

namespace yap::client {
namespace {

class CredentialsTest : public ::testing::Test {
 protected:
  static Credentials Of(const std::string& name) {
    return {7, name, Secret("yap_a_" + name), WallTime(std::chrono::seconds(1000)),
            Secret("yap_r_" + name)};
  }
  static mode_t ModeOf(const std::filesystem::path& path) {
    struct stat status = {};
    ::stat(path.c_str(), &status);
    return status.st_mode & 0777;
  }

  TempDir folder_;
  std::filesystem::path file_ = folder_.path() / "share" / "yap" / "credentials.toml";
  CredentialStore store_{file_};
};

TEST_F(CredentialsTest, SavedIsLoadedPerServer) {
  ASSERT_TRUE(store_.Save("a:1", Of("ada")));
  ASSERT_TRUE(store_.Save("https://b:443", Of("bob")));
  const auto ada = store_.Load("a:1");
  ASSERT_TRUE(ada && *ada);
  EXPECT_EQ((*ada)->username, "ada");
  EXPECT_EQ((*ada)->refresh_token.Reveal(), "yap_r_ada");
  EXPECT_EQ((*ada)->access_expires, WallTime(std::chrono::seconds(1000)));
  EXPECT_EQ((*store_.Load("https://b:443"))->username, "bob");
  EXPECT_FALSE(*store_.Load("c:1"));
}

TEST_F(CredentialsTest, FileAndFolderArePrivate) {
  ASSERT_TRUE(store_.Save("a:1", Of("ada")));
  EXPECT_EQ(ModeOf(file_), 0600U);
  EXPECT_EQ(ModeOf(file_.parent_path()), 0700U);
}

TEST_F(CredentialsTest, RemoveForgetsOneServer) {
  ASSERT_TRUE(store_.Save("a:1", Of("ada")));
  ASSERT_TRUE(store_.Save("b:1", Of("bob")));
  ASSERT_TRUE(store_.Remove("a:1"));
  EXPECT_FALSE(*store_.Load("a:1"));
  EXPECT_TRUE(*store_.Load("b:1"));
}

TEST_F(CredentialsTest, FileThatOthersCanReadIsRefused) {
  ASSERT_TRUE(store_.Save("a:1", Of("ada")));
  ::chmod(file_.c_str(), 0644);
  EXPECT_EQ(store_.Load("a:1").error().reason, "CREDENTIALS_EXPOSED");
}

TEST_F(CredentialsTest, SymbolicLinkIsRefused) {
  ASSERT_TRUE(store_.Save("a:1", Of("ada")));
  const auto link = folder_.path() / "link.toml";
  std::filesystem::create_symlink(file_, link);
  const auto loaded = CredentialStore(link).Load("a:1");
  EXPECT_EQ(loaded.error().reason, "FILE_INVALID") << loaded.error().message;
}

TEST_F(CredentialsTest, BrokenFileIsNamedWithoutItsContent) {
  std::filesystem::create_directories(file_.parent_path());
  std::ofstream(file_) << "refresh_token = yap_r_secret";
  ::chmod(file_.c_str(), 0600);
  const auto loaded = store_.Load("a:1");
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find(file_.string()), std::string::npos);
  EXPECT_EQ(loaded.error().message.find("secret"), std::string::npos);
}

TEST_F(CredentialsTest, LockIsExclusiveUntilItIsDropped) {
  auto first = store_.TryLock();
  ASSERT_TRUE(first && *first);
  EXPECT_FALSE(*store_.TryLock());
  first->reset();
  EXPECT_TRUE(*store_.TryLock());
}

}  // namespace
}  // namespace yap::client
