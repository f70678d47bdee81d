#include "hub/room_log.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <random>

#include "hub/hub_testing.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

core::Event Numbered(std::uint64_t seq, core::Body body = core::MessagePosted{}) {
  core::Event event;
  event.seq = Seq(seq);
  event.epoch = Epoch(1);
  event.countable = seq * 10;
  event.time = WallTime(std::chrono::seconds(seq));
  event.body = std::move(body);
  return event;
}

class KeepAll final : public Sink {
 public:
  void Share(std::span<const char> b) override { bytes.append(b.data(), b.size()); }
  void Copy(std::span<const char> b) override { bytes.append(b.data(), b.size()); }
  std::string bytes;
};

class RoomLogTest : public testing::Test {
 protected:
  // Messages "<1>", "<2>", …
  void Append(RoomLog& log, std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t seq = log.last().value + 1;
      log.Append(Numbered(seq), "<" + std::to_string(seq) + ">");
    }
  }
  const LogSlice& Look(const RoomLog& log) {
    log.Refresh(picture_, dropped_);
    return picture_.slice;
  }

  RoomLog::Picture picture_;
  std::vector<std::shared_ptr<const Segment>> dropped_;
};

TEST_F(RoomLogTest, EmptyLogStandsAtItsStart) {
  RoomLog log({1000, 100}, {Seq(5), Epoch(1), 50, {}});
  const LogSlice& slice = Look(log);
  EXPECT_EQ(slice.base.seq, Seq(5));
  EXPECT_EQ(slice.tail, slice.base);
  EXPECT_EQ(slice.TailHead().countable, 50U);
  EXPECT_EQ(log.memory(), 0U);
}

TEST_F(RoomLogTest, PictureStaysUntilItIsRefreshed) {
  RoomLog log({1000, 100}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 2);
  const LogSlice& slice = Look(log);
  EXPECT_EQ(slice.tail.seq, Seq(2));
  Append(log, 1);
  EXPECT_EQ(slice.tail.seq, Seq(2));
  Look(log);
  EXPECT_EQ(slice.tail.seq, Seq(3));
  EXPECT_EQ(slice.TailHead().countable, 30U);
  KeepAll sink;
  slice.Share(slice.Behind(Seq(1)).pos, slice.tail.pos, sink);
  EXPECT_EQ(sink.bytes, "<2><3>");
}

TEST_F(RoomLogTest, TailIsBoundedByEventsAndDroppedSegmentsAreHandedOver) {
  RoomLog log({100'000, 16}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 10);
  Look(log);
  Append(log, 200);
  const LogSlice& slice = Look(log);
  EXPECT_EQ(slice.tail.seq, Seq(210));
  EXPECT_LE(slice.tail.seq.Since(slice.base.seq), 16U);
  EXPECT_FALSE(dropped_.empty());
  EXPECT_EQ(slice.base_head.seq, slice.base.seq);
}

TEST_F(RoomLogTest, TailIsBoundedByBytes) {
  RoomLog log({4096, 1'000'000}, HeadOf(Seq(0), Epoch(1)));
  for (std::uint64_t seq = 1; seq <= 1000; ++seq) log.Append(Numbered(seq), std::string(100, 'x'));
  const LogSlice& slice = Look(log);
  EXPECT_LE(slice.tail.pos - slice.base.pos, 4096U);
  EXPECT_GE(slice.tail.pos - slice.base.pos, 2048U);
}

TEST_F(RoomLogTest, MessageLargerThanASegmentHasOneOfItsOwn) {
  RoomLog log({1024 * 1024, 100}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 1);
  log.Append(Numbered(2), std::string(3 * kSegmentBytesMax, 'x'));
  Append(log, 1);
  const LogSlice& slice = Look(log);
  KeepAll sink;
  slice.Share(slice.base.pos, slice.tail.pos, sink);
  EXPECT_EQ(sink.bytes, "<1>" + std::string(3 * kSegmentBytesMax, 'x') + "<3>");
}

TEST_F(RoomLogTest, QuietRoomTakesLittle) {
  RoomLog log({1024 * 1024, 1024}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 3);
  EXPECT_LE(log.memory(), 2 * kSegmentBytesFirst);
}

TEST_F(RoomLogTest, EvictedLogKeepsItsHeadAndItsReadersAtTheTail) {
  RoomLog log({1000, 100}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 3);
  const Place tail = Look(log).tail;
  log.Evict();
  const LogSlice& slice = Look(log);
  EXPECT_EQ(log.memory(), 0U);
  EXPECT_EQ(slice.base, tail);
  EXPECT_EQ(slice.TailHead().countable, 30U);
  Append(log, 1);
  EXPECT_EQ(Look(log).tail.seq, Seq(4));
}

TEST_F(RoomLogTest, JumpLeavesEveryReaderBehind) {
  RoomLog log({1000, 100}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 3);
  const Place tail = Look(log).tail;
  log.JumpTo(Seq(10));
  const LogSlice& slice = Look(log);
  EXPECT_EQ(slice.base.seq, Seq(9));
  EXPECT_GT(slice.base.pos, tail.pos);
  Append(log, 1);
  EXPECT_EQ(Look(log).tail.seq, Seq(10));
}

TEST_F(RoomLogTest, MarkIsThereWithItsEventAndGoesWithIt) {
  RoomLog log({1000, 8}, HeadOf(Seq(0), Epoch(1)));
  Append(log, 1);
  log.Append(Numbered(2, core::MemberRemoved{{UserId(4), "d"}, true}), "<2>");
  const LogSlice& slice = Look(log);
  ASSERT_EQ(slice.marks.size(), 1U);
  EXPECT_EQ(slice.marks[0].seq, Seq(2));
  EXPECT_EQ(slice.marks[0].user, UserId(4));
  EXPECT_EQ(slice.marks[0].reason, EndReason::kBanned);
  Append(log, 20);
  EXPECT_TRUE(Look(log).marks.empty());
}

// What a picture answers about places is what a plain list of the messages' ends answers.
TEST(RoomLogPropertyTest, PlacesAreThoseOfTheMessages) {
  const bool ok = rc::check([](std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    RoomLog log({1 + rng() % 3000, 1 + rng() % 60}, HeadOf(Seq(0), Epoch(1)));
    RoomLog::Picture picture;
    std::vector<std::shared_ptr<const Segment>> dropped;
    std::vector<std::uint64_t> ends;
    log.Refresh(picture, dropped);
    const std::uint64_t origin = picture.slice.base.pos;
    ends.push_back(origin);
    std::string all;
    const std::uint64_t count = rng() % 300;
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
      const std::string text(1 + rng() % 120, static_cast<char>('a' + seq % 26));
      log.Append(Numbered(seq), text);
      all += text;
      ends.push_back(origin + all.size());
    }
    log.Refresh(picture, dropped);
    const LogSlice& slice = picture.slice;
    RC_ASSERT(slice.tail.pos == ends.back());
    for (std::uint64_t seq = slice.base.seq.value; seq <= count; ++seq) {
      RC_ASSERT(slice.Behind(Seq(seq)).pos == ends[seq]);
      if (seq > slice.base.seq.value) RC_ASSERT(slice.HeadAt(Seq(seq)).countable == seq * 10);
    }
    for (int i = 0; i < 50; ++i) {
      const std::uint64_t from = slice.base.pos + rng() % (slice.tail.pos - slice.base.pos + 1);
      const std::uint64_t to = from + rng() % (slice.tail.pos - from + 1);
      const auto boundary = std::ranges::lower_bound(ends, from);
      RC_ASSERT(slice.AtOrBehind(from).pos == *boundary);
      std::string bytes;
      slice.CopyTo(from, to, bytes);
      RC_ASSERT(bytes == all.substr(from - origin, to - from));
    }
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace yap::hub
