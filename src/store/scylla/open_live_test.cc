// Opening and migrating: what the operator is told, and that a schema is made once.
#include <gtest/gtest.h>

#include "drivers/cql.h"
#include "store/scylla/internal/schema.h"
#include "store/scylla/internal/scylla_testing.h"
#include "store/scylla/internal/session.h"

namespace yap::store::scylla {
namespace {

constexpr auto kBookkeepingOnly = {
    "CREATE TABLE schema_migration (version int PRIMARY KEY, checksum text, applied timestamp)",
    "CREATE TABLE schema_lock (id tinyint PRIMARY KEY, owner bigint)"};

Deadline Within(int seconds) {
  return Deadline::After(SystemClock(), std::chrono::seconds(seconds));
}

class OpenLiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestHost()) GTEST_SKIP() << kNoCluster;
    TestKeyspace::Shared();  // Takes this machine's turn.
    MakeKeyspace(runner_, kKeyspace);
  }
  void TearDown() override {
    if (TestHost()) Query("", std::string("DROP KEYSPACE IF EXISTS ") + kKeyspace);
  }

  Result<std::unique_ptr<Store>> TryOpen(ScyllaOptions options) {
    return runner_.Run(OpenScyllaStore(std::move(options), Within(10)));
  }
  void Query(const std::string& keyspace, const std::string& statement) {
    auto cql = runner_.Run(Connect(TestOptions(keyspace), Within(30)));
    ASSERT_TRUE(cql) << cql.error().message;
    const auto rows = runner_.Run((*cql)->Query(statement, Within(30)));
    ASSERT_TRUE(rows) << rows.error().message;
  }
  static void Says(const Error& error, std::string_view reason, std::string_view advice) {
    EXPECT_EQ(error.reason, reason);
    EXPECT_NE(error.message.find(advice), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
  }

  static constexpr const char* kKeyspace = "yap_test_open";
  Runner runner_{2};
};

TEST_F(OpenLiveTest, HostThatIsNotThereIsNamed) {
  ScyllaOptions options = TestOptions(kKeyspace);
  options.hosts = {"127.0.0.1:1"};
  const auto opened = TryOpen(options);
  ASSERT_FALSE(opened);
  Says(opened.error(), "STORE_UNREACHABLE", "127.0.0.1:1");
}

TEST_F(OpenLiveTest, MissingKeyspaceIsNamed) {
  const auto opened = TryOpen(TestOptions("yap_test_missing"));
  ASSERT_FALSE(opened);
  Says(opened.error(), "STORE_KEYSPACE_MISSING", "yap_test_missing");
}

TEST_F(OpenLiveTest, EmptyKeyspaceSaysToMigrate) {
  const auto opened = TryOpen(TestOptions(kKeyspace));
  ASSERT_FALSE(opened);
  Says(opened.error(), "SCHEMA_OLD", "yapd migrate");
}

TEST_F(OpenLiveTest, NewerSchemaIsRefusedByServingAndMigrating) {
  for (const char* statement : kBookkeepingOnly) Query(kKeyspace, statement);
  Query(kKeyspace, "INSERT INTO schema_migration (version, checksum) VALUES (99, 'x')");
  const auto opened = TryOpen(TestOptions(kKeyspace));
  ASSERT_FALSE(opened);
  Says(opened.error(), "SCHEMA_NEWER", "schema 99");
  const auto migrated = runner_.Run(MigrateScylla(TestOptions(kKeyspace), Within(10)));
  ASSERT_FALSE(migrated);
  Says(migrated.error(), "SCHEMA_NEWER", "schema 99");
}

TEST_F(OpenLiveTest, LockOfAnotherRunnerIsWaitedForAndThenTold) {
  for (const char* statement : kBookkeepingOnly) Query(kKeyspace, statement);
  Query(kKeyspace, "INSERT INTO schema_lock (id, owner) VALUES (0, 1) IF NOT EXISTS USING TTL 300");
  const auto migrated = runner_.Run(MigrateScylla(TestOptions(kKeyspace), Within(2)));
  ASSERT_FALSE(migrated);
  Says(migrated.error(), "MIGRATION_RUNNING", "try again");
}

TEST_F(OpenLiveTest, TwoRunnersMakeOneSchemaAndALaterOneDoesNothing) {
  for (const char* statement : kBookkeepingOnly) Query(kKeyspace, statement);
  auto one = runner_.Start(MigrateScylla(TestOptions(kKeyspace), Within(110)), 0);
  auto two = runner_.Start(MigrateScylla(TestOptions(kKeyspace), Within(110)), 1);
  for (auto* runner : {&one, &two}) {
    const auto migrated = runner->get();
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_EQ(migrated->latest, Migrations().back().version);
  }
  const auto state = runner_.Run(yap::store::CheckSchema(TestOptions(kKeyspace), Within(10)));
  ASSERT_TRUE(state) << state.error().message;
  EXPECT_EQ(state->version, state->latest);

  const auto opened = TryOpen(TestOptions(kKeyspace));
  ASSERT_TRUE(opened) << opened.error().message;
  const auto epoch = runner_.Run((*opened)->log().ReadHead(core::ChannelId(1), Soon()))->epoch;
  EXPECT_TRUE(epoch);
  const auto again = runner_.Run(MigrateScylla(TestOptions(kKeyspace), Within(30)));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->version, again->latest);
  const auto reopened = TryOpen(TestOptions(kKeyspace));
  EXPECT_EQ(runner_.Run((*reopened)->log().ReadHead(core::ChannelId(1), Soon()))->epoch, epoch);
}

}  // namespace
}  // namespace yap::store::scylla
