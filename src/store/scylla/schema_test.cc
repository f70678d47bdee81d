#include "store/scylla/internal/schema.h"

#include <gtest/gtest.h>

namespace yap::store::scylla {
namespace {

const std::vector<Migration> kTwo = {{1, {"CREATE TABLE a (k int PRIMARY KEY)"}},
                                     {2, {"CREATE TABLE b (k int PRIMARY KEY)"}}};

Applied Done(std::size_t index) { return {kTwo[index].version, ChecksumOf(kTwo[index])}; }

TEST(SchemaTest, MigrationsAreNumberedFromOneAndMayBeRunAgain) {
  int version = 0;
  for (const Migration& migration : Migrations()) {
    EXPECT_EQ(migration.version, ++version);
    for (const auto statement : migration.statements) {
      EXPECT_NE(statement.find("IF NOT EXISTS"), std::string_view::npos) << statement;
    }
  }
  EXPECT_GE(version, 1);
}

TEST(SchemaTest, ChecksumIsOfEveryStatement) {
  Migration changed = kTwo[0];
  EXPECT_EQ(ChecksumOf(changed), ChecksumOf(kTwo[0]));
  changed.statements.push_back("CREATE TABLE c (k int PRIMARY KEY)");
  EXPECT_NE(ChecksumOf(changed), ChecksumOf(kTwo[0]));
  EXPECT_EQ(ChecksumOf(changed).size(), 64U);
}

TEST(SchemaTest, LatestIsGoodToServe) {
  const auto state = JudgeSchema({Done(1), Done(0)}, kTwo, Wanted::kLatest, "yap");
  ASSERT_TRUE(state);
  EXPECT_EQ(state->version, 2);
  EXPECT_EQ(state->latest, 2);
}

TEST(SchemaTest, OlderOneSaysWhatToRun) {
  for (const auto& applied : {std::vector<Applied>(), std::vector{Done(0)}}) {
    const auto state = JudgeSchema(applied, kTwo, Wanted::kLatest, "yap");
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().reason, "SCHEMA_OLD");
    EXPECT_NE(state.error().message.find("yapd migrate"), std::string::npos);
    EXPECT_TRUE(JudgeSchema(applied, kTwo, Wanted::kAtMostOurs, "yap"));
  }
}

// The second migration without the first: a runner of a future version that was cut short is not
// ours to finish, and a gap is begun again at its start.
TEST(SchemaTest, GapIsMigratedFromItsStart) {
  EXPECT_EQ(JudgeSchema({Done(1)}, kTwo, Wanted::kAtMostOurs, "yap")->version, 0);
}

TEST(SchemaTest, NewerOneIsRefusedForServingAndMigrating) {
  for (const Wanted wanted : {Wanted::kLatest, Wanted::kAtMostOurs}) {
    const auto state = JudgeSchema({Done(0), Done(1), {3, "?"}}, kTwo, wanted, "yap");
    ASSERT_FALSE(state);
    EXPECT_EQ(state.error().reason, "SCHEMA_NEWER");
    EXPECT_NE(state.error().message.find("schema 3"), std::string::npos);
  }
}

TEST(SchemaTest, OtherStatementsThanAppliedAreRefused) {
  for (const Wanted wanted : {Wanted::kLatest, Wanted::kAtMostOurs}) {
    EXPECT_EQ(JudgeSchema({{1, "?"}, Done(1)}, kTwo, wanted, "yap").error().reason,
              "SCHEMA_CHANGED");
  }
}

}  // namespace
}  // namespace yap::store::scylla
