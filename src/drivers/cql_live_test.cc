// Against a real server: YAP_TEST_CQL=host:port says where. Makes a keyspace of its own and drops
// it.
#include <cstdlib>
#include <string>

#include "base/random.h"
#include "drivers/cql.h"
#include "drivers/drivers_testing.h"
#include "drivers/fake_server_testing.h"

namespace yap::drivers {
namespace {

constexpr auto kLimit = 20s;

class CqlLiveTest : public DriversTest {
 protected:
  void SetUp() override {
    const char* address = std::getenv("YAP_TEST_CQL");
    if (address == nullptr) GTEST_SKIP() << "YAP_TEST_CQL=host:port names no server";
    options_.hosts = {address};
    auto cql = Run(Cql::Connect(runtime_, options_, In(kLimit)));
    ASSERT_TRUE(cql) << cql.error().message;
    cql_ = *std::move(cql);
    keyspace_ = "yap_drivers_" + std::to_string(SystemRandom().Below(1'000'000'000));
    Do("CREATE KEYSPACE " + keyspace_ +
       " WITH replication = {'class': 'NetworkTopologyStrategy', 'replication_factor': 1}");
    ASSERT_TRUE(Run(cql_->UseKeyspace(keyspace_, In(kLimit))));
  }

  void TearDown() override {
    if (cql_) Do("DROP KEYSPACE IF EXISTS " + keyspace_);
  }

  Rows Do(std::string cql) {
    auto rows = Run(cql_->Query(std::move(cql), In(kLimit)));
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? *rows : Rows();
  }
  Statement Prepare(std::string cql, StatementOptions options = {}) {
    auto statement = Run(cql_->Prepare(std::move(cql), options, In(kLimit)));
    EXPECT_TRUE(statement) << statement.error().message;
    return statement ? *statement : Statement();
  }
  Rows Do(const Statement& statement, Values values) {
    auto rows = Run(cql_->Execute(statement, std::move(values), In(kLimit)));
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? *rows : Rows();
  }
  Error FailureOfExecute(const Statement& statement, Values values) {
    return FailureOf(cql_->Execute(statement, std::move(values), In(kLimit)));
  }

  CqlOptions options_;
  std::unique_ptr<Cql> cql_;
  std::string keyspace_;
};

TEST_F(CqlLiveTest, WritesAndReadsEveryType) {
  Do("CREATE TABLE t (k int PRIMARY KEY, a boolean, b tinyint, c smallint, d bigint, e timestamp, "
     "f text, g blob, h uuid)");
  const auto insert =
      Prepare("INSERT INTO t (k, a, b, c, d, e, f, g, h) VALUES (?,?,?,?,?,?,?,?,?)");
  constexpr std::byte kUuid[16] = {std::byte{7}};
  const WallTime time(std::chrono::milliseconds(1'700'000'000'123));
  Do(insert, Values()
                 .Int(1)
                 .Boolean(true)
                 .TinyInt(-8)
                 .SmallInt(-9)
                 .BigInt(-10)
                 .Timestamp(time)
                 .Text("ü")
                 .Blob(std::string_view("\0\xff", 2))
                 .Uuid(kUuid));
  const Rows rows = Do(Prepare("SELECT * FROM t WHERE k = ?"), Values().Int(1));
  ASSERT_EQ(rows.size(), 1U);
  const Row row = rows.front();
  EXPECT_EQ(row.Boolean("a"), true);
  EXPECT_EQ(row.TinyInt("b"), -8);
  EXPECT_EQ(row.SmallInt("c"), -9);
  EXPECT_EQ(row.BigInt("d"), -10);
  EXPECT_EQ(row.Timestamp("e"), time);
  EXPECT_EQ(row.Text("f"), "ü");
  EXPECT_EQ(row.Blob("g"), std::string_view("\0\xff", 2));
  EXPECT_EQ(row.Uuid("h")->front(), std::byte{7});
}

TEST_F(CqlLiveTest, NullErasesAndUnsetKeeps) {
  Do("CREATE TABLE t (k int PRIMARY KEY, a text, b text)");
  const auto insert = Prepare("INSERT INTO t (k, a, b) VALUES (?, ?, ?)");
  Do(insert, Values().Int(1).Text("a").Text("b"));
  Do(insert, Values().Int(1).Null().Unset());
  const Rows rows = Do("SELECT a, b FROM t");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows.front().Text("a"), std::nullopt);
  EXPECT_EQ(rows.front().Text("b"), "b");
}

TEST_F(CqlLiveTest, ValueOfAnotherTypeIsRefusedBeforeItIsSent) {
  Do("CREATE TABLE t (k bigint PRIMARY KEY, body blob)");
  const auto insert = Prepare("INSERT INTO t (k, body) VALUES (?, ?)");
  const Error text = FailureOfExecute(insert, Values().BigInt(1).Text("12345678"));
  EXPECT_EQ(text.reason, kInvalid);
  EXPECT_NE(text.message.find("body"), std::string::npos) << text.message;
  EXPECT_EQ(FailureOfExecute(insert, Values().Int(1).Blob("")).reason, kInvalid);
  EXPECT_EQ(FailureOfExecute(insert, Values().BigInt(1)).reason, kInvalid);
  EXPECT_TRUE(Do("SELECT * FROM t").empty());
}

TEST_F(CqlLiveTest, WhatTheServerRefusesCertainlyWasNotDone) {
  for (const char* bad :
       {"SELECT FROM", "SELECT * FROM no_such_table", "DROP KEYSPACE nobody_has_it"}) {
    const Error error = FailureOf(cql_->Query(bad, In(kLimit)));
    EXPECT_EQ(error.reason, kRefused) << bad << ": " << error.message;
    EXPECT_TRUE(NothingDone(error));
    EXPECT_GE(ServerCode(error), 0x2000) << bad;
  }
  const Error error = FailureOf(cql_->Prepare("SELECT nothing FROM t", {}, In(kLimit)));
  EXPECT_EQ(error.reason, kRefused) << error.message;
}

TEST_F(CqlLiveTest, MissingKeyspaceIsSaidSo) {
  CqlOptions options = options_;
  options.keyspace = "yap_nobody_has_it";
  const Error error = FailureOf(Cql::Connect(runtime_, options, In(kLimit)));
  EXPECT_EQ(error.reason, kNoKeyspace) << error.message;
  EXPECT_NE(error.message.find("yap_nobody_has_it"), std::string::npos) << error.message;
  EXPECT_EQ(FailureOf(cql_->UseKeyspace("yap_nobody_has_it", In(kLimit))).reason, kNoKeyspace);
}

TEST_F(CqlLiveTest, PagesLeadThroughAllRowsOnce) {
  Do("CREATE TABLE t (p int, k int, PRIMARY KEY (p, k))");
  const auto insert = Prepare("INSERT INTO t (p, k) VALUES (1, ?)", {.idempotent = true});
  for (int k = 0; k < 25; ++k) Do(insert, Values().Int(k));
  const auto select = Prepare("SELECT k FROM t WHERE p = 1");
  std::vector<int> seen;
  PageRequest page{.rows_max = 10};
  int pages = 0;
  do {
    const auto rows = Run(cql_->ExecutePage(select, {}, page, In(kLimit)));
    ASSERT_TRUE(rows) << rows.error().message;
    EXPECT_LE(rows->size(), 10U);
    for (const Row row : *rows) seen.push_back(row.Int("k").value_or(-1));
    page.resume = rows->next_page();
    ASSERT_LT(++pages, 10);
  } while (!page.resume.empty());
  ASSERT_EQ(seen.size(), 25U);
  for (int k = 0; k < 25; ++k) EXPECT_EQ(seen[k], k);
}

TEST_F(CqlLiveTest, ExplicitTimestampsDecide) {
  Do("CREATE TABLE t (k int PRIMARY KEY, v bigint)");
  const auto insert = Prepare("INSERT INTO t (k, v) VALUES (1, ?) USING TIMESTAMP ?");
  for (const std::int64_t v : {5, 9, 7, 3}) Do(insert, Values().BigInt(v).BigInt(v));
  EXPECT_EQ(Do("SELECT v FROM t").front().BigInt("v"), 9);
}

// The shape of an append: a condition on the head, events, and keys that must be new.
class ConditionalBatchLiveTest : public CqlLiveTest {
 protected:
  void SetUp() override {
    CqlLiveTest::SetUp();
    if (IsSkipped()) return;
    Do("CREATE TABLE log (ch bigint, b int, t tinyint, k blob, head bigint static, seq bigint, "
       "body blob, PRIMARY KEY ((ch, b), t, k))");
    move_ = Prepare("UPDATE log SET head = ? WHERE ch = ? AND b = ? IF head = ?");
    event_ = Prepare("INSERT INTO log (ch, b, t, k, seq, body) VALUES (?, ?, 0, ?, ?, ?)");
    key_ = Prepare("INSERT INTO log (ch, b, t, k, seq) VALUES (?, ?, 1, ?, ?) IF NOT EXISTS");
  }

  // Appends events with these keys after `head` (0: the first write).
  Rows Append(std::int64_t head, const std::vector<std::string>& keys) {
    std::vector<Bound> batch;
    const auto next = head + static_cast<std::int64_t>(keys.size());
    Values condition = Values().BigInt(next).BigInt(7).Int(0);
    batch.push_back({move_, head == 0 ? condition.Null() : condition.BigInt(head)});
    std::int64_t seq = head;
    for (const std::string& key : keys) {
      const std::string place = "seq" + std::to_string(++seq);
      batch.push_back({event_, Values().BigInt(7).Int(0).Blob(place).BigInt(seq).Blob("body")});
      batch.push_back({key_, Values().BigInt(7).Int(0).Blob(key).BigInt(seq)});
    }
    auto rows = Run(cql_->Batch(std::move(batch), {}, In(kLimit)));
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? *rows : Rows();
  }

  Statement move_;
  Statement event_;
  Statement key_;
};

TEST_F(ConditionalBatchLiveTest, FirstWriteIsAppliedOnNull) {
  EXPECT_TRUE(Append(0, {"a", "b"}).Applied());
  const Rows head =
      Run(cql_->Execute(Prepare("SELECT DISTINCT head FROM log WHERE ch = 7 AND b = 0",
                                {.consistency = Consistency::kLocalSerial}),
                        {}, In(kLimit)))
          .value();
  EXPECT_EQ(head.front().BigInt("head"), 2);
}

TEST_F(ConditionalBatchLiveTest, MovedHeadIsToldAndNothingIsStored) {
  ASSERT_TRUE(Append(0, {"a"}).Applied());
  const Rows rows = Append(0, {"b"});
  EXPECT_FALSE(rows.Applied());
  EXPECT_EQ(rows.front().BigInt("head"), 1);
  EXPECT_EQ(rows.front().TinyInt("t"), std::nullopt);
  EXPECT_EQ(Do("SELECT seq FROM log").size(), 2U);
}

TEST_F(ConditionalBatchLiveTest, KeysThatAreThereComeBackWithTheirSeq) {
  ASSERT_TRUE(Append(0, {"a", "b"}).Applied());
  const Rows rows = Append(2, {"c", "b", "a"});
  EXPECT_FALSE(rows.Applied());
  std::vector<std::pair<std::string, std::int64_t>> found;
  for (const Row row : rows) {
    if (row.TinyInt("t") == 1) found.emplace_back(*row.Blob("k"), *row.BigInt("seq"));
    EXPECT_EQ(row.BigInt("head"), 2);
  }
  EXPECT_EQ(found, (std::vector<std::pair<std::string, std::int64_t>>{{"a", 1}, {"b", 2}}));
}

TEST_F(ConditionalBatchLiveTest, WholeGroupOf64IsOneWrite) {
  std::vector<std::string> keys;
  for (int i = 0; i < 64; ++i) keys.push_back("key" + std::to_string(i));
  EXPECT_TRUE(Append(0, keys).Applied());
  EXPECT_EQ(Append(0, keys).size(), 64U);  // The same group again: every key is there.
}

// Many slow writes of one session, all on their way before something ends under them.
class InFlightLiveTest : public CqlLiveTest {
 protected:
  static constexpr int kCalls = 1'500;

  void Start(Cql& cql, const Statement& insert) {
    const auto one = [](InFlightLiveTest* self, Task<Rows> call) -> asio::awaitable<void> {
      ++self->started_;
      const auto result = co_await std::move(call);
      ++self->answered_;
      if (!result) EXPECT_EQ(result.error().reason, kCancelled) << result.error().message;
    };
    for (int k = 0; k < kCalls; ++k) {
      Spawn(io_.get_executor(), one(this, cql.Execute(insert, Values().Int(k), In(1h))));
    }
    ASSERT_TRUE(RunUntil([&] { return started_ == kCalls; }));
    // How many depends on how fast the server answers those before.
    ASSERT_GT(yd_live_callbacks(), 0U);
  }
  bool AllAnswered() {
    return RunUntil([&] { return answered_ == kCalls; });
  }

  int started_ = 0;
  int answered_ = 0;
};

constexpr const char* kTable = "CREATE TABLE t (k int PRIMARY KEY)";
constexpr const char* kSlowInsert = "INSERT INTO t (k) VALUES (?) IF NOT EXISTS";

TEST_F(InFlightLiveTest, DestroyedSessionAnswersEachOnce) {
  Do(kTable);
  auto other = Run(Cql::Connect(runtime_, options_, In(kLimit))).value();
  Start(*cql_, Prepare(kSlowInsert));
  cql_ = std::move(other);
  EXPECT_TRUE(AllAnswered()) << answered_;
  // A callback is due until it has returned, which is after what it posted may run here.
  EXPECT_TRUE(RunUntil([] { return yd_live_callbacks() == 0; })) << yd_live_callbacks();
}

TEST_F(InFlightLiveTest, EndOfTheRuntimeAnswersEachOnce) {
  Do(kTable);
  auto runtime = std::make_shared<Runtime>();
  auto cql = Run(Cql::Connect(runtime, options_, In(kLimit))).value();
  ASSERT_TRUE(Run(cql->UseKeyspace(keyspace_, In(kLimit))));
  Start(*cql, Run(cql->Prepare(kSlowInsert, {}, In(kLimit))).value());
  cql.reset();
  runtime.reset();
  EXPECT_EQ(yd_live_callbacks(), 0U);
  EXPECT_TRUE(AllAnswered()) << answered_;
}

}  // namespace
}  // namespace yap::drivers
