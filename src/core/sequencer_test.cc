#include "core/sequencer.h"

#include <gmock/gmock.h>

#include "base/metrics.h"
#include "core/projection.h"
#include "core/sequencer_testing.h"
#include "store/memory/faulty_store.h"

namespace yap::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using Fault = TapLog::Fault;

TEST_F(SequencerTest, WhatComesTogetherIsOneBatch) {
  for (int i = 0; i < 40; ++i) Send(ana_, fmt::format("{}", i));
  world_.Run(milliseconds(1));
  EXPECT_THAT(log().batches, ElementsAre(40));
  EXPECT_EQ(Texts().front(), "0");
  EXPECT_EQ(Texts().back(), "39");
}

TEST_F(SequencerTest, WhatGathersDuringAnAppendIsTheNextBatch) {
  log().append_time = milliseconds(10);
  std::vector<World::Pending<Written>> sends;
  sends.reserve(100);
  sends.push_back(Send(ana_, "0"));
  world_.Run(milliseconds(1));
  for (int i = 1; i < 100; ++i) sends.push_back(Send(ana_, fmt::format("{}", i)));
  world_.Run(milliseconds(8));
  EXPECT_FALSE(sends[0].ready()) << "nothing is acknowledged before it is durable";
  world_.Run(milliseconds(100));
  EXPECT_THAT(log().batches, ElementsAre(1, 64, 35));
  for (std::size_t i = 0; i < sends.size(); ++i) {
    ASSERT_TRUE(sends[i].ready());
    EXPECT_EQ(sends[i].get().value().seq, Seq(4 + i));
    EXPECT_EQ(Texts()[i], fmt::format("{}", i));
    EXPECT_EQ(world_.heard[i]->seq, Seq(4 + i)) << "published in order";
  }
}

TEST_F(SequencerTest, ABatchIsBoundedByItsBytesToo) {
  log().append_time = milliseconds(10);
  for (int i = 0; i < 33; ++i) Send(ana_, std::string(16'000, 'x'));
  world_.Run(seconds(1));
  EXPECT_THAT(log().batches, ElementsAre(16, 16, 1));
}

TEST_F(SequencerTest, AFullQueueRefusesAndSaysWhenToComeBack) {
  log().append_time = seconds(1);
  auto under_way = Send(ana_);
  world_.Run(milliseconds(1));
  std::vector<World::Pending<Written>> sends;
  sends.reserve(kSequencerQueueMax);
  for (std::size_t i = 0; i < kSequencerQueueMax; ++i) sends.push_back(Send(ana_));
  auto refused = Send(bo_);
  world_.Run(milliseconds(1));
  ASSERT_TRUE(refused.ready());
  EXPECT_EQ(refused.get().error().reason, "QUEUE_FULL");
  EXPECT_EQ(refused.get().error().code, Errc::kResourceExhausted);
  EXPECT_TRUE(refused.get().error().retry_after);
  world_.Run(seconds(20));
  for (auto& send : sends) EXPECT_TRUE(send.ready() && send.get());
}

TEST_F(SequencerTest, OneKeyTwiceInABatchIsWrittenOnce) {
  log().append_time = milliseconds(10);
  Send(bo_);  // The two that follow share a batch.
  world_.Run(milliseconds(1));
  const auto request = world_.Message(tea_, "once");
  auto other = request;
  other.text = "not the same";
  auto first = world_.Start(channels().Send(ana_, request, deadline()));
  auto again = world_.Start(channels().Send(ana_, request, deadline()));
  auto reused = world_.Start(channels().Send(ana_, other, deadline()));
  auto after = Send(ana_, "after");
  world_.Run(seconds(1));
  EXPECT_EQ(first.get().value().seq, Seq(5));
  EXPECT_EQ(again.get().value().seq, Seq(5));
  EXPECT_EQ(reused.get().error().reason, "KEY_REUSED");
  EXPECT_EQ(after.get().value().seq, Seq(6));
  EXPECT_THAT(Texts(), ElementsAre("hi", "once", "after"));
}

TEST_F(SequencerTest, EachWriteIsJudgedAsTheOnesBeforeItLeaveTheChannel) {
  log().append_time = milliseconds(100);
  Send(ana_);
  world_.Run(milliseconds(1));
  auto before = Send(bo_, "still in");
  world_.Run(milliseconds(1));
  auto removed = world_.Start(channels().Remove(ana_, tea_, "bo", false, {}, deadline()));
  world_.Run(milliseconds(1));
  auto after = Send(bo_, "out");
  world_.Run(milliseconds(1));
  auto joined = world_.Start(channels().Join(bo_, tea_, {}, deadline()));
  world_.Run(milliseconds(1));
  auto twice = world_.Start(channels().Join(bo_, tea_, {}, deadline()));
  world_.Run(milliseconds(1));
  auto back = Send(bo_, "in again");
  world_.Run(seconds(1));
  EXPECT_THAT(log().batches, ElementsAre(1, 4, 1, 1)) << "and two inbox events";
  EXPECT_TRUE(before.get());
  EXPECT_EQ(removed.get().value().seq, Seq(6));
  EXPECT_EQ(after.get().error().reason, "NOT_A_MEMBER");
  EXPECT_EQ(joined.get().value().seq, Seq(7));
  EXPECT_EQ(twice.get().value().seq, Seq(7));
  EXPECT_TRUE(twice.get().value().already);
  EXPECT_EQ(back.get().value().seq, Seq(8));
}

TEST_F(SequencerTest, WhatWasRuledOnABatchThatFailedIsNotBelieved) {
  log().append_time = milliseconds(100);
  Send(ana_);
  world_.Run(milliseconds(1));
  log().faults = {Fault::kNone, Fault::kFull};
  auto removed = world_.Start(channels().Remove(ana_, tea_, "bo", false, {}, deadline()));
  world_.Run(milliseconds(1));
  auto send = Send(bo_);
  world_.Run(seconds(1));
  EXPECT_EQ(removed.get().error().reason, "STORE_FULL");
  EXPECT_EQ(send.get().error().reason, "STORE_FULL") << "bo is a member: the removal failed";
  EXPECT_EQ(world_.Say(bo_, tea_).seq, Seq(5));
}

TEST_F(SequencerTest, FailedAppendLeavesNoGap) {
  for (const auto fault : {Fault::kFull, Fault::kNone, Fault::kFull, Fault::kNone}) {
    log().faults = {fault};
    auto send = Send(ana_);
    world_.Run(seconds(1));
    EXPECT_EQ(send.get().has_value(), fault == Fault::kNone);
  }
  const auto events = world_.LogOf(tea_);
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i]->seq, Seq(i + 1));
  EXPECT_EQ(events.size(), 5U);
}

TEST_F(SequencerTest, DuplicatesInABatchShiftWhatFollows) {
  const auto old = world_.Message(tea_, "old");
  world_.Must(channels().Send(ana_, old, deadline()));  // Seq 4.
  log().append_time = milliseconds(100);
  Send(ana_);  // Seq 5.
  world_.Run(milliseconds(1));
  world_.heard.clear();
  auto again = world_.Start(channels().Send(ana_, old, deadline()));
  world_.Run(milliseconds(1));
  auto next = Send(ana_, "next");
  world_.Run(milliseconds(1));
  auto left = world_.Start(channels().Leave(bo_, tea_, {}, deadline()));
  world_.Run(milliseconds(1));
  auto joined = world_.Start(channels().Join(bo_, tea_, {}, deadline()));
  world_.Run(milliseconds(1));
  auto twice = world_.Start(channels().Join(bo_, tea_, {}, deadline()));
  world_.Run(seconds(1));
  EXPECT_EQ(again.get().value().seq, Seq(4));
  EXPECT_EQ(next.get().value().seq, Seq(6));
  EXPECT_EQ(left.get().value().seq, Seq(7));
  EXPECT_EQ(joined.get().value().seq, Seq(8));
  EXPECT_EQ(twice.get().value().seq, Seq(8));
  const auto events = world_.LogOf(tea_);
  for (const auto& heard : world_.heard) {
    if (heard->channel == tea_) EXPECT_EQ(*heard, *events[heard->seq.value - 1]);
  }
  EXPECT_EQ(world_.Say(bo_, tea_).seq, Seq(9));
}

// --- Outcomes that are not told ---

TEST_F(SequencerTest, AnAnswerThatWasLostIsFoundByItsKey) {
  for (const auto fault : {Fault::kLostBefore, Fault::kLostAfter}) {
    log().faults = {fault, fault, fault};
    auto send = Send(ana_);
    world_.Run(seconds(1));
    ASSERT_TRUE(send.get());
    EXPECT_EQ(world_.LogOf(tea_).back()->seq, send.get()->seq);
  }
  EXPECT_EQ(Texts().size(), 2U);
}

TEST_F(SequencerTest, WhatWasStoredUnseenCountsEvenIfItsSenderIsGoneSince) {
  world_.Say(ana_, tea_);
  auto& other = world_.NewServer();
  // Stored, the answer lost; then bo is removed elsewhere; then the head has moved.
  log().faults = {Fault::kLostAfter, Fault::kConflict};
  auto send = Send(bo_, "last words");
  world_.Run(milliseconds(10));
  world_.Must(other.channels->Remove(ana_, tea_, "bo", true, {}, deadline()));
  world_.Run(seconds(1));
  ASSERT_TRUE(send.get()) << send.get().error().reason;
  EXPECT_EQ(send.get()->seq, Seq(5));
  EXPECT_THAT(Texts(), ElementsAre("hello", "last words", "<3>"));
}

TEST_F(SequencerTest, ARefusalAfterALostAnswerIsUnknown) {
  log().faults = {Fault::kLostAfter, Fault::kFull};
  auto request = world_.Message(tea_, "stored");
  auto send = world_.Start(channels().Send(ana_, request, deadline()));
  world_.Run(seconds(1));
  EXPECT_EQ(send.get().error().code, Errc::kUnavailable);
  request.attempt = 2;
  EXPECT_EQ(world_.Must(channels().Send(ana_, request, deadline())).seq, Seq(4));
  EXPECT_EQ(world_.Say(ana_, tea_).seq, Seq(5));
}

TEST_F(SequencerTest, AStoreThatIsDownRefusesEverythingWithinItsPatience) {
  log().faults.assign(1000, Fault::kLostBefore);
  std::vector<World::Pending<Written>> sends;
  sends.reserve(200);
  for (int i = 0; i < 200; ++i) sends.push_back(Send(ana_));
  world_.Run(kAppendPatience + milliseconds(1));
  for (auto& send : sends) {
    ASSERT_TRUE(send.ready());
    EXPECT_EQ(send.get().error().reason, "STORE_UNAVAILABLE");
    EXPECT_EQ(send.get().error().code, Errc::kUnavailable);
  }
  log().faults.clear();
  EXPECT_EQ(world_.Say(ana_, tea_).seq, Seq(4));
}

TEST_F(SequencerTest, AChannelThatTakesLongToReadIsReadOnceAndThenWrittenTo) {
  constexpr auto kOneWay = kAppendPatience;  // And as long back.
  const auto slow = store::NewFaultyStore(world_.store(), world_.clock(), 7,
                                          {.delay_min = kOneWay, .delay_max = kOneWay});
  auto& server = world_.NewServer(&slow->channels());
  const auto send = [&] {
    return world_.Start(server.channels->Send(ana_, world_.Message(tea_, "hi"), deadline()));
  };
  auto first = send();
  world_.Run(kAppendPatience + milliseconds(1));
  ASSERT_TRUE(first.ready()) << "no write waits longer";
  EXPECT_EQ(first.get().error().reason, "STORE_UNAVAILABLE");
  auto second = send();
  world_.Run(kAppendPatience);
  ASSERT_TRUE(second.ready()) << "the read went on";
  EXPECT_TRUE(second.get());
  auto third = send();
  world_.Run(milliseconds(1));
  EXPECT_TRUE(third.ready() && third.get());
  EXPECT_EQ(slow->stats().calls, 1U);
}

TEST_F(SequencerTest, AFailedReadOfAChannelIsNoAnswerToWhoComesLater) {
  const auto faulty = store::NewFaultyStore(
      world_.store(), world_.clock(), 7,
      {.delay_min = kAppendPatience, .delay_max = kAppendPatience, .fail_after = 1});
  auto& server = world_.NewServer(&faulty->channels());
  const auto send = [&] {
    return world_.Start(server.channels->Send(ana_, world_.Message(tea_, "hi"), deadline()));
  };
  auto first = send();
  world_.Run(3 * kAppendPatience);  // Refused; the read fails later.
  EXPECT_EQ(first.get().error().reason, "STORE_UNAVAILABLE");
  faulty->SetFaults({});
  auto second = send();
  world_.Run(milliseconds(1));
  ASSERT_TRUE(second.ready());
  EXPECT_TRUE(second.get());
}

// One after the other they would take longer than a write may wait.
TEST_F(SequencerTest, TheKeysOfABatchAreLookedUpTogether) {
  world_.Say(ana_, tea_);
  log().lookup_time = milliseconds(100);
  std::vector<World::Pending<Written>> sends;
  sends.reserve(kAppendBatchMax);
  for (std::size_t i = 0; i < kAppendBatchMax; ++i) {
    auto request = world_.Message(tea_, fmt::format("{}", i));
    request.attempt = 2;
    sends.push_back(world_.Start(channels().Send(ana_, request, deadline())));
  }
  world_.Run(kAppendPatience);
  for (std::size_t i = 0; i < sends.size(); ++i) {
    ASSERT_TRUE(sends[i].ready() && sends[i].get()) << i;
    EXPECT_EQ(sends[i].get()->seq, Seq(5 + i));
  }
  EXPECT_EQ(log().lookups_at_once, kKeyLookUpsAtOnce);
}

TEST_F(SequencerTest, ATimedOutWriteIsRefusedAndItsNeighboursAreNot) {
  log().append_time = milliseconds(100);
  Send(ana_);
  world_.Run(milliseconds(1));
  const auto soon = Deadline::After(world_.clock(), milliseconds(50));
  auto hasty = world_.Start(channels().Send(ana_, world_.Message(tea_, "hasty"), soon));
  auto calm = Send(ana_, "calm");
  world_.Run(seconds(1));
  EXPECT_EQ(hasty.get().error().reason, "DEADLINE");
  EXPECT_TRUE(calm.get());
  EXPECT_THAT(Texts(), ElementsAre("hi", "calm"));
}

// --- Effects ---

TEST_F(SequencerTest, EffectsOutliveTheProcess) {
  const auto cleo = world_.AddUser("cleo");
  world_.Run(seconds(1));
  const auto before = world_.InboxOf<AddedToChannel>(cleo).size();
  // The join is stored; the inbox event is not.
  log().faults.assign(1000, Fault::kLostBefore);
  log().faults.push_front(Fault::kNone);
  world_.Must(channels().Join(cleo, tea_, {}, deadline()));
  world_.Restart();
  EXPECT_EQ(world_.InboxOf<AddedToChannel>(cleo).size(), before);
  world_.Must(channels().Recover(deadline()));
  EXPECT_EQ(world_.InboxOf<AddedToChannel>(cleo).size(), before + 1);
  EXPECT_TRUE(world_.Must(world_.store().channels().ListPendingEffects(10, deadline())).empty());
}

TEST_F(SequencerTest, AnEffectDeliveredTwiceIsOneEvent) {
  const auto cleo = world_.AddUser("cleo");
  world_.Run(seconds(1));
  const auto before = world_.InboxOf<AddedToChannel>(cleo).size();
  // Delivered, its answer lost for good, and the mark never made: the next process does it again.
  log().faults.assign(1000, Fault::kLostAfter);
  log().faults.push_front(Fault::kNone);
  world_.Must(channels().Join(cleo, tea_, {}, deadline()));
  world_.Run(seconds(10));
  world_.Restart();
  world_.Must(channels().Recover(deadline()));
  EXPECT_EQ(world_.InboxOf<AddedToChannel>(cleo).size(), before + 1);
}

// Something else lies in the inbox under the key of the effect, as a version that fingerprinted it
// otherwise would have left it: nothing that comes later waits for what can never be stored.
TEST_F(SequencerTest, AnEffectWhoseKeyIsTakenIsGivenUp) {
  const auto cleo = world_.AddUser("cleo");
  world_.Run(seconds(1));
  const Seq join(world_.LogOf(tea_).back()->seq.Next());
  Event event{};
  event.channel = tea_;
  event.seq = join;
  event.body = MemberJoined{{cleo.user, cleo.username}, Role::kMember};
  const auto effect = EffectsOf(event, "tea", ChannelKind::kPublic).front();
  const auto inbox = world_.RecordOf(cleo).inbox;
  const auto head = world_.Must(world_.store().log().ReadHead(inbox, deadline()));
  const Draft taken{
      {cleo.user, cleo.username}, effect.key, {}, SessionRevoked{SessionId(7)}, Digest{}};
  world_.Must(world_.store().log().Append(inbox, {taken}, head.seq, deadline()));

  world_.Must(channels().Join(cleo, tea_, {}, deadline()));
  world_.Must(channels().Leave(cleo, tea_, {}, deadline()));
  world_.Run(seconds(10));
  EXPECT_EQ(world_.InboxOf<RemovedFromChannel>(cleo).size(), 1U);
  world_.Restart();
  world_.Must(channels().Recover(deadline()));
  EXPECT_TRUE(world_.Must(world_.store().channels().ListPendingEffects(10, deadline())).empty());
}

TEST_F(SequencerTest, ActivationReplaysWithoutRecover) {
  const auto cleo = world_.AddUser("cleo");
  log().faults.assign(1000, Fault::kLostBefore);
  log().faults.push_front(Fault::kNone);
  world_.Must(channels().Join(cleo, tea_, {}, deadline()));
  world_.Restart();
  world_.Say(ana_, tea_);
  world_.Run(seconds(1));
  EXPECT_EQ(world_.InboxOf<AddedToChannel>(cleo).back().channel, tea_);
}

TEST_F(SequencerTest, EffectsComeInOrderThroughAnOutage) {
  log().faults = {Fault::kNone, Fault::kLostBefore, Fault::kNone};
  for (int i = 0; i < 3; ++i) {
    world_.Must(channels().Leave(bo_, tea_, {}, deadline()));
    world_.Must(channels().Join(bo_, tea_, {}, deadline()));
  }
  world_.Run(seconds(20));
  std::vector<std::uint64_t> seqs;
  for (const auto& event : world_.LogOf(world_.RecordOf(bo_).inbox)) {
    if (const auto* b = std::get_if<AddedToChannel>(&event->body)) {
      if (b->channel == tea_) seqs.push_back(b->join_seq.value);
    }
    if (const auto* b = std::get_if<RemovedFromChannel>(&event->body)) seqs.push_back(b->seq.value);
  }
  EXPECT_THAT(seqs, ElementsAre(3, 4, 5, 6, 7, 8, 9));
}

TEST_F(SequencerTest, AnInboxThatIsMissingIsMade) {
  UserRecord user;
  user.id = UserId(world_.random().NextId());
  user.name = "cleo";
  user.inbox = ChannelId(world_.random().NextId());
  world_.Must(world_.store().users().CreateUser(user, deadline()));
  world_.Must(channels().Invite(ana_, tea_, "cleo", {}, deadline()));
  world_.Run(seconds(1));
  EXPECT_EQ(world_.LogOf(user.inbox).size(), 1U);
}

// --- Life and death ---

TEST_F(SequencerTest, DrainAnswersWhatIsUnderWayAndRefusesWhatIsNew) {
  log().append_time = milliseconds(100);
  std::vector<World::Pending<Written>> sends;
  sends.reserve(100);
  for (int i = 0; i < 100; ++i) sends.push_back(Send(ana_));
  world_.Run(milliseconds(1));
  bool drained = false;
  SpawnThen(world_.io().get_executor(), channels().Drain(), [&] { drained = true; });
  world_.Run(milliseconds(1));
  EXPECT_FALSE(drained);
  auto late = Send(ana_);
  world_.Run(milliseconds(1));
  ASSERT_TRUE(late.ready());
  EXPECT_EQ(late.get().error().reason, "SHUTTING_DOWN");
  EXPECT_EQ(late.get().error().code, Errc::kUnavailable);
  world_.Run(seconds(1));
  EXPECT_TRUE(drained);
  for (auto& send : sends) EXPECT_TRUE(send.ready() && send.get());
}

TEST(LobbyTest, NameThatNobodyCouldTypeMakesNoChannel) {
  World world({.lobby = "Bad Name"});
  EXPECT_EQ(world.ReasonOf(world.channels().Recover(world.deadline())), "NAME_INVALID");
  EXPECT_EQ(world.ReasonOf(world.channels().AdminGet("Bad Name", world.deadline())),
            "CHANNEL_NOT_FOUND");
}

TEST_F(SequencerTest, RecoverMakesTheLobbyOnceAndIsRepeatable) {
  world_.Restart();
  world_.Must(channels().Recover(deadline()));
  world_.Must(channels().Recover(deadline()));
  const auto lobby = world_.Must(channels().AdminGet("lobby", deadline()));
  const auto log = world_.LogOf(lobby.id);
  EXPECT_EQ(log[0]->body, Body(ChannelCreated{ChannelKind::kPublic, "lobby", ""}));
  const auto created = [](const EventPtr& e) {
    return std::holds_alternative<ChannelCreated>(e->body);
  };
  EXPECT_EQ(std::ranges::count_if(log, created), 1);
}

class FewActiveChannelsTest : public SequencerTest {
 protected:
  FewActiveChannelsTest()
      : SequencerTest({.rates = {1e6, 1e6, 1e6, 1e6}, .active_channels_max = 2}) {}
};

TEST_F(FewActiveChannelsTest, AChannelThatWasDroppedIsLoadedAgain) {
  std::vector<ChannelId> rooms;
  rooms.reserve(10);
  for (int i = 0; i < 10; ++i) rooms.push_back(world_.Create(ana_, fmt::format("r{}", i)).id);
  for (int round = 0; round < 3; ++round) {
    for (const auto room : rooms) {
      EXPECT_EQ(world_.Say(ana_, room).seq, Seq(3 + round));
      world_.Run(seconds(1));
      EXPECT_LE(metrics::NewGauge("yap_active_channels", "").Value(), 2);
    }
  }
}

}  // namespace
}  // namespace yap::core
