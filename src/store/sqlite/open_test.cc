// Opening: whose file it is, its schema, its lock, and whether it is an older copy.
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <iterator>

#include "store/sqlite/internal/schema.h"
#include "store/sqlite/internal/sqlite_testing.h"
#include "store/sqlite/internal/workers.h"

namespace yap::store::sqlite {
namespace {

using ::testing::Test;
using namespace core;  // NOLINT: the ports under test.

std::string BytesOf(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void WriteBytes(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}
bool Mentions(const Error& error, std::string_view what) {
  return error.message.find(what) != std::string::npos;
}

class OpenTest : public SqliteTest {};

TEST_F(OpenTest, NewFileIsPrivateAndKeepsItsEpoch) {
  Open();
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  const Epoch epoch = EpochOf();
  EXPECT_NE(epoch, Epoch());
  Open();
  EXPECT_EQ(EpochOf(), epoch);
}

TEST_F(OpenTest, UsesAWriteAheadLogAndFoldsItInWhenClosed) {
  Open();
  EXPECT_TRUE(std::filesystem::exists(Named("yap.db-wal")));
  Close();
  EXPECT_FALSE(std::filesystem::exists(Named("yap.db-wal")));
}

TEST_F(OpenTest, SecondOpenerIsToldWhoHasIt) {
  Open();
  const auto second = TryOpen();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kFailedPrecondition);
  EXPECT_EQ(second.error().reason, "STORE_LOCKED");
  EXPECT_TRUE(Mentions(second.error(), std::to_string(::getpid()))) << second.error().message;
  Close();
  EXPECT_TRUE(TryOpen());
}

TEST_F(OpenTest, MissingDirectoryIsNamed) {
  const auto opened = OpenSqliteStore({.path = Named("nowhere") / "yap.db"});
  EXPECT_EQ(opened.error().reason, "STORE_CANNOT_OPEN");
  EXPECT_TRUE(Mentions(opened.error(), "nowhere"));
}

TEST_F(OpenTest, DatabaseOfAnotherProgramIsRefusedAndLeftAlone) {
  Sql("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')");
  const std::string before = BytesOf(path());
  EXPECT_EQ(TryOpen().error().reason, "NOT_A_YAP_DATABASE");
  EXPECT_EQ(BytesOf(path()), before);
  Sql("PRAGMA application_id = 42");
  EXPECT_EQ(TryOpen().error().reason, "NOT_A_YAP_DATABASE");
}

TEST_F(OpenTest, FileThatIsNoDatabaseIsCorruptionAndSaysWhatToDo) {
  WriteBytes(path(), std::string(8192, 'x'));
  const auto opened = TryOpen();
  EXPECT_EQ(opened.error().code, Errc::kCorruption);
  EXPECT_TRUE(Mentions(opened.error(), path().string()));
  EXPECT_TRUE(Mentions(opened.error(), "yapd restore"));
}

TEST_F(OpenTest, DamagedSchemaIsCorruption) {
  Open();
  Close();
  std::string bytes = BytesOf(path());
  for (std::size_t i = 100; i < 4096; ++i) bytes[i] = '\x5a';
  WriteBytes(path(), bytes);
  EXPECT_EQ(TryOpen().error().code, Errc::kCorruption);
}

// --- Schema ---

TEST_F(OpenTest, NewerSchemaIsRefusedAndBothVersionsAreNamed) {
  Open();
  Close();
  Sql("PRAGMA user_version = 99");
  const auto opened = TryOpen();
  EXPECT_EQ(opened.error().reason, "SCHEMA_NEWER");
  EXPECT_TRUE(Mentions(opened.error(), "schema 99"));
  EXPECT_TRUE(Mentions(opened.error(), "up to " + std::to_string(LatestSchema())));
}

TEST_F(OpenTest, ChangedMigrationIsRefused) {
  Open();
  Close();
  Sql("UPDATE schema_migration SET checksum = 'of another text' WHERE version = 1");
  EXPECT_EQ(TryOpen().error().reason, "SCHEMA_CHANGED");
}

class MigrateTest : public SqliteTest {
 protected:
  Result<> Apply(std::span<const Migration> migrations) {
    return Migrate(sql_, path(), migrations, TimeAt(7));
  }
  Connection sql_{path(), "", OpenMode::kReadWrite};
};

TEST_F(MigrateTest, EachStepRunsOnceAndIsRecorded) {
  const std::vector<Migration> first = {{1, "CREATE TABLE a (x)"}};
  const std::vector<Migration> both = {{1, "CREATE TABLE a (x)"}, {2, "ALTER TABLE a ADD y"}};
  ASSERT_TRUE(Apply(first));
  ASSERT_TRUE(Apply(first));
  ASSERT_TRUE(Apply(both));
  EXPECT_EQ(sql_.Number("PRAGMA user_version"), 2);
  EXPECT_EQ(sql_.Number("PRAGMA application_id"), kApplicationId);
  EXPECT_EQ(sql_.Number("SELECT count(*) FROM schema_migration WHERE applied_time = 7000000"), 2);
  EXPECT_EQ(Apply(first).error().reason, "SCHEMA_NEWER");
}

TEST_F(MigrateTest, FailedStepLeavesTheFormerSchemaWhole) {
  const std::vector<Migration> broken = {{1, "CREATE TABLE a (x)"},
                                         {2, "CREATE TABLE b (x); CREATE TABLE a (x)"}};
  EXPECT_THROW(static_cast<void>(Apply(broken)), SqliteError);
  EXPECT_EQ(sql_.Number("PRAGMA user_version"), 1);
  EXPECT_EQ(sql_.Number("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
  EXPECT_EQ(sql_.Number("SELECT count(*) FROM schema_migration"), 1);
}

class UpgradeTest : public SqliteTest {
 protected:
  std::string PlanOf(const std::string& query) {
    Connection sql(path(), "", OpenMode::kReadWrite);
    Statement row = sql.Prepare("EXPLAIN QUERY PLAN " + query);
    return row.Step() ? row.Text(3) : "";
  }
};

TEST_F(UpgradeTest, ChannelsOfTheFirstSchemaAreListedWhereTheyHaveEvents) {
  {
    Connection sql(path(), "", OpenMode::kReadWrite);
    ASSERT_TRUE(Migrate(sql, path(), Migrations().first(1), TimeAt(7)));
    sql.Exec(
        "INSERT INTO channel (id, kind, name, topic, creator, request_id, create_time, head_seq) "
        "VALUES (1, 1, 'tea', '', 5, zeroblob(16), 7, 2), (2, 1, 'tease', '', 5, zeroblob(16), 7, "
        "0)");
  }
  Open();
  const auto listed = Run(store_->channels().ListPublic("te", "", 10, Soon()));
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().name, "tea");
  const auto plan =
      PlanOf("SELECT name FROM channel WHERE kind = 1 AND founded = 1 AND name > '' ORDER BY name");
  EXPECT_NE(plan.find("channel_public"), std::string::npos) << plan;
}

TEST_F(MigrateTest, EditedStepIsNoticed) {
  const std::vector<Migration> first = {{1, "CREATE TABLE a (x)"}};
  const std::vector<Migration> edited = {{1, "CREATE TABLE a (x, y)"}};
  ASSERT_TRUE(Apply(first));
  EXPECT_EQ(Apply(edited).error().reason, "SCHEMA_CHANGED");
}

// --- Older copies ---

class GenerationTest : public SqliteTest {
 protected:
  void CopyFile(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(Named(from), Named(to),
                               std::filesystem::copy_options::overwrite_existing);
  }
  Epoch OpenedEpoch() {
    Open();
    const Epoch epoch = EpochOf();
    Close();
    return epoch;
  }
};

TEST_F(GenerationTest, OlderCopyStartsAnEpochThatStays) {
  const Epoch first = OpenedEpoch();
  CopyFile("yap.db", "copy.db");
  EXPECT_EQ(OpenedEpoch(), first);
  CopyFile("copy.db", "yap.db");
  const Epoch second = OpenedEpoch();
  EXPECT_NE(second, first);
  EXPECT_EQ(OpenedEpoch(), second);
}

TEST_F(GenerationTest, CopyThatNothingHappenedAfterIsNoOlderOne) {
  const Epoch first = OpenedEpoch();
  CopyFile("yap.db", "copy.db");
  CopyFile("copy.db", "yap.db");
  EXPECT_EQ(OpenedEpoch(), first);
}

TEST_F(GenerationTest, BackupPutBackByHandStartsAnEpoch) {
  Open();
  const Epoch first = EpochOf();
  ASSERT_TRUE(Backup(path(), Named("backup.db")));
  Close();
  CopyFile("backup.db", "yap.db");
  const Epoch second = OpenedEpoch();
  EXPECT_NE(second, first);
  EXPECT_EQ(OpenedEpoch(), second);
}

TEST_F(GenerationTest, DatabaseCopiedWhileOpenIsAnOlderOneAfterTheClose) {
  Open();
  const Epoch first = EpochOf();
  Sql("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string hot = BytesOf(path());
  Close();
  WriteBytes(path(), hot);
  EXPECT_NE(OpenedEpoch(), first);
}

// The system's time, and a bit.
class ClockAhead final : public Clock {
 public:
  WallTime Now() const override { return SystemClock().Now(); }
  MonoTime Mono() const override { return SystemClock().Mono() + ahead.load(); }
  std::unique_ptr<Timer> NewTimer(asio::any_io_executor executor) override {
    return SystemClock().NewTimer(std::move(executor));
  }
  std::atomic<MonoTime::duration> ahead = MonoTime::duration(0);
};

class UncleanEndTest : public GenerationTest {
 protected:
  SqliteOptions Options() override { return {.path = path(), .clock = &clock_}; }
  void NewChannelAhead(std::uint64_t id) {
    ASSERT_TRUE(
        Run(store_->channels().CreateChannel(ChannelOf(id, "channel-" + std::to_string(id)),
                                             Deadline::After(clock_, std::chrono::seconds(20)))));
  }
  ClockAhead clock_;
};

TEST_F(UncleanEndTest, CopyFromAMinuteOfWritingBeforeIsAnOlderOne) {
  Open();
  const Epoch first = EpochOf();
  NewChannel(1);
  Sql("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string hot = BytesOf(path());
  clock_.ahead = kGenerationInterval;
  NewChannelAhead(2);
  NewChannelAhead(3);  // Waits for what follows the one before.
  const std::string sidecar = BytesOf(Named("yap.db.generation"));
  Close();
  clock_.ahead = MonoTime::duration(0);
  WriteBytes(path(), hot);
  WriteBytes(Named("yap.db.generation"), sidecar);  // As a kill would have left it.
  EXPECT_NE(OpenedEpoch(), first);
}

TEST_F(GenerationTest, LostSidecarIsNoReason) {
  const Epoch first = OpenedEpoch();
  std::filesystem::remove(Named("yap.db.generation"));
  EXPECT_EQ(OpenedEpoch(), first);
  EXPECT_TRUE(std::filesystem::exists(Named("yap.db.generation")));
}

TEST_F(GenerationTest, LostOrEmptyDatabaseIsNotReplacedByANewOne) {
  (void)OpenedEpoch();
  WriteBytes(path(), "");
  const auto empty = TryOpen();
  EXPECT_EQ(empty.error().reason, "STORE_MISSING");
  std::filesystem::remove(path());
  const auto gone = TryOpen();
  EXPECT_EQ(gone.error().reason, "STORE_MISSING");
  EXPECT_TRUE(Mentions(gone.error(), "yap.db.generation")) << gone.error().message;
  EXPECT_FALSE(std::filesystem::exists(path()));
  std::filesystem::remove(Named("yap.db.generation"));
  EXPECT_TRUE(TryOpen());
}

TEST_F(GenerationTest, UnreadableSidecarIsTakenForTheWorst) {
  const Epoch first = OpenedEpoch();
  WriteBytes(Named("yap.db.generation"), "what\n");
  const Epoch second = OpenedEpoch();
  EXPECT_NE(second, first);
  EXPECT_EQ(OpenedEpoch(), second);
}

}  // namespace
}  // namespace yap::store::sqlite
