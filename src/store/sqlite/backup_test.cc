#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "store/sqlite/internal/sqlite_testing.h"

namespace yap::store::sqlite {
namespace {

using namespace core;  // NOLINT: the ports under test.

class BackupTest : public SqliteTest {
 protected:
  BackupTest() {
    Open();
    NewChannel(1);
    EXPECT_TRUE(Append(1, {Message(1), Message(2)}, 0));
  }
  std::vector<std::string> Files() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }
  void Damage(const std::filesystem::path& file) {
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(4096 * 2);
    out << std::string(4096 * 20, '\x5a');
  }
};

TEST_F(BackupTest, RunningStoreIsCopiedWhole) {
  const Epoch epoch = EpochOf();
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  const auto info = CheckFile(Named("backup.db"));
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->events, 2U);
  EXPECT_EQ(info->channels, 1U);
  EXPECT_EQ(info->epoch, epoch);
  EXPECT_TRUE(Append(1, {Message(3)}, 2));  // It goes on.
  struct stat status{};
  ASSERT_EQ(::stat(Named("backup.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  Close();
  EXPECT_EQ(Files(),
            (std::vector<std::string>{"backup.db", "yap.db", "yap.db.generation", "yap.db.lock"}));
}

TEST_F(BackupTest, WhatRootRestoresBelongsToWhomTheFolderBelongsTo) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  constexpr uid_t kService = 65'534;
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  Close();
  const std::filesystem::path folder = Named("service");
  std::filesystem::create_directory(folder);
  ASSERT_EQ(::chown(folder.c_str(), kService, kService), 0);
  ASSERT_TRUE(Restore(Named("backup.db"), folder / "yap.db"));
  ASSERT_TRUE(Restore(Named("backup.db"), folder / "yap.db"));  // With a former one to keep.
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    struct stat status{};
    ASSERT_EQ(::lstat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_uid, kService) << entry.path();
    EXPECT_EQ(status.st_gid, kService) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 3U);
}

// Whom the folder belongs to could have root write into, or give away, a file of root's.
TEST_F(BackupTest, NamesThatLeadElsewhereAreNotFollowedByRoot) {
  constexpr uid_t kService = 65'534;
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  const std::filesystem::path folder = Named("service");
  const std::filesystem::path secret = Named("secret");
  std::filesystem::create_directory(folder);
  std::ofstream(secret) << "root's";
  if (::geteuid() == 0) ASSERT_EQ(::chown(folder.c_str(), kService, kService), 0);
  const auto refused = [&] {
    const auto restored = Restore(Named("backup.db"), folder / "yap.db");
    return !restored && restored.error().reason == "STORE_CANNOT_OPEN";
  };
  std::filesystem::create_symlink(secret, folder / "yap.db.lock");
  EXPECT_TRUE(refused());
  std::filesystem::remove(folder / "yap.db.lock");
  std::filesystem::create_hard_link(secret, folder / "yap.db.lock");
  EXPECT_TRUE(refused());
  std::ifstream file(secret);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "root's");
  struct stat status{};
  ASSERT_EQ(::stat(secret.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, ::geteuid());
}

TEST_F(BackupTest, ExistingTargetIsRefusedUnlessAskedFor) {
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  ASSERT_TRUE(Append(1, {Message(3)}, 2));
  EXPECT_EQ(Backup(path(), Named("backup.db")).error().reason, "BACKUP_EXISTS");
  EXPECT_EQ(CheckFile(Named("backup.db"))->events, 2U);
  ASSERT_TRUE(Backup(path(), Named("backup.db"), {.overwrite = true}));
  EXPECT_EQ(CheckFile(Named("backup.db"))->events, 3U);
  EXPECT_FALSE(Backup(path(), path(), {.overwrite = true}));
  EXPECT_EQ(HeadOf(1), 3U);
}

TEST_F(BackupTest, MissingSourceIsNamed) {
  EXPECT_EQ(Backup(Named("none.db"), Named("b.db")).error().reason, "BACKUP_SOURCE_MISSING");
  EXPECT_EQ(CheckFile(Named("none.db")).error().reason, "BACKUP_SOURCE_MISSING");
  EXPECT_EQ(Restore(Named("none.db"), path()).error().reason, "BACKUP_SOURCE_MISSING");
}

TEST_F(BackupTest, CopyIsOfOneMomentWhileOthersWrite) {
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    for (std::uint64_t seq = 2; !stop; ++seq) {
      ASSERT_TRUE(Append(1, {Joined(seq)}, seq));
    }
  });
  for (int i = 0; i < 5; ++i) {
    const auto copy = Named("backup-" + std::to_string(i));
    EXPECT_TRUE(Backup(path(), copy));
    Connection sql(copy, "", OpenMode::kReadOnly);
    EXPECT_EQ(sql.Number("SELECT head_seq FROM channel"), sql.Number("SELECT max(seq) FROM event"));
    EXPECT_EQ(sql.Number("SELECT member_count FROM channel"),
              sql.Number("SELECT count(*) FROM member"));
  }
  stop = true;
}

TEST_F(BackupTest, DamagedSourceGivesNoBackup) {
  Close();
  Damage(path());
  const auto backup = Backup(path(), Named("backup.db"));
  ASSERT_FALSE(backup);
  EXPECT_EQ(backup.error().code, Errc::kCorruption);
  EXPECT_FALSE(std::filesystem::exists(Named("backup.db")));
  EXPECT_FALSE(std::filesystem::exists(Named("backup.db.partial")));
}

// --- Restore ---

TEST_F(BackupTest, RestoreBringsBackThatMomentUnderANewEpochAndKeepsTheFormer) {
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  const Epoch epoch = EpochOf();
  ASSERT_TRUE(Append(1, {Message(3)}, 2));
  Close();
  const auto restored = Restore(Named("backup.db"), path());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->info.events, 2U);
  EXPECT_TRUE(restored->kept.string().starts_with(path().string() + ".before-restore-"));
  EXPECT_EQ(CheckFile(restored->kept)->events, 3U);
  Open();
  EXPECT_EQ(HeadOf(1), 2U);
  EXPECT_NE(EpochOf(), epoch);
  EXPECT_EQ(EpochOf(), restored->info.epoch);
  EXPECT_EQ(Read(1)->events.at(0)->epoch, restored->info.epoch);
  EXPECT_EQ(Append(1, {Message(2)}, 2)->at(0).outcome, Appended::Outcome::kDuplicate);
}

TEST_F(BackupTest, RestoreTwiceKeepsBothFormerOnes) {
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  Close();
  const auto first = Restore(Named("backup.db"), path());
  const auto second = Restore(Named("backup.db"), path());
  ASSERT_TRUE(first && second);
  EXPECT_NE(first->kept, second->kept);
  EXPECT_NE(first->info.epoch, second->info.epoch);
}

TEST_F(BackupTest, RestoreWithoutAFormerDatabase) {
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  const auto restored = Restore(Named("backup.db"), Named("fresh.db"));
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_TRUE(restored->kept.empty());
  EXPECT_EQ(CheckFile(Named("fresh.db"))->events, 2U);
}

TEST_F(BackupTest, RestoreUnderARunningStoreIsRefused) {
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  EXPECT_EQ(Restore(Named("backup.db"), path()).error().reason, "STORE_LOCKED");
  EXPECT_EQ(HeadOf(1), 2U);
}

TEST_F(BackupTest, RestoreOfWhatIsNoGoodBackupChangesNothing) {
  ASSERT_TRUE(Backup(path(), Named("damaged.db")));
  Damage(Named("damaged.db"));
  ASSERT_TRUE(Backup(path(), Named("newer.db")));
  Connection(Named("newer.db"), "", OpenMode::kReadWrite).Exec("PRAGMA user_version = 99");
  Connection(Named("other.db"), "", OpenMode::kReadWrite).Exec("CREATE TABLE bookmarks (url)");
  std::ofstream(Named("empty.db")).flush();
  std::ofstream(Named("junk.db")) << std::string(9000, 'x');
  Close();
  const auto before = Files();
  const auto why = [&](const char* name) { return Restore(Named(name), path()).error().reason; };
  EXPECT_EQ(why("damaged.db"), "STORE_CORRUPT");
  EXPECT_NE(Restore(Named("junk.db"), path()).error().message.find("use another"),
            std::string::npos);
  EXPECT_EQ(why("newer.db"), "SCHEMA_NEWER");
  EXPECT_EQ(why("other.db"), "NOT_A_YAP_DATABASE");
  EXPECT_EQ(why("empty.db"), "NOT_A_YAP_DATABASE");
  EXPECT_EQ(why("junk.db"), "STORE_CORRUPT");
  EXPECT_EQ(why("yap.db"), "RESTORE_ONTO_ITSELF");
  EXPECT_EQ(Files(), before);
  Open();
  EXPECT_EQ(HeadOf(1), 2U);
}

TEST_F(BackupTest, RestoreReplacesADamagedDatabaseAndItsLeftovers) {
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  Close();
  std::ofstream(path(), std::ios::trunc) << std::string(9000, 'x');
  std::ofstream(Named("yap.db-wal")) << "leftover";
  const auto restored = Restore(Named("backup.db"), path());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_FALSE(std::filesystem::exists(Named("yap.db-wal")));
  EXPECT_TRUE(std::filesystem::exists(restored->kept));
  Open();
  EXPECT_EQ(HeadOf(1), 2U);
}

TEST_F(BackupTest, CopyOfARunningDatabaseIsRestoredWithItsWriteAheadLog) {
  ASSERT_TRUE(std::filesystem::exists(Named("yap.db-wal")));
  std::filesystem::copy_file(path(), Named("hot.db"));
  std::filesystem::copy_file(Named("yap.db-wal"), Named("hot.db-wal"));
  Close();
  const auto restored = Restore(Named("hot.db"), path());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->info.events, 2U);
  EXPECT_TRUE(std::filesystem::exists(Named("hot.db-wal")));
}

}  // namespace
}  // namespace yap::store::sqlite
