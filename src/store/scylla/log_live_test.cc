// The log on a real cluster, beyond what every store must do: buckets, two writers, lost answers.
#include <algorithm>
#include <atomic>
#include <set>

#include "core/channels.h"
#include "core/limits.h"
#include "store/scylla/internal/scylla_testing.h"

namespace yap::store::scylla {
namespace {

using namespace core;  // NOLINT: the port under test.
using Outcome = Appended::Outcome;

using LogLiveTest = ScyllaLiveTest;

std::vector<Draft> Messages(std::uint64_t first, std::uint64_t count) {
  std::vector<Draft> drafts;
  for (std::uint64_t n = first; n < first + count; ++n) {
    drafts.push_back(Message(n, "m" + std::to_string(n)));
  }
  return drafts;
}

void ExpectDense(const std::vector<EventPtr>& events, std::uint64_t count) {
  ASSERT_EQ(events.size(), count);
  std::set<std::pair<std::uint64_t, ClientKey>> keys;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i]->seq, Seq(i + 1));
    if (IsNone(events[i]->key)) continue;
    EXPECT_TRUE(keys.emplace(events[i]->actor.user.value, events[i]->key).second) << i;
  }
}

// --- Buckets ---

TEST_F(LogLiveTest, ThousandEventsAcrossBucketsComeBackInOrder) {
  const auto writer = OpenStore();  // Buckets of 16.
  const ChannelId channel = NewChannel(*writer);
  Fill(*writer, channel, Messages(1, 1000));
  ExpectDense(ReadAll(*writer, channel), 1000);

  // Who has never seen the log finds its end, and every place in it.
  const auto reader = OpenStore();
  const auto head = Run(reader->log().ReadHead(channel, Soon()));
  ASSERT_TRUE(head) << head.error().message;
  EXPECT_EQ(head->seq, Seq(1000));
  EXPECT_EQ(head->countable, 1000U);
  const auto page = Run(reader->log().Read(channel, Seq(500), 100, Soon()));
  ASSERT_EQ(page->events.size(), 100U);
  EXPECT_EQ(page->events.front()->seq, Seq(501));
  EXPECT_EQ(page->events.back()->seq, Seq(600));
}

TEST_F(LogLiveTest, HeadIsFoundWithoutAHint) {
  const auto writer = OpenStore();
  const ChannelId channel = NewChannel(*writer);
  Fill(*writer, channel, Messages(1, 333));
  TestKeyspace::Shared().Truncate("log_hint");
  for (int reader = 0; reader < 2; ++reader) {  // The first leaves a hint for the second.
    EXPECT_EQ(Run(OpenStore()->log().ReadHead(channel, Soon()))->seq, Seq(333));
  }
}

TEST_F(LogLiveTest, GroupOverABucketsEndIsStoredWhole) {
  const auto store = OpenStore();
  const ChannelId channel = NewChannel(*store);
  Fill(*store, channel, Messages(1, 10));
  const auto appended =
      Run(store->log().Append(channel, Messages(11, 40), Seq(10), Soon()));  // Into three buckets.
  ASSERT_TRUE(appended) << appended.error().message;
  EXPECT_EQ(appended->back().seq, Seq(50));
  ExpectDense(ReadAll(*store, channel), 50);
}

TEST_F(LogLiveTest, BucketIsNotBegunBeforeTheOneBeforeIsFull) {
  const auto store = OpenStore();
  const ChannelId channel = NewChannel(*store);
  Fill(*store, channel, Messages(1, 3));
  for (const std::uint64_t expected : {16, 32, 1600}) {
    const auto appended = Run(store->log().Append(channel, Messages(50, 1), Seq(expected), Soon()));
    ASSERT_FALSE(appended);
    EXPECT_EQ(appended.error().reason, "HEAD_MOVED");
  }
  EXPECT_EQ(Run(OpenStore()->log().ReadHead(channel, Soon()))->seq, Seq(3));
}

TEST_F(LogLiveTest, RepeatedGroupIsFoundThoughTheLogWentOnIntoOtherBuckets) {
  const auto store = OpenStore();
  const ChannelId channel = NewChannel(*store);
  Fill(*store, channel, Messages(1, 12));
  Fill(*store, channel, Messages(100, 10));  // Ends in the second bucket.
  Fill(*store, channel, Messages(200, 40));
  const auto again = Run(OpenStore()->log().Append(channel, Messages(100, 10), Seq(12), Soon()));
  ASSERT_TRUE(again) << again.error().message;
  for (std::size_t i = 0; i < again->size(); ++i) {
    EXPECT_EQ((*again)[i].outcome, Outcome::kDuplicate);
    EXPECT_EQ((*again)[i].seq, Seq(13 + i));
  }
  ExpectDense(ReadAll(*store, channel), 62);
}

TEST_F(LogLiveTest, KeyIsFoundInOlderBucketsAsFarAsPromised) {
  const auto store = OpenStore();
  const ChannelId channel = NewChannel(*store);
  Fill(*store, channel, Messages(1, 16 * (kLookBackBuckets + 2)));
  const auto find = [&](std::uint64_t key, std::uint64_t since) {
    return Run(store->log().FindKey(channel, UserId(1), KeyOf(key), Seq(since), Soon()));
  };
  EXPECT_EQ((*find(900, 899))->seq, Seq(900));
  EXPECT_EQ((*find(900, 40))->seq, Seq(900));
  EXPECT_EQ((*find(900, 0))->seq, Seq(900));
  EXPECT_EQ((*find(33, 32))->seq, Seq(33));  // In the oldest bucket that is searched.
  EXPECT_FALSE(*find(20, 0));                // Unknown since when: as far as it can.
  const auto late = find(20, 19);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::kFailedPrecondition);
  EXPECT_EQ(late.error().reason, "RETRY_TOO_LATE");
}

// --- Lost answers ---

TEST_F(LogLiveTest, AnswerLostAfterTheWriteIsFoundByTheSameAppend) {
  std::atomic<int> cuts = 1;
  const auto store = OpenStore({.bucket_bits = 4, .hook = [&](HookPoint point) -> Result<> {
                                  if (point != HookPoint::kAfterBatch || cuts-- <= 0) return {};
                                  return Fail(Errc::kUnavailable, "CUT", "by the test");
                                }});
  const ChannelId channel = NewChannel(*store);
  const auto first = Run(store->log().Append(channel, Messages(1, 5), Seq(), Soon()));
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, Errc::kUnavailable);
  const auto again = Run(store->log().Append(channel, Messages(1, 5), Seq(), Soon()));
  ASSERT_TRUE(again) << again.error().message;
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ((*again)[i].seq, Seq(i + 1));
  ExpectDense(ReadAll(*store, channel), 5);
}

TEST_F(LogLiveTest, AnswerLostAtABucketsEndIsFoundByTheSameAppend) {
  std::atomic<int> batches = 0;
  const auto store = OpenStore({.bucket_bits = 4, .hook = [&](HookPoint point) -> Result<> {
                                  if (point != HookPoint::kAfterBatch) return {};
                                  if (++batches != 3) return {};
                                  return Fail(Errc::kUnavailable, "CUT", "by the test");
                                }});
  const ChannelId channel = NewChannel(*store);
  Fill(*store, channel, Messages(1, 10));
  const auto drafts = Messages(11, 20);  // Two batches; the answer to the second is lost.
  EXPECT_FALSE(Run(store->log().Append(channel, drafts, Seq(10), Soon())));
  const auto again = Run(store->log().Append(channel, drafts, Seq(10), Soon()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->back().seq, Seq(30));
  ExpectDense(ReadAll(*store, channel), 30);
}

// --- Two chat-services on one channel ---

class Silent final : public EventBus {
 public:
  void Publish(const Envelope&) override {}
  std::unique_ptr<Subscription> Subscribe(Handler) override { return nullptr; }
};

// The rules over a store of their own; drained at the end.
struct Service {
  Service(Runner& on, std::unique_ptr<Store> opened, asio::any_io_executor executor)
      : runner(on), store(std::move(opened)), channels(NewChannels(Ports(executor), Options())) {}
  ~Service() {
    EXPECT_TRUE(runner.Run([](Channels& all) -> Task<bool> {
      co_await all.Drain();
      co_return true;
    }(*channels)));
  }
  ChannelPorts Ports(asio::any_io_executor executor) {
    return {store->log(),  store->channels(), store->users(), bus,
            SystemClock(), SystemRandom(),    {executor}};
  }
  static ChannelOptions Options() {
    ChannelOptions options;
    options.lobby = "";
    options.rates = {1e6, 1e6, 1e6, 1e6};
    return options;
  }

  Runner& runner;
  std::unique_ptr<Store> store;
  Silent bus;
  std::unique_ptr<Channels> channels;
};

Principal NewUser(Runner& runner, Store& store) {
  UserRecord user;
  user.id = UserId(SystemRandom().NextId());
  user.name = "u" + std::to_string(user.id.value);
  user.inbox = ChannelId(SystemRandom().NextId());
  EXPECT_TRUE(runner.Run(store.users().CreateUser(user, Soon())));
  Principal who;
  who.user = user.id;
  who.username = user.name;
  return who;
}

SendRequest Text(ChannelId channel, std::uint64_t key) {
  SendRequest request{.channel = channel, .text = "m" + std::to_string(key)};
  request.key = KeyOf(key);
  return request;
}

Task<void> SendMany(Channels& channels, Principal who, ChannelId channel, std::uint64_t count) {
  for (std::uint64_t key = 1; key <= count; ++key) {
    auto request = Text(channel, key);
    for (auto sent = co_await channels.Send(who, request, Soon()); !sent;
         sent = co_await channels.Send(who, request, Soon())) {
      if (sent.error().code != Errc::kConflict) co_return Fail(sent.error());
      ++request.attempt;
    }
  }
  co_return Result<>();
}

TEST_F(LogLiveTest, TwoSequencersOfOneChannelShareOneDenseOrder) {
  constexpr std::uint64_t kEach = 80;
  Service one(runner_, OpenStore(), Executor(0));
  Service two(runner_, OpenStore(), Executor(1));
  const Principal ada = NewUser(runner_, *one.store);
  const Principal bob = NewUser(runner_, *one.store);
  const std::string name = "two-" + std::to_string(NewId() % 1'000'000'000);
  const auto made = Run(one.channels->Create(ada, {.name = name}, Soon()));
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(Run(two.channels->Join(bob, made->id, KeyOf(9'001), Soon())));

  auto first = runner_.Start(SendMany(*one.channels, ada, made->id, kEach), 2);
  auto second = runner_.Start(SendMany(*two.channels, bob, made->id, kEach), 3);
  for (auto* sender : {&first, &second}) {
    const auto sent = sender->get();
    EXPECT_TRUE(sent) << sent.error().message;
  }
  const auto events = ReadAll(*one.store, made->id);
  ExpectDense(events, 3 + 2 * kEach);  // Created, and two joins.
  EXPECT_EQ(events.back()->countable, 2 * kEach);
}

// A removal by one service must not let a message in by another that does not know of it yet.
TEST_F(LogLiveTest, RemovalByOneServiceHoldsInAnother) {
  Service one(runner_, OpenStore(), Executor(0));
  Service two(runner_, OpenStore(), Executor(1));
  const Principal ada = NewUser(runner_, *one.store);
  const Principal bob = NewUser(runner_, *one.store);
  const std::string name = "rem-" + std::to_string(NewId() % 1'000'000'000);
  const auto made = Run(one.channels->Create(ada, {.name = name}, Soon()));
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(Run(two.channels->Join(bob, made->id, KeyOf(9'001), Soon())));
  ASSERT_TRUE(Run(two.channels->Send(bob, Text(made->id, 1), Soon())));
  const auto removed =
      Run(one.channels->Remove(ada, made->id, bob.user, false, KeyOf(9'002), Soon()));
  ASSERT_TRUE(removed) << removed.error().message;

  const auto sent = Run(two.channels->Send(bob, Text(made->id, 2), Soon()));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kPermissionDenied);
  EXPECT_FALSE(Run(two.channels->AuthorizeRead(bob, made->id, Soon())));
}

// Nor one that was stored by a service that died before it wrote what follows from it.
TEST_F(LogLiveTest, RemovalHoldsThoughTheRemoverDiedBeforeProjecting) {
  std::atomic<bool> dying = false;
  Service one(runner_,
              OpenStore({.bucket_bits = 4,
                         .hook = [&](HookPoint point) -> Result<> {
                           if (!dying || point == HookPoint::kAfterBatch) return {};
                           return Fail(Errc::kUnavailable, "DEAD", "by the test");
                         }}),
              Executor(0));
  Service two(runner_, OpenStore(), Executor(1));
  const Principal ada = NewUser(runner_, *one.store);
  const Principal bob = NewUser(runner_, *one.store);
  const std::string name = "die-" + std::to_string(NewId() % 1'000'000'000);
  const auto made = Run(one.channels->Create(ada, {.name = name}, Soon()));
  ASSERT_TRUE(made) << made.error().message;
  ASSERT_TRUE(Run(two.channels->Join(bob, made->id, KeyOf(9'001), Soon())));
  ASSERT_TRUE(Run(two.channels->Send(bob, Text(made->id, 1), Soon())));
  dying = true;
  EXPECT_FALSE(Run(one.channels->Remove(ada, made->id, bob.user, false, KeyOf(9'002), Soon())));

  const auto sent = Run(two.channels->Send(bob, Text(made->id, 2), Soon()));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kPermissionDenied);
  EXPECT_FALSE(Run(two.channels->AuthorizeRead(bob, made->id, Soon())));
  EXPECT_FALSE(Run(two.channels->List(bob, {made->id, After{Seq()}}, Soon())));
  dying = false;
}

}  // namespace
}  // namespace yap::store::scylla
