#include "store/scylla/internal/group.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

#include "store/contract.h"

namespace yap::store::scylla {
namespace {

using namespace core;  // NOLINT: the ports' nouns.
using drivers::Rows;
using drivers::RowsBuilder;
using drivers::Values;

constexpr ChannelId kChannel{7};
constexpr Epoch kEpoch{11};

LogHead HeadAt(std::uint64_t seq) {
  return {.seq = Seq(seq),
          .time = TimeAt(seq),
          .countable = seq,
          .members = 3,
          .changed = Seq(1),
          .effects = Seq(1)};
}

// --- Buckets ---

TEST(BucketsTest, CutTheLogWithoutHoleOrOverlap) {
  const Buckets buckets(4);
  EXPECT_EQ(buckets.Of(Seq()), 0);
  EXPECT_EQ(buckets.Of(Seq(16)), 0);
  EXPECT_EQ(buckets.Of(Seq(17)), 1);
  EXPECT_EQ(buckets.Last(0), Seq(16));
  EXPECT_EQ(buckets.RoomAfter(Seq()), 16U);
  EXPECT_EQ(buckets.RoomAfter(Seq(10)), 6U);
  EXPECT_EQ(buckets.RoomAfter(Seq(16)), 16U);
  EXPECT_FALSE(buckets.IsFull(Seq()));
  EXPECT_FALSE(buckets.IsFull(Seq(15)));
  EXPECT_TRUE(buckets.IsFull(Seq(16)));
}

RC_GTEST_PROP(BucketsTest, RoomEndsWhereTheNextBucketBegins, ()) {
  const Buckets buckets(*rc::gen::inRange(1, 20));
  const Seq head(*rc::gen::inRange<std::uint64_t>(0, 1U << 30U));
  const Seq last = head.Plus(buckets.RoomAfter(head));
  RC_ASSERT(buckets.Of(head.Next()) == buckets.Of(last));
  RC_ASSERT(buckets.Of(last.Next()) == buckets.Of(last) + 1);
}

TEST(BucketsTest, EventsAfterAHeadBeginInTheBucketOfTheNextOne) {
  const Buckets buckets(4);
  EXPECT_EQ(buckets.OfFirstAfter(Seq(), Seq(40)), 0);
  EXPECT_EQ(buckets.OfFirstAfter(Seq(15), Seq(40)), 0);
  EXPECT_EQ(buckets.OfFirstAfter(Seq(16), Seq(40)), 1);
  EXPECT_EQ(buckets.OfFirstAfter(Seq(), Seq()), 0) << "an empty log";
}

TEST(BucketsTest, AHeadThatNeverWasIsNotBeyondTheLog) {
  const Buckets buckets;
  const Seq head(10'000);
  const std::uint64_t never[] = {10'001, std::uint64_t{1} << 43, std::uint64_t{1} << 44,
                                 std::numeric_limits<std::uint64_t>::max()};
  for (const auto since : never) EXPECT_EQ(buckets.OfFirstAfter(Seq(since), head), 2) << since;
}

TEST(KeysTest, SortAsTheirNumbers) {
  EXPECT_LT(EventKey(Seq(255)), EventKey(Seq(256)));
  EXPECT_EQ(SeqOfEventKey(EventKey(Seq(0x0102030405060708))), Seq(0x0102030405060708));
  EXPECT_EQ(DedupKey(UserId(1), KeyOf(5)).size(), 24U);
}

// --- Groups ---

Group Build(const std::vector<Draft>& drafts, const LogHead& head, Membership members = {}) {
  std::vector<std::size_t> all(drafts.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  return BuildGroup(kChannel, kEpoch, head, drafts, all, std::move(members));
}

TEST(GroupTest, NumbersAndCountsAfterTheHead) {
  const auto group = Build({Message(1), Left(9), Message(2)}, HeadAt(5));
  ASSERT_EQ(group.events.size(), 3U);
  EXPECT_EQ(group.events[0]->seq, Seq(6));
  EXPECT_EQ(group.events[2]->seq, Seq(8));
  EXPECT_EQ(group.events[2]->countable, 7U);
  EXPECT_EQ(group.after.seq, Seq(8));
  EXPECT_EQ(group.after.countable, 7U);
  EXPECT_EQ(group.after.changed, Seq(7));
  EXPECT_EQ(group.after.effects, Seq(7));
}

TEST(GroupTest, MessagesChangeNoProjection) {
  const auto group = Build({Message(1), Message(2)}, HeadAt(5));
  EXPECT_EQ(group.after.changed, Seq(1));
  EXPECT_EQ(group.after.effects, Seq(1));
}

TEST(GroupTest, FirstEventListsItsChannel) {
  EXPECT_EQ(Build({Message(1), Message(2)}, LogHead()).after.changed, Seq(1));
}

TEST(GroupTest, MembersAreCountedByWhoReallyComesAndGoes) {
  const Membership members = {{UserId(1), true}, {UserId(2), false}, {UserId(3), true}};
  const auto group = Build({Joined(1), Joined(2), Removed(3, true), Left(3), Removed(4, true)},
                           HeadAt(5), members);
  EXPECT_EQ(group.after.members, 3U);  // + 2, - 3.
}

TEST(GroupTest, BatchConditionsTheHeadAndEveryKey) {
  const std::vector<Draft> drafts = {Message(1), Message(0), Message(2)};
  const auto batch = BatchOf(Build(drafts, HeadAt(5)), drafts, Buckets());
  ASSERT_EQ(batch.size(), 1U + 3U + 2U);  // The keyless one has no key.
  EXPECT_EQ(batch[0].sql, Sql::kMoveHead);
  EXPECT_EQ(batch[3].sql, Sql::kPutEvent);
  EXPECT_EQ(batch[4].sql, Sql::kPutKey);
}

TEST(GroupTest, FirstWriteOfABucketExpectsNoHead) {
  const std::vector<Draft> drafts = {Message(1)};
  const auto condition = [&](std::uint64_t head) {
    return BatchOf(Build(drafts, HeadAt(head)), drafts, Buckets(4))[0].values.View().back();
  };
  EXPECT_EQ(condition(0).type, YD_NULL);
  EXPECT_EQ(condition(16).type, YD_NULL);
  EXPECT_EQ(condition(15).type, YD_BIGINT);
  EXPECT_EQ(condition(15).number, 15);
}

TEST(GroupTest, UsersConcernedAreThoseOfMembershipEvents) {
  const std::vector<Draft> drafts = {Message(1), Joined(4), Left(2), Joined(4)};
  EXPECT_EQ(UsersConcerned(drafts), (std::vector{UserId(2), UserId(4)}));
}

// --- Columns ---

Rows RowOf(const EventColumns& columns) {
  RowsBuilder rows({{"text", YD_TEXT}, {"body", YD_BLOB}});
  Values values;
  columns.text ? values.Text(*columns.text) : values.Null();
  return rows.Add(values.Blob(columns.body)).Build();
}

TEST(ColumnsTest, TextOfAMessageIsReadableAndComesBack) {
  for (const std::string text : {"hello", "", "grüße \u2603", "not utf-8: \xff\xfe"}) {
    const Event event = *Build({Message(1, text)}, HeadAt(5)).events[0];
    const EventColumns columns = EncodeColumns(event);
    EXPECT_EQ(columns.text.has_value(), text.find('\xff') == std::string::npos);
    const auto back = DecodeColumns(RowOf(columns).front());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, event);
  }
}

TEST(ColumnsTest, DamageIsCorruption) {
  EXPECT_EQ(DecodeColumns(RowOf({"text", "nonsense"}).front()).error().code, Errc::kCorruption);
  const Event joined = *Build({Joined(1)}, HeadAt(5)).events[0];
  EventColumns columns = EncodeColumns(joined);
  EXPECT_FALSE(columns.text);
  columns.text = "a join has none";
  EXPECT_EQ(DecodeColumns(RowOf(columns).front()).error().code, Errc::kCorruption);
}

// --- Answers, in the shapes that servers give them ---

const StoredKey kStored{
    .seq = Seq(4), .time = TimeAt(77), .countable = 3, .fingerprint = DigestOf(5)};

// Cassandra: all columns of the table, in the order of the schema.
RowsBuilder CassandraRows() {
  return RowsBuilder({{"[applied]", YD_BOOLEAN},
                      {"ch", YD_BIGINT},
                      {"b", YD_INT},
                      {"t", YD_TINYINT},
                      {"k", YD_BLOB},
                      {"changed", YD_BIGINT},
                      {"effects", YD_BIGINT},
                      {"head", YD_BIGINT},
                      {"head_countable", YD_BIGINT},
                      {"head_time", YD_BIGINT},
                      {"members", YD_INT},
                      {"body", YD_BLOB},
                      {"sender", YD_BIGINT},
                      {"seq", YD_BIGINT},
                      {"text", YD_TEXT},
                      {"time", YD_TIMESTAMP}});
}
Values CassandraRow(const LogHead& head, const std::optional<std::string>& key) {
  Values row;
  row.Boolean(false).BigInt(7).Int(0);
  key ? row.TinyInt(1).Blob(*key) : row.Null().Null();
  row.BigInt(static_cast<std::int64_t>(head.changed.value))
      .BigInt(static_cast<std::int64_t>(head.effects.value))
      .BigInt(static_cast<std::int64_t>(head.seq.value))
      .BigInt(static_cast<std::int64_t>(head.countable))
      .BigInt(head.time.time_since_epoch().count())
      .Int(static_cast<std::int32_t>(head.members));
  if (!key) return row.Null().Null().Null().Null().Null();
  return row.Blob(EncodeKeyBody(kStored.fingerprint, kStored.time, kStored.countable))
      .Null()
      .BigInt(4)
      .Null()
      .Null();
}
Rows AppliedOnly(bool applied) {
  return RowsBuilder({{"[applied]", YD_BOOLEAN}}).Add(Values().Boolean(applied)).Build();
}

TEST(CassandraAnswerTest, Applied) { EXPECT_TRUE(DecodeAnswer(AppliedOnly(true))->applied); }

TEST(CassandraAnswerTest, EmptyBucketAnswersNothingElse) {
  const auto answer = DecodeAnswer(AppliedOnly(false));
  EXPECT_FALSE(answer->applied);
  EXPECT_FALSE(answer->head);
  EXPECT_TRUE(answer->known.empty());
}

TEST(CassandraAnswerTest, MovedHeadIsOneRowWithoutKey) {
  const auto answer =
      DecodeAnswer(CassandraRows().Add(CassandraRow(HeadAt(9), std::nullopt)).Build());
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->applied);
  EXPECT_EQ(answer->head, HeadAt(9));
  EXPECT_TRUE(answer->known.empty());
}

TEST(CassandraAnswerTest, KnownKeysAreARowEachWithTheHead) {
  const std::string one = DedupKey(UserId(1), KeyOf(1));
  const std::string two = DedupKey(UserId(1), KeyOf(2));
  const auto answer = DecodeAnswer(
      CassandraRows().Add(CassandraRow(HeadAt(9), one)).Add(CassandraRow(HeadAt(9), two)).Build());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->head, HeadAt(9));
  ASSERT_EQ(answer->known.size(), 2U);
  EXPECT_EQ(answer->known.at(one), kStored);
}

// ScyllaDB: a row for each statement in the order of the batch, the old row or nulls.
RowsBuilder ScyllaRows() {
  return RowsBuilder({{"[applied]", YD_BOOLEAN},
                      {"ch", YD_BIGINT},
                      {"b", YD_INT},
                      {"t", YD_TINYINT},
                      {"k", YD_BLOB},
                      {"head", YD_BIGINT},
                      {"head_time", YD_BIGINT},
                      {"head_countable", YD_BIGINT},
                      {"members", YD_INT},
                      {"changed", YD_BIGINT},
                      {"effects", YD_BIGINT},
                      {"seq", YD_BIGINT},
                      {"body", YD_BLOB}});
}
// `head`: the static columns of the old row, where there was one.
Values ScyllaRow(bool applied, const std::optional<LogHead>& head, int t,
                 const std::optional<std::string>& key) {
  Values row;
  row.Boolean(applied).BigInt(7).Int(0);
  key ? row.TinyInt(static_cast<std::int8_t>(t)).Blob(*key) : row.Null().Null();
  if (head) {
    row.BigInt(static_cast<std::int64_t>(head->seq.value))
        .BigInt(head->time.time_since_epoch().count())
        .BigInt(static_cast<std::int64_t>(head->countable))
        .Int(static_cast<std::int32_t>(head->members))
        .BigInt(static_cast<std::int64_t>(head->changed.value))
        .BigInt(static_cast<std::int64_t>(head->effects.value));
  } else {
    row.Null().Null().Null().Null().Null().Null();
  }
  if (!key) return row.Null().Null();
  return row.BigInt(4).Blob(EncodeKeyBody(kStored.fingerprint, kStored.time, kStored.countable));
}

TEST(ScyllaAnswerTest, AppliedAnswersTheOldRowsAndIsApplied) {
  const auto answer = DecodeAnswer(ScyllaRows()
                                       .Add(ScyllaRow(true, HeadAt(8), 0, std::nullopt))
                                       .Add(ScyllaRow(true, std::nullopt, 0, std::nullopt))
                                       .Build());
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->applied);
}

TEST(ScyllaAnswerTest, MovedHeadIsInTheRowOfItsStatement) {
  const auto answer = DecodeAnswer(ScyllaRows()
                                       .Add(ScyllaRow(false, std::nullopt, 0, std::nullopt))
                                       .Add(ScyllaRow(false, HeadAt(9), 0, std::nullopt))
                                       .Build());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->head, HeadAt(9));
  EXPECT_TRUE(answer->known.empty());
}

TEST(ScyllaAnswerTest, KnownKeysAreFoundBetweenRowsOfNulls) {
  const std::string known = DedupKey(UserId(1), KeyOf(2));
  const auto answer = DecodeAnswer(ScyllaRows()
                                       .Add(ScyllaRow(false, HeadAt(9), 0, std::nullopt))
                                       .Add(ScyllaRow(false, HeadAt(9), 0, EventKey(Seq(4))))
                                       .Add(ScyllaRow(false, std::nullopt, 1, std::nullopt))
                                       .Add(ScyllaRow(false, HeadAt(9), 1, known))
                                       .Build());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->head, HeadAt(9));
  ASSERT_EQ(answer->known.size(), 1U);
  EXPECT_EQ(answer->known.at(known), kStored);
}

TEST(ScyllaAnswerTest, EmptyBucketIsRowsOfNulls) {
  const auto answer =
      DecodeAnswer(ScyllaRows().Add(ScyllaRow(false, std::nullopt, 0, std::nullopt)).Build());
  ASSERT_TRUE(answer);
  EXPECT_FALSE(answer->applied);
  EXPECT_FALSE(answer->head);
}

TEST(AnswerTest, KeyOfAnotherLengthIsCorruption) {
  RowsBuilder rows({{"[applied]", YD_BOOLEAN},
                    {"t", YD_TINYINT},
                    {"k", YD_BLOB},
                    {"seq", YD_BIGINT},
                    {"body", YD_BLOB}});
  rows.Add(Values().Boolean(false).TinyInt(1).Blob("k").BigInt(4).Blob("short"));
  EXPECT_EQ(DecodeAnswer(rows.Build()).error().code, Errc::kCorruption);
}

TEST(AnswerTest, FingerprintTellsARepeatFromAReuse) {
  EXPECT_EQ(AnswerOf(kStored, DigestOf(5)).outcome, Appended::Outcome::kDuplicate);
  EXPECT_EQ(AnswerOf(kStored, DigestOf(6)).outcome, Appended::Outcome::kKeyReused);
  EXPECT_EQ(AnswerOf(kStored, DigestOf(6)).seq, Seq(4));
}

}  // namespace
}  // namespace yap::store::scylla
