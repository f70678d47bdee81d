#include <gmock/gmock.h>

#include "core/channels_testing.h"
#include "store/memory/faulty_store.h"

namespace yap::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class MessagesTest : public testing::Test {
 protected:
  MessagesTest() : ana_(world_.AddUser("ana")), bo_(world_.AddUser("bo")) {
    tea_ = world_.Create(ana_, "tea").id;
    world_.Must(channels().Join(bo_, tea_, {}, deadline()));  // Seq 3.
    world_.Run(seconds(1));
    world_.heard.clear();
  }

  Channels& channels() { return world_.channels(); }
  Deadline deadline() { return world_.deadline(); }
  std::string SendReason(SendRequest request) {
    return world_.ReasonOf(channels().Send(ana_, std::move(request), deadline()));
  }
  std::vector<std::uint64_t> SeqsOf(std::variant<Before, After, Around> position,
                                    std::size_t limit) {
    const auto page = world_.Must(channels().List(ana_, {tea_, position, limit}, deadline()));
    std::vector<std::uint64_t> seqs;
    for (const auto& event : page.events) seqs.push_back(event->seq.value);
    return seqs;
  }
  std::uint64_t UnreadOfBo() {
    return world_.Must(channels().GetJoined(bo_, tea_, deadline())).unread;
  }
  ReadPosition Mark(Seq seq) {
    return world_.Must(channels().MarkRead(bo_, tea_, seq, deadline()));
  }

  World world_{{.rates = {5, 20, 50, 100}}};
  Principal ana_;
  Principal bo_;
  ChannelId tea_;
};

TEST_F(MessagesTest, AMessageIsStoredThenAnsweredAndPublished) {
  auto request = world_.Message(tea_, "Cafe\u0301\r\nau lait");
  const auto written = world_.Must(channels().Send(ana_, request, deadline()));
  EXPECT_EQ(written.channel, tea_);
  EXPECT_EQ(written.seq, Seq(4));
  EXPECT_EQ(written.time, world_.clock().Now());
  const auto stored = world_.LogOf(tea_).back();
  EXPECT_EQ(stored->body, Body(MessagePosted{"Caf\u00e9\nau lait", Seq()}));
  EXPECT_EQ(stored->key, request.key);
  EXPECT_EQ(stored->actor, (Actor{ana_.user, "ana"}));
  EXPECT_EQ(stored->countable, 1U);
  ASSERT_EQ(world_.heard.size(), 1U);
  EXPECT_EQ(*world_.heard[0], *stored);
}

TEST_F(MessagesTest, BadRequestsAreRefusedBeforeTheyCostAnything) {
  const auto appends = world_.log().batches.size();
  auto no_key = world_.Message(tea_, "x");
  no_key.key = {};
  EXPECT_EQ(SendReason(no_key), "KEY_INVALID");
  EXPECT_EQ(SendReason(world_.Message(tea_, "")), "TEXT_EMPTY");
  EXPECT_EQ(SendReason(world_.Message(tea_, "\xff")), "TEXT_INVALID_UTF8");
  EXPECT_EQ(SendReason(world_.Message(tea_, "a\x1b[31m")), "TEXT_FORBIDDEN_CHARACTER");
  EXPECT_EQ(SendReason(world_.Message(tea_, std::string(kTextBytesMax + 1, 'x'))), "TEXT_TOO_LONG");
  EXPECT_EQ(SendReason(world_.Message(ChannelId(12345), "x")), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(SendReason(world_.Message("nowhere", "x")), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(world_.log().batches.size(), appends);
}

TEST_F(MessagesTest, ARetryAnswersTheSameSeqEvenOfARemovedSender) {
  auto request = world_.Message(tea_, "once");
  const auto first = world_.Must(channels().Send(bo_, request, deadline()));
  EXPECT_EQ(world_.Must(channels().Send(bo_, request, deadline())).seq, first.seq);
  world_.Must(channels().Remove(ana_, tea_, "bo", true, {}, deadline()));
  EXPECT_EQ(world_.ReasonOf(channels().Send(bo_, request, deadline())), "BANNED");
  request.attempt = 2;
  const auto again = world_.Must(channels().Send(bo_, request, deadline()));
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.time, first.time);
  request.text = "other";
  EXPECT_EQ(world_.ReasonOf(channels().Send(bo_, request, deadline())), "KEY_REUSED");
  request.key = Key(999'999);
  EXPECT_EQ(world_.ReasonOf(channels().Send(bo_, request, deadline())), "BANNED");
}

TEST_F(MessagesTest, ARetryIsAnnouncedAgain) {
  auto request = world_.Message(tea_, "once");
  const auto first = world_.Must(channels().Send(ana_, request, deadline()));
  world_.heard.clear();
  request.attempt = 2;
  world_.Must(channels().Send(ana_, request, deadline()));
  world_.Run(seconds(1));
  ASSERT_EQ(world_.heard.size(), 1U);
  EXPECT_EQ(world_.heard[0]->seq, first.seq);
}

TEST_F(MessagesTest, AKeyIsOnesOwn) {
  auto request = world_.Message(tea_, "mine");
  const auto one = world_.Must(channels().Send(ana_, request, deadline()));
  request.text = "not yours";
  const auto two = world_.Must(channels().Send(bo_, request, deadline()));
  EXPECT_NE(one.seq, two.seq);
}

TEST_F(MessagesTest, ARepliedToMessageMustBeOne) {
  const auto message = world_.Say(ana_, tea_);
  auto request = world_.Message(tea_, "so true");
  request.reply_to = message.seq;
  EXPECT_EQ(SendReason(request), "OK");
  request = world_.Message(tea_, "to a join");
  request.reply_to = Seq(3);
  EXPECT_EQ(SendReason(request), "REPLY_TARGET_INVALID");
  request.reply_to = Seq(99);
  EXPECT_EQ(SendReason(request), "REPLY_TARGET_INVALID");
}

TEST_F(MessagesTest, AFastSenderIsToldWhenToGoOn) {
  world_.Run(seconds(60));
  for (int i = 0; i < 20; ++i) world_.Say(ana_, tea_);
  auto refused = world_.Message(tea_, "one too many");
  const auto result = world_.Await(channels().Send(ana_, refused, deadline()));
  ASSERT_EQ(result.error().reason, "USER_RATE");
  EXPECT_EQ(result.error().code, Errc::kResourceExhausted);
  EXPECT_EQ(result.error().retry_after, milliseconds(200));
  EXPECT_EQ(world_.ReasonOf(channels().Send(bo_, world_.Message(tea_, "me"), deadline())), "OK");
  world_.Run(*result.error().retry_after);
  EXPECT_EQ(SendReason(refused), "OK") << "the same key, as told";
}

TEST_F(MessagesTest, ARetryOfAStoredMessageIsNeverThrottled) {
  world_.Run(seconds(60));
  auto request = world_.Message(tea_, "first");
  const auto first = world_.Must(channels().Send(ana_, request, deadline()));
  for (int i = 0; i < 19; ++i) world_.Say(ana_, tea_);
  EXPECT_EQ(SendReason(world_.Message(tea_, "too fast")), "USER_RATE");
  request.attempt = 2;
  EXPECT_EQ(world_.Must(channels().Send(ana_, request, deadline())).seq, first.seq);
}

TEST_F(MessagesTest, WhatIsRefusedCostsNoRate) {
  world_.Run(seconds(60));
  const auto attic = world_.Create(bo_, "attic", ChannelKind::kPrivate);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(SendReason(world_.Message(attic.id, "x")), "CHANNEL_NOT_FOUND");
  for (int i = 0; i < 20; ++i) world_.Say(ana_, tea_);
}

TEST_F(MessagesTest, ACreationThatIsTooFastLeavesNothingBehind) {
  world_.Run(seconds(60));
  for (int i = 0; i < 20; ++i) world_.Say(ana_, tea_);
  CreateChannelRequest request{"attic", "", ChannelKind::kPublic, Key(7)};
  EXPECT_EQ(world_.ReasonOf(channels().Create(ana_, request, deadline())), "USER_RATE");
  EXPECT_EQ(world_.ReasonOf(channels().OpenDirect(ana_, "bo", {}, deadline())), "USER_RATE");
  auto& rows = world_.store().channels();
  EXPECT_EQ(world_.ReasonOf(rows.FindChannel("attic", deadline())), "CHANNEL_NOT_FOUND");
  const auto direct = fmt::format("direct:{}:{}", std::min(ana_.user, bo_.user).value,
                                  std::max(ana_.user, bo_.user).value);
  EXPECT_EQ(world_.ReasonOf(rows.FindChannel(direct, deadline())), "CHANNEL_NOT_FOUND");
  world_.Run(seconds(1));
  EXPECT_EQ(world_.ReasonOf(channels().Create(bo_, request, deadline())), "OK") << "still free";
}

TEST_F(MessagesTest, ACreationCostsOnceAndItsRepeatNothing) {
  world_.Run(seconds(60));
  CreateChannelRequest request{"attic", "", ChannelKind::kPublic, Key(7)};
  world_.Must(channels().Create(ana_, request, deadline()));
  for (int i = 0; i < 19; ++i) world_.Say(ana_, tea_);
  EXPECT_EQ(SendReason(world_.Message(tea_, "too fast")), "USER_RATE");
  EXPECT_EQ(world_.ReasonOf(channels().Create(ana_, request, deadline())), "OK");
}

TEST_F(MessagesTest, AChannelHasARateOfItsOwn) {
  world_.Run(seconds(60));
  std::vector<Principal> crowd;
  for (int i = 0; i < 6; ++i) {
    crowd.push_back(world_.AddUser(fmt::format("user-{}", i)));
    world_.Must(channels().Join(crowd.back(), tea_, {}, deadline()));
  }
  world_.Run(seconds(60));
  int sent = 0;
  for (int i = 0; i < 120; ++i) {
    const auto reason =
        world_.ReasonOf(channels().Send(crowd[i / 20], world_.Message(tea_, "x"), deadline()));
    if (reason == "OK") ++sent;
    if (reason != "OK") EXPECT_EQ(reason, "CHANNEL_RATE");
  }
  EXPECT_EQ(sent, 100);
}

TEST_F(MessagesTest, PagesAreIntervalsOfTheLog) {
  for (int i = 0; i < 7; ++i) world_.Say(ana_, tea_);  // Seqs 4 to 10.
  using testing::ElementsAre;
  using testing::IsEmpty;
  EXPECT_THAT(SeqsOf(Before{}, 3), ElementsAre(8, 9, 10));
  EXPECT_THAT(SeqsOf(Before{Seq(5)}, 3), ElementsAre(2, 3, 4));
  EXPECT_THAT(SeqsOf(Before{Seq(3)}, 9), ElementsAre(1, 2));
  EXPECT_THAT(SeqsOf(Before{Seq(1)}, 3), IsEmpty());
  EXPECT_THAT(SeqsOf(Before{Seq(99)}, 2), ElementsAre(9, 10));
  EXPECT_THAT(SeqsOf(After{}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(SeqsOf(After{Seq(8)}, 9), ElementsAre(9, 10));
  EXPECT_THAT(SeqsOf(After{Seq(99)}, 9), IsEmpty());
  EXPECT_THAT(SeqsOf(Around{Seq(5)}, 4), ElementsAre(4, 5, 6, 7));
  EXPECT_THAT(SeqsOf(Around{Seq(1)}, 4), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(SeqsOf(Around{Seq(10)}, 4), ElementsAre(9, 10));
  EXPECT_THAT(SeqsOf(Around{Seq(99)}, 2), ElementsAre(10));
  EXPECT_THAT(SeqsOf(Around{Seq(5)}, 1), ElementsAre(5));
}

TEST_F(MessagesTest, ALongPageBeforeStaysNextToWhatFollowsIt) {
  World world({.rates = {1e6, 1e6, 1e6, 1e6}});
  const auto ana = world.AddUser("ana");
  const auto tea = world.Create(ana, "tea").id;
  for (int i = 0; i < 40; ++i) world.Say(ana, tea, std::string(kTextBytesMax, 'x'));
  const auto page =
      world.Must(world.channels().List(ana, {tea, Before{Seq(41)}, 30}, world.deadline()));
  ASSERT_FALSE(page.events.empty());
  EXPECT_EQ(page.events.back()->seq, Seq(40));
  EXPECT_LT(page.events.size(), 30U) << "bounded by bytes";
  EXPECT_GE(page.events.size(), 15U);
  for (std::size_t i = 1; i < page.events.size(); ++i) {
    EXPECT_EQ(page.events[i]->seq, page.events[i - 1]->seq.Next());
  }
}

TEST_F(MessagesTest, UnreadCountsMessagesAfterTheReadPosition) {
  EXPECT_EQ(UnreadOfBo(), 0U);
  for (int i = 0; i < 3; ++i) world_.Say(ana_, tea_);  // Seqs 4 to 6.
  world_.Must(channels().Update(ana_, tea_, "no message", {}, {}, deadline()));
  EXPECT_EQ(UnreadOfBo(), 3U);
  const auto position = Mark(Seq(5));
  EXPECT_EQ(position.seq, Seq(5));
  EXPECT_EQ(position.unread, 1U);
  EXPECT_EQ(UnreadOfBo(), 1U);
  const auto back = Mark(Seq(4));
  EXPECT_EQ(back.seq, Seq(5)) << "never back";
  EXPECT_EQ(back.unread, 1U);
  EXPECT_EQ(world_.ReasonOf(channels().MarkRead(bo_, tea_, Seq(99), deadline())), "CURSOR_INVALID");
}

// The store takes 10 ms each way, so each pair of times falls between two other looks of MarkRead.
TEST_F(MessagesTest, ReaderWhoLeavesAndJoinsAgainMeanwhileIsNotToldThereIsNoSuchChannel) {
  const auto slow =
      store::NewFaultyStore(world_.store(), world_.clock(), 1,
                            {.delay_min = milliseconds(10), .delay_max = milliseconds(10)});
  const auto far = NewChannels({slow->log(),
                                slow->channels(),
                                slow->users(),
                                world_.bus(),
                                world_.clock(),
                                world_.random(),
                                {world_.io().get_executor()}},
                               {});
  for (auto leaves = milliseconds(5); leaves < milliseconds(100); leaves += milliseconds(20)) {
    for (auto away = milliseconds(20); away < milliseconds(100); away += milliseconds(20)) {
      auto marked = world_.Start(far->MarkRead(bo_, tea_, Seq(1), deadline()));
      world_.Run(leaves);
      world_.Must(channels().Leave(bo_, tea_, {}, deadline()));
      world_.Run(away);
      world_.Must(channels().Join(bo_, tea_, {}, deadline()));
      world_.Run(seconds(1));
      ASSERT_TRUE(marked.ready());
      const auto reason = marked.get() ? "" : marked.get().error().reason;
      EXPECT_TRUE(reason.empty() || reason == "NOT_A_MEMBER") << reason;
    }
  }
}

TEST_F(MessagesTest, ReadPositionsAreThinnedOutAndTheNewestWins) {
  for (int i = 0; i < 10; ++i) world_.Say(ana_, tea_);  // Seqs 4 to 13.
  for (std::uint64_t seq = 4; seq <= 12; ++seq) {
    EXPECT_EQ(Mark(Seq(seq)).seq, Seq(seq));
    EXPECT_EQ(UnreadOfBo(), 13 - seq) << "what was answered holds at once";
  }
  EXPECT_EQ(world_.InboxOf<ReadMoved>(bo_).size(), 1U);
  world_.Run(kReadMovedInterval + seconds(1));
  const auto moved = world_.InboxOf<ReadMoved>(bo_);
  ASSERT_EQ(moved.size(), 2U);
  EXPECT_EQ(moved[1], (ReadMoved{tea_, Seq(12), 9}));
  world_.Run(seconds(10));
  EXPECT_EQ(UnreadOfBo(), 1U) << "from the store by now";
  Mark(Seq(13));
  EXPECT_EQ(world_.InboxOf<ReadMoved>(bo_).size(), 3U) << "at once again";
}

TEST_F(MessagesTest, AReadPositionThatCouldNotBeStoredIsStoredLater) {
  world_.Say(ana_, tea_);
  world_.log().faults = {TapLog::Fault::kFull};
  EXPECT_EQ(world_.ReasonOf(channels().MarkRead(bo_, tea_, Seq(4), deadline())), "STORE_FULL");
  world_.Run(seconds(5));
  EXPECT_EQ(world_.InboxOf<ReadMoved>(bo_).size(), 1U);
}

TEST_F(MessagesTest, DrainWritesThePositionsThatWait) {
  for (int i = 0; i < 2; ++i) world_.Say(ana_, tea_);
  Mark(Seq(4));
  Mark(Seq(5));
  Spawn(world_.io().get_executor(), channels().Drain());
  world_.Run(milliseconds(100));
  EXPECT_EQ(world_.InboxOf<ReadMoved>(bo_).size(), 2U);
}

TEST_F(MessagesTest, TimeFollowsTheClockButNeverBackwards) {
  const auto first = world_.Say(ana_, tea_);
  world_.clock().StepWall(-std::chrono::minutes(3));
  EXPECT_EQ(world_.Say(ana_, tea_).time, first.time);
  world_.clock().StepWall(-std::chrono::hours(24));
  EXPECT_EQ(world_.Say(ana_, tea_).time, world_.clock().Now() + kTimeAheadMax);
  world_.clock().StepWall(std::chrono::hours(48));
  EXPECT_EQ(world_.Say(ana_, tea_).time, world_.clock().Now());
}

}  // namespace
}  // namespace yap::core
