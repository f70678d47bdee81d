// The sequencer where other processes write to the same log.
#include <gmock/gmock.h>

#include "core/limits.h"
#include "core/sequencer_testing.h"

namespace yap::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Fault = TapLog::Fault;

using SequencerWritersTest = SequencerTest;

// --- Other writers ---

TEST_F(SequencerWritersTest, TheLoserOfARaceTakesTheNextNumber) {
  auto& other = world_.NewServer();
  for (int i = 0; i < 10; ++i) {
    auto& server = i % 2 == 0 ? channels() : *other.channels;
    auto written =
        world_.Must(server.Send(ana_, world_.Message(tea_, fmt::format("{}", i)), deadline()));
    EXPECT_EQ(written.seq, Seq(4 + i));
  }
}

TEST_F(SequencerWritersTest, WhoWasRemovedElsewhereSlipsNothingIn) {
  world_.Say(bo_, tea_);
  auto& other = world_.NewServer();
  world_.Must(other.channels->Remove(ana_, tea_, "bo", false, {}, deadline()));
  auto send = Send(bo_);
  world_.Run(seconds(1));
  EXPECT_EQ(send.get().error().reason, "NOT_A_MEMBER");
  EXPECT_EQ(world_.LogOf(tea_).size(), 5U);
}

TEST_F(SequencerWritersTest, AJoinElsewhereMakesNoSecondEvent) {
  world_.Say(ana_, tea_);
  auto& other = world_.NewServer();
  const auto cleo = world_.AddUser("cleo");
  const auto first = world_.Must(other.channels->Join(cleo, tea_, Key(1), deadline()));
  const auto retried = world_.Must(channels().Join(cleo, tea_, Key(1), deadline()));
  EXPECT_EQ(retried.seq, first.seq);
  const auto again = world_.Must(channels().Join(cleo, tea_, Key(2), deadline()));
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(world_.LogOf(tea_).size(), 5U);
}

// The retry was stored by another server, where the sender has been removed since. This one learns
// of both only when an append loses the race: with the first attempt in it, or behind it.
TEST_F(SequencerWritersTest, AFirstAttemptThatRacedWithItsRetryElsewhereIsOneMessage) {
  for (const bool behind : {false, true}) {
    world_.Say(bo_, tea_);
    auto& other = world_.NewServer();
    auto request = world_.Message(tea_, "racing");
    const auto there = world_.Must(other.channels->Send(bo_, request, deadline()));
    world_.Must(other.channels->Remove(ana_, tea_, "bo", false, {}, deadline()));
    log().append_time = milliseconds(10);
    std::vector<World::Pending<Written>> beside{Send(ana_)};
    if (behind) world_.Run(milliseconds(1));
    auto here = world_.Start(channels().Send(bo_, request, deadline()));
    beside.push_back(Send(ana_));
    world_.Run(seconds(1));
    ASSERT_TRUE(here.get()) << here.get().error().reason;
    EXPECT_EQ(here.get()->seq, there.seq);
    for (auto& send : beside) EXPECT_TRUE(send.get());
    EXPECT_EQ(world_.ReasonOf(channels().Send(bo_, world_.Message(tea_, "out"), deadline())),
              "NOT_A_MEMBER");
    world_.Must(channels().Join(bo_, tea_, {}, deadline()));
  }
}

// --- Answers that rest on the state alone, where others write too ---

TEST_F(SequencerWritersTest, ARefusalIsMadeOnTheNewestState) {
  world_.Say(ana_, tea_);
  auto& other = world_.NewServer();
  const auto cleo = world_.AddUser("cleo");
  world_.Must(other.channels->Join(cleo, tea_, {}, deadline()));
  world_.Must(channels().Remove(ana_, tea_, "cleo", false, {}, deadline()));
  world_.Must(other.channels->Join(cleo, tea_, {}, deadline()));
  EXPECT_EQ(world_.Say(cleo, tea_).seq, Seq(8)) << "here she was removed";
}

TEST_F(SequencerWritersTest, WhatIsSoAlreadyIsSoInTheNewestState) {
  world_.Say(bo_, tea_);
  auto& other = world_.NewServer();
  world_.Must(other.channels->Remove(ana_, tea_, "bo", false, {}, deadline()));
  const auto joined = world_.Must(channels().Join(bo_, tea_, {}, deadline()));
  EXPECT_FALSE(joined.already);
  EXPECT_EQ(joined.seq, Seq(6));
}

TEST_F(SequencerWritersTest, RefusalsThatWaitTogetherCostOneLookAtTheLog) {
  const auto cleo = world_.AddUser("cleo");
  world_.Say(ana_, tea_);
  log().append_time = milliseconds(10);
  Send(ana_);
  world_.Run(milliseconds(1));
  std::vector<World::Pending<Written>> refused;
  refused.reserve(50);
  for (int i = 0; i < 50; ++i) refused.push_back(Send(cleo));
  log().reads = 0;
  world_.Run(milliseconds(100));
  for (auto& send : refused) EXPECT_EQ(send.get().error().reason, "NOT_A_MEMBER");
  EXPECT_EQ(log().reads, 1U);
}

TEST_F(SequencerWritersTest, AnAppendShowsThatTheStateBesideItIsTheNewest) {
  const auto cleo = world_.AddUser("cleo");
  world_.Say(ana_, tea_);
  log().append_time = milliseconds(10);
  Send(ana_);  // The two that follow share a batch.
  world_.Run(milliseconds(1));
  auto refused = Send(cleo);
  auto stored = Send(bo_);
  log().reads = 0;
  world_.Run(milliseconds(100));
  EXPECT_EQ(refused.get().error().reason, "NOT_A_MEMBER");
  EXPECT_TRUE(stored.get());
  EXPECT_EQ(log().reads, 0U);
}

TEST_F(SequencerWritersTest, AnAppendOfWhatWasThereAlreadyShowsNothing) {
  world_.Say(ana_, tea_);
  log().append_time = milliseconds(10);
  auto& other = world_.NewServer();
  const auto cleo = world_.AddUser("cleo");
  const auto request = world_.Message(tea_, "twice");
  Send(ana_);  // The two that follow share a batch.
  world_.Run(milliseconds(1));
  auto repeat = world_.Start(channels().Send(bo_, request, deadline()));
  auto send = Send(cleo);
  world_.Run(milliseconds(10));
  const auto first = world_.Must(other.channels->Send(bo_, request, deadline()));
  world_.Must(other.channels->Join(cleo, tea_, {}, deadline()));
  world_.Run(seconds(1));
  ASSERT_TRUE(repeat.get()) << repeat.get().error().reason;
  EXPECT_EQ(repeat.get()->seq, first.seq);
  EXPECT_TRUE(send.get()) << send.get().error().reason;
}

TEST_F(SequencerWritersTest, ARefusalThatCannotBeShownToBeDueIsUnknown) {
  const auto cleo = world_.AddUser("cleo");
  world_.Say(ana_, tea_);
  log().dead = true;
  auto refused = Send(cleo);
  world_.Run(seconds(5));
  EXPECT_EQ(refused.get().error().code, Errc::kUnavailable);
  log().dead = false;
}

TEST_F(SequencerWritersTest, WhereNobodyElseWritesRefusalsCostNoLookAtTheLog) {
  const auto cleo = world_.AddUser("cleo");
  world_.Say(ana_, tea_);
  log().writing = Writers::kThisProcess;
  log().reads = 0;
  auto refused = Send(cleo);
  auto already = world_.Start(channels().Join(bo_, tea_, {}, deadline()));
  world_.Run(milliseconds(100));
  EXPECT_EQ(refused.get().error().reason, "NOT_A_MEMBER");
  EXPECT_TRUE(already.get()->already);
  EXPECT_EQ(log().reads, 1U) << "for the time of the event that made it so";
}

// --- Effects of events that are learned of by their key ---

class SequencerEffectsTest : public SequencerWritersTest {
 protected:
  SequencerEffectsTest() : cleo_(world_.AddUser("cleo")) {
    world_.Say(ana_, tea_);
    world_.Run(seconds(1));  // What she is told of the lobby is in her inbox.
  }
  // Whether cleo was told that she is in the channel.
  bool Told() {
    const auto added = world_.InboxOf<AddedToChannel>(cleo_);
    return std::ranges::any_of(added, [&](const auto& a) { return a.channel == tea_; });
  }

  Principal cleo_;
};

TEST_F(SequencerEffectsTest, OfAJoinWhoseAnswerWasLostAreDelivered) {
  log().faults = {Fault::kLostAfter};
  world_.Must(channels().Join(cleo_, tea_, Key(1), deadline()));
  world_.Run(seconds(1));
  EXPECT_TRUE(Told());
}

TEST_F(SequencerEffectsTest, OfAJoinThatAnotherProcessStoredAndLeftAreDelivered) {
  auto& other = world_.NewServer();
  other.log->faults.assign(1000, Fault::kLostBefore);
  other.log->faults.push_front(Fault::kNone);
  world_.Must(other.channels->Join(cleo_, tea_, Key(1), deadline()));
  EXPECT_FALSE(Told());
  world_.Must(channels().Join(cleo_, tea_, Key(1), deadline()));
  world_.Run(seconds(1));
  EXPECT_TRUE(Told());
}

// The store is away for a minute more; it is asked now and then, not in a circle.
TEST_F(SequencerEffectsTest, OfAJoinThatWasStoredUnseenAreDeliveredWhenTheStoreIsBack) {
  log().faults.assign(1000, Fault::kLostBefore);
  log().faults.push_front(Fault::kLostAfter);
  auto join = world_.Start(channels().Join(cleo_, tea_, Key(1), deadline()));
  world_.Run(kAppendPatience + milliseconds(1));
  ASSERT_TRUE(join.ready());
  EXPECT_EQ(join.get().error().reason, "STORE_UNAVAILABLE");
  log().dead = true;
  log().reads = 0;
  world_.Run(std::chrono::minutes(1));
  EXPECT_GE(log().reads, 10U);
  EXPECT_LE(log().reads, 12U);
  log().dead = false;
  log().faults.clear();
  world_.Run(kEffectPauseMax + seconds(1));
  EXPECT_TRUE(Told());
}

TEST_F(SequencerEffectsTest, AreLeftForTheNextStartByADrain) {
  log().faults.assign(1000, Fault::kLostBefore);
  auto join = world_.Start(channels().Join(cleo_, tea_, Key(1), deadline()));
  world_.Run(kAppendPatience + milliseconds(1));
  ASSERT_TRUE(join.ready());
  bool drained = false;
  SpawnThen(world_.io().get_executor(), channels().Drain(), [&] { drained = true; });
  world_.Run(milliseconds(1));
  EXPECT_TRUE(drained);
}

// --- Retries that come too late to be looked up ---

TEST_F(SequencerWritersTest, ALateRetryIsRefusedAndItsNeighboursAreNot) {
  world_.Say(ana_, tea_);
  log().searchable = Seq(2);
  auto late = world_.Message(tea_, "late");
  late.attempt = 2;
  late.first_attempt_head = Seq(1);
  auto before = Send(ana_, "before");
  auto refused = world_.Start(channels().Send(bo_, late, deadline()));
  auto after = Send(ana_, "after");
  world_.Run(seconds(1));
  EXPECT_EQ(refused.get().error().reason, "RETRY_TOO_LATE");
  EXPECT_EQ(refused.get().error().code, Errc::kFailedPrecondition);
  ASSERT_TRUE(before.get()) << before.get().error().reason;
  ASSERT_TRUE(after.get()) << after.get().error().reason;
  EXPECT_THAT(Texts(), testing::ElementsAre("hello", "before", "after"));
  EXPECT_THAT(log().batches, testing::ElementsAre(1, 2)) << "one batch";
}

// FAILED_PRECONDITION says that this attempt stored nothing.
TEST_F(SequencerWritersTest, ARetryThatComesToBeLateAfterALostAnswerIsUnknown) {
  world_.Say(ana_, tea_);
  log().faults = {Fault::kLostAfter, Fault::kConflict};
  log().before_append = [this] { log().searchable = Seq(2); };
  auto request = world_.Message(tea_, "stored");
  request.attempt = 2;
  request.first_attempt_head = Seq(1);
  auto send = world_.Start(channels().Send(bo_, request, deadline()));
  world_.Run(seconds(1));
  EXPECT_EQ(send.get().error().reason, "STORE_UNAVAILABLE");
  EXPECT_THAT(Texts(), testing::ElementsAre("hello", "stored"));
}

TEST_F(SequencerWritersTest, WhatIsSoAlreadyIsSoWhereItsEventIsGone) {
  world_.Say(ana_, tea_);
  log().first_kept = Seq(4);
  const auto joined = world_.Must(channels().Join(bo_, tea_, {}, deadline()));
  EXPECT_TRUE(joined.already);
  EXPECT_EQ(joined.seq, Seq(3));
  EXPECT_EQ(joined.time, WallTime());
}

TEST_F(SequencerWritersTest, EndlessConflictsAreGivenUp) {
  log().faults.assign(10'000, Fault::kConflict);
  auto send = Send(ana_);
  world_.Run(kConflictRetryMax - milliseconds(100));
  EXPECT_FALSE(send.ready());
  world_.Run(milliseconds(200));
  ASSERT_TRUE(send.ready());
  EXPECT_EQ(send.get().error().reason, "WRITE_CONFLICT");
  EXPECT_EQ(send.get().error().code, Errc::kConflict);
  EXPECT_GT(log().batches.size(), 40U) << "not after eight tries";
}

}  // namespace
}  // namespace yap::core
