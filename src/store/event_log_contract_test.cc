// What every store's event log must do; core/event_log.h says it in words.
#include <algorithm>
#include <set>
#include <thread>

#include "core/limits.h"
#include "store/contract.h"

namespace yap::store {
namespace {

using namespace core;  // NOLINT: the port under test.
using Outcome = Appended::Outcome;

using EventLogContractTest = StoreContractTest;

std::string TextOf(const EventPtr& event) { return std::get<MessagePosted>(event->body).text; }

TEST_P(EventLogContractTest, LogNobodyWroteToIsEmptyAndNoError) {
  const EventPage page = Read(ChannelId(404));
  EXPECT_TRUE(page.events.empty());
  EXPECT_EQ(page.head.seq, Seq());
  EXPECT_EQ(page.first_available, Seq(1));
  EXPECT_NE(page.head.epoch, Epoch());
  const auto key = Run(log().FindKey(ChannelId(404), UserId(1), KeyOf(1), Seq(), Soon()));
  ASSERT_TRUE(key);
  EXPECT_FALSE(*key);
}

TEST_P(EventLogContractTest, AppendToUnknownChannelIsNotFound) {
  EXPECT_EQ(Append(ChannelId(404), {Message(1)}, 0).error().reason, "CHANNEL_NOT_FOUND");
}

TEST_P(EventLogContractTest, AppendNumbersDenselyAndReadGivesBackWhatWasWritten) {
  const ChannelId channel = NewChannel(1);
  Draft reply = Message(2, "a reply");
  reply.actor = {UserId(2), "grace"};
  reply.time = TimeAt(1'900'000'123) + std::chrono::microseconds(456);
  std::get<MessagePosted>(reply.body).reply_to = Seq(1);
  const auto appended = Append(channel, {Message(1), reply}, 0);
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->at(0).seq, Seq(1));
  EXPECT_EQ(appended->at(1).seq, Seq(2));
  EXPECT_EQ(appended->at(1).outcome, Outcome::kStored);
  EXPECT_EQ(appended->at(1).time, reply.time);

  const EventPage page = Read(channel);
  ASSERT_EQ(page.events.size(), 2U);
  const Event expected{channel,   Seq(2), page.head.epoch, reply.time, reply.actor,
                       reply.key, 2,      reply.body};
  EXPECT_EQ(*page.events[1], expected);
  Reopen();
  EXPECT_EQ(*Read(channel).events.at(1), expected);
}

TEST_P(EventLogContractTest, EveryKindOfEventComesBackAsItWas) {
  const ChannelId channel = NewChannel(1);
  const std::vector<Body> bodies = {
      ChannelCreated{ChannelKind::kPublic, "name", "topic"},
      MemberJoined{User(1), Role::kOwner},
      MemberRoleChanged{User(1), Role::kModerator},
      MemberLeft{User(1)},
      MemberRemoved{User(1), true},
      ChannelChanged{"new topic", ChannelKind::kPrivate},
      ChannelChanged{std::nullopt, std::nullopt},
      AddedToChannel{ChannelId(7), "other", ChannelKind::kPrivate, Seq(3)},
      RemovedFromChannel{ChannelId(7), "other", Seq(9), RemovalCause::kBanned},
      ReadMoved{ChannelId(7), Seq(8), 4},
      SessionRevoked{SessionId(77)},
      MessagePosted{"text", Seq(2)},
  };
  std::vector<Draft> drafts;
  for (const Body& body : bodies) drafts.push_back(DraftOf(User(1), body));
  AppendNext(channel, drafts);
  Reopen();
  const EventPage page = Read(channel);
  ASSERT_EQ(page.events.size(), bodies.size());
  for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(page.events[i]->body, bodies[i]) << i;
}

TEST_P(EventLogContractTest, HeadIsTheLastEventsNumberTimeAndCount) {
  const ChannelId channel = NewChannel(1);
  Draft last = Message(3);
  last.time = TimeAt(1'950'000'000);
  AppendNext(channel, {Joined(1), Message(1), Joined(2), last});
  const auto head = Run(log().ReadHead(channel, Soon()));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->seq, Seq(4));
  EXPECT_EQ(head->countable, 2U);
  EXPECT_EQ(head->time, last.time);
}

TEST_P(EventLogContractTest, CountableCountsMessagesOnlyAcrossAppends) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Joined(1), Message(1)});
  const auto more = AppendNext(channel, {Joined(2), Message(2), Message(3)});
  EXPECT_EQ(more[0].countable, 1U);
  EXPECT_EQ(more[2].countable, 3U);
  const auto duplicate = AppendNext(channel, {Message(1)});
  EXPECT_EQ(duplicate[0].countable, 1U);
  std::vector<std::uint64_t> counts;
  for (const EventPtr& event : Read(channel).events) counts.push_back(event->countable);
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{0, 1, 1, 2, 3}));
}

TEST_P(EventLogContractTest, EpochIsTheSameEverywhere) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1)});
  const EventPage page = Read(channel);
  const auto match = Run(log().FindKey(channel, UserId(1), KeyOf(1), Seq(), Soon()));
  const auto record = Run(channels().GetChannel(channel, Soon()));
  const std::set<Epoch> epochs = {page.head.epoch, page.events.at(0)->epoch, (*match)->epoch,
                                  record->head.epoch, Read(ChannelId(404)).head.epoch};
  EXPECT_EQ(epochs.size(), 1U);
  Reopen();
  EXPECT_EQ(Read(channel).head.epoch, page.head.epoch);
}

// --- Keys ---

TEST_P(EventLogContractTest, SecondWriteWithAKeyAnswersTheFirstsPlace) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1), Message(2)});
  Draft again = Message(1);
  again.time = TimeAt(1'999'999'999);
  const auto appended = AppendNext(channel, {again});
  EXPECT_EQ(appended[0].outcome, Outcome::kDuplicate);
  EXPECT_EQ(appended[0].seq, Seq(1));
  EXPECT_EQ(appended[0].time, Message(1).time);
  EXPECT_EQ(Read(channel).events.size(), 2U);
}

TEST_P(EventLogContractTest, SecondWriteWithAKeySurvivesReopening) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1)});
  Reopen();
  EXPECT_EQ(AppendNext(channel, {Message(1)})[0].outcome, Outcome::kDuplicate);
  EXPECT_EQ(AppendNext(channel, {Message(1, "other")})[0].outcome, Outcome::kKeyReused);
}

TEST_P(EventLogContractTest, KeyWithAnotherFingerprintIsReused) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1, "one")});
  const auto appended = AppendNext(channel, {Message(1, "another")});
  EXPECT_EQ(appended[0].outcome, Outcome::kKeyReused);
  EXPECT_EQ(appended[0].seq, Seq(1));
  EXPECT_EQ(Read(channel).events.size(), 1U);
}

TEST_P(EventLogContractTest, MixedBatchStoresWhatIsNewInOrderWithoutHoles) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1, "one"), Message(2, "two")});
  const auto appended =
      AppendNext(channel, {Message(3, "three"), Message(2, "two"), Message(0, "keyless"),
                           Message(1, "not one"), Message(4, "four"), Message(0, "keyless")});
  std::vector<Outcome> outcomes;
  std::vector<std::uint64_t> seqs;
  for (const Appended& a : appended) {
    outcomes.push_back(a.outcome);
    seqs.push_back(a.seq.value);
  }
  using enum Appended::Outcome;
  EXPECT_EQ(outcomes, (std::vector{kStored, kDuplicate, kStored, kKeyReused, kStored, kStored}));
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{3, 2, 4, 1, 5, 6}));
  std::vector<std::string> texts;
  for (const EventPtr& event : Read(channel).events) texts.push_back(TextOf(event));
  EXPECT_EQ(texts, (std::vector<std::string>{"one", "two", "three", "keyless", "four", "keyless"}));
}

TEST_P(EventLogContractTest, SameKeyTwiceInOneBatchIsTheFirstsDuplicate) {
  const ChannelId channel = NewChannel(1);
  const auto appended = AppendNext(
      channel, {Message(1, "one"), Message(1, "one"), Message(1, "other"), Message(2, "two")});
  EXPECT_EQ(appended[1].outcome, Outcome::kDuplicate);
  EXPECT_EQ(appended[1].seq, Seq(1));
  EXPECT_EQ(appended[2].outcome, Outcome::kKeyReused);
  EXPECT_EQ(appended[3].seq, Seq(2));
  EXPECT_EQ(Read(channel).events.size(), 2U);
}

TEST_P(EventLogContractTest, KeysBelongToOneSenderInOneChannel) {
  const ChannelId channel = NewChannel(1);
  const ChannelId other = NewChannel(2);
  AppendNext(channel, {Message(1)});
  Draft of_another = Message(1);
  of_another.actor = User(2);
  EXPECT_EQ(AppendNext(channel, {of_another})[0].outcome, Outcome::kStored);
  EXPECT_EQ(AppendNext(other, {Message(1)})[0].outcome, Outcome::kStored);
}

TEST_P(EventLogContractTest, FindKeyAnswersWhereTheKeyIs) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1), Message(2, "second")});
  const auto match = Run(log().FindKey(channel, UserId(1), KeyOf(2), Seq(), Soon()));
  ASSERT_TRUE(match && *match);
  EXPECT_EQ((*match)->seq, Seq(2));
  EXPECT_EQ((*match)->time, Message(2).time);
  EXPECT_EQ((*match)->fingerprint, Sha256("second"));
  EXPECT_FALSE(*Run(log().FindKey(channel, UserId(2), KeyOf(2), Seq(), Soon())));
  EXPECT_FALSE(*Run(log().FindKey(channel, UserId(1), KeyOf(3), Seq(), Soon())));
  EXPECT_FALSE(*Run(log().FindKey(ChannelId(2), UserId(1), KeyOf(2), Seq(), Soon())));
}

// --- Compare-and-set ---

TEST_P(EventLogContractTest, AnotherHeadIsConflictAndStoresNothing) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1), Message(2)});
  for (const std::uint64_t head : {0, 1, 3, 1000}) {
    const auto appended = Append(channel, {Message(9), Joined(5)}, head);
    ASSERT_FALSE(appended) << head;
    EXPECT_EQ(appended.error().code, Errc::kConflict);
    EXPECT_EQ(appended.error().reason, "HEAD_MOVED");
  }
  EXPECT_EQ(Read(channel).events.size(), 2U);
  EXPECT_FALSE(*Run(log().FindKey(channel, UserId(1), KeyOf(9), Seq(), Soon())));
  EXPECT_EQ(Run(channels().GetMember(channel, UserId(5), Soon()))->role, Role::kNone);
}

TEST_P(EventLogContractTest, OnlyOneFirstWriteWins) {
  const ChannelId channel = NewChannel(1);
  EXPECT_TRUE(Append(channel, {Message(1)}, 0));
  EXPECT_EQ(Append(channel, {Message(2)}, 0).error().reason, "HEAD_MOVED");
}

TEST_P(EventLogContractTest, PartlyKnownBatchOnAnotherHeadIsConflict) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1)});
  EXPECT_EQ(Append(channel, {Message(1), Message(2)}, 0).error().reason, "HEAD_MOVED");
  EXPECT_EQ(Read(channel).events.size(), 1U);
}

// The answer to the first try was lost; the head it expected is long gone.
TEST_P(EventLogContractTest, BatchThatIsStoredAlreadyIsAnsweredWhateverTheHead) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1), Message(2)});
  AppendNext(channel, {Message(3)});
  const auto again = Append(channel, {Message(1), Message(2)}, 0);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->at(1).seq, Seq(2));
  EXPECT_EQ(again->at(1).outcome, Outcome::kDuplicate);
}

// --- Reading ---

TEST_P(EventLogContractTest, PagesMeetWithoutHoleOrOverlap) {
  const ChannelId channel = NewChannel(1);
  for (int batch = 0; batch < 5; ++batch) {
    std::vector<Draft> drafts(kAppendBatchMax, Message(0));
    AppendNext(channel, drafts);
  }
  std::uint64_t last = 0;
  while (true) {
    const EventPage page = Read(channel, last, 7);
    EXPECT_EQ(page.head.seq, Seq(320));
    for (const EventPtr& event : page.events) EXPECT_EQ(event->seq.value, ++last);
    if (page.events.size() < 7) break;
  }
  EXPECT_EQ(last, 320U);
}

TEST_P(EventLogContractTest, ReadBeyondTheHeadIsEmptyAndTellsTheHead) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Message(1)});
  for (const std::uint64_t after : {1, 2, 1000}) {
    const EventPage page = Read(channel, after);
    EXPECT_TRUE(page.events.empty());
    EXPECT_EQ(page.head.seq, Seq(1));
  }
}

TEST_P(EventLogContractTest, PageIsCutByBytesButNeverEmpty) {
  const ChannelId channel = NewChannel(1);
  const std::string text(kTextBytesMax, 'x');
  for (int batch = 0; batch < 4; ++batch) {
    AppendNext(channel, std::vector<Draft>(16, Message(0, text)));
  }
  const EventPage page = Read(channel);
  EXPECT_GE(page.events.size(), 1U);
  EXPECT_LE((page.events.size() - 1) * text.size(), kReadPageBytesMax);
  EXPECT_EQ(page.head.seq, Seq(64));
  EXPECT_EQ(Read(channel, page.events.back()->seq.value).events.at(0)->seq,
            page.events.back()->seq.Next());
}

// --- Projections and neighbours ---

TEST_P(EventLogContractTest, ProjectionsAreThereWhenTheAppendIsAnswered) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Joined(1, Role::kOwner)});
  EXPECT_EQ(Run(channels().GetMember(channel, UserId(1), Soon()))->role, Role::kOwner);
  AppendNext(channel, {Left(1)});
  EXPECT_EQ(Run(channels().GetMember(channel, UserId(1), Soon()))->role, Role::kNone);
}

TEST_P(EventLogContractTest, HostileDraftDoesNotHurtItsNeighbours) {
  const ChannelId channel = NewChannel(1);
  const std::vector<std::string> texts = {
      "before",
      std::string("nul\0in the middle", 17),
      "\xff\xfe\x80 not utf-8",
      "'); DROP TABLE event; --",
      "",
      std::string(kTextBytesMax, '\n'),
      "after",
  };
  std::vector<Draft> drafts;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    drafts.push_back(Message(i + 1, texts[i]));
    drafts.back().actor.username = texts[i].substr(0, 40);
  }
  AppendNext(channel, drafts);
  Reopen();
  const EventPage page = Read(channel);
  ASSERT_EQ(page.events.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(TextOf(page.events[i]), texts[i]);
    EXPECT_EQ(page.events[i]->actor.username, texts[i].substr(0, 40));
  }
}

TEST_P(EventLogContractTest, FailedAppendLeavesOtherChannelsAlone) {
  const ChannelId good = NewChannel(1);
  EXPECT_FALSE(Append(ChannelId(404), {Message(1)}, 0));
  EXPECT_FALSE(Append(good, {Message(1)}, 5));
  EXPECT_TRUE(Append(good, {Message(1)}, 0));
}

// --- Several writers ---

// Appends `count` keyed messages of `user`, as a sequencer that loses the race tries again.
Task<void> AppendMany(EventLog& log, ChannelId channel, std::uint64_t user, std::uint64_t count) {
  YAP_CO_TRY(Head head, co_await log.ReadHead(channel, Soon()));
  for (std::uint64_t n = 1; n <= count;) {
    Draft draft = Message(n, "m" + std::to_string(n));
    draft.actor = User(user);
    auto appended = co_await log.Append(channel, std::vector{draft}, head.seq, Soon());
    if (appended) {
      head.seq = head.seq.Next();
      ++n;
    } else if (appended.error().code == Errc::kConflict) {
      YAP_CO_TRY(head, co_await log.ReadHead(channel, Soon()));
    } else {
      co_return std::unexpected(appended.error());
    }
  }
  co_return Result<>();
}

TEST_P(EventLogContractTest, WritersOnManyThreadsShareOneDenseOrder) {
  constexpr std::uint64_t kWriters = 4;
  constexpr std::uint64_t kEach = 60;
  const ChannelId contended = NewChannel(1);
  const ChannelId own = NewChannel(2);
  Runner& threads = Threads();
  std::vector<std::future<Result<>>> writers;
  for (std::uint64_t user = 1; user <= kWriters; ++user) {
    writers.push_back(threads.Start(AppendMany(log(), contended, user, kEach), user - 1));
  }
  writers.push_back(threads.Start(AppendMany(log(), own, 1, kEach), 0));
  for (auto& writer : writers) {
    const auto result = writer.get();
    EXPECT_TRUE(result) << result.error().message;
  }
  std::set<std::pair<std::uint64_t, std::string>> seen;
  std::uint64_t seq = 0;
  for (const EventPtr& event : Read(contended).events) {
    EXPECT_EQ(event->seq.value, ++seq);
    EXPECT_EQ(event->countable, seq);
    EXPECT_TRUE(seen.emplace(event->actor.user.value, TextOf(event)).second);
  }
  EXPECT_EQ(seq, kWriters * kEach);
  EXPECT_EQ(Read(own).events.size(), kEach);
}

TEST_P(EventLogContractTest, OneKeyFromManyThreadsIsStoredOnce) {
  const ChannelId channel = NewChannel(1);
  Runner& threads = Threads();
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::vector<std::future<Result<std::vector<Appended>>>> tries;
    for (std::size_t t = 0; t < kThreads; ++t) {
      tries.push_back(threads.Start(
          log().Append(channel, std::vector{Message(round + 1)}, Seq(round), Soon()), t));
    }
    int stored = 0;
    for (auto& attempt : tries) {
      const auto appended = attempt.get();
      ASSERT_TRUE(appended) << appended.error().message;
      EXPECT_EQ(appended->at(0).seq, Seq(round + 1));
      stored += appended->at(0).outcome == Outcome::kStored ? 1 : 0;
    }
    EXPECT_EQ(stored, 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Adapters, EventLogContractTest, ::testing::ValuesIn(StoreAdapters()),
                         StoreAdapterName);

}  // namespace
}  // namespace yap::store
