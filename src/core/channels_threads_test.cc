// Channels on real threads: what the sanitizers look at.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>
#include <set>

#include "base/guarded.h"
#include "base/io_threads.h"
#include "bus/memory/memory_bus.h"
#include "core/channels.h"
#include "store/memory/memory_store.h"

namespace yap::core {
namespace {

using std::chrono::seconds;

constexpr std::size_t kThreads = 3;
constexpr std::size_t kUsers = 6;
constexpr std::size_t kRooms = 4;
constexpr std::size_t kMessages = 150;  // Of each user.

class ChannelsThreadsTest : public testing::Test {
 protected:
  ChannelsThreadsTest()
      : store_(store::OpenMemoryStore()), bus_(bus::NewMemoryBus()), threads_(kThreads) {
    heard_by_ = bus_->Subscribe([this](const Envelope& envelope) {
      heard_.With([&](auto& heard) {
        for (const auto& event : envelope.events) heard[event->channel].push_back(event->seq);
      });
    });
    const RateLimits no_rates{1e9, 1e9, 1e9, 1e9};
    channels_ = NewChannels({store_->log(), store_->channels(), store_->users(), *bus_,
                             SystemClock(), SystemRandom(), threads_.executors()},
                            {.rates = no_rates});
  }
  ~ChannelsThreadsTest() override {
    Await(0, [](Channels& c) -> Task<void> {
      co_await c.Drain();
      co_return Result<>();
    }(*channels_));
    threads_.Stop();
  }

  static Deadline Soon() { return Deadline::After(SystemClock(), seconds(60)); }

  // Runs it on one of the threads, without waiting.
  template <class T>
  std::future<Result<T>> Start(std::size_t thread, Task<T> task) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto future = promise->get_future();
    Spawn(threads_.executor(thread % kThreads),
          [](Task<T> t, std::shared_ptr<std::promise<Result<T>>> out) -> asio::awaitable<void> {
            out->set_value(co_await std::move(t));
          }(std::move(task), promise));
    return future;
  }
  template <class T>
  Result<T> Await(std::size_t thread, Task<T> task) {
    return Start(thread, std::move(task)).get();
  }

  Principal AddUser(std::size_t number) {
    UserRecord user;
    user.id = UserId(number + 1);
    user.name = "user-" + std::to_string(number);
    user.inbox = ChannelId(1000 + number);
    EXPECT_TRUE(Await(number, store_->users().CreateUser(user, Soon())));
    EXPECT_TRUE(Await(number, channels_->EnsureUserChannels(user, Soon())));
    return {user.id, user.name, SessionId(1), false};
  }

  // Says kMessages things all over the rooms; reads now and then, and leaves and comes back.
  static Task<std::vector<Written>> Chatter(Channels& channels, Principal who,
                                            std::vector<ChannelId> rooms) {
    std::vector<Written> written;
    for (std::size_t i = 0; i < kMessages; ++i) {
      const ChannelId room = rooms[(i + who.user.value) % rooms.size()];
      SendRequest request;
      request.channel = room;
      request.text = "hello";
      SystemRandom().Fill(request.key);
      YAP_CO_TRY(auto sent, co_await channels.Send(who, request, Soon()));
      written.push_back(sent);
      if (i % 10 == 0) {
        YAP_CO_TRY_VOID(co_await channels.MarkRead(who, room, sent.seq, Soon()));
        YAP_CO_TRY_VOID(co_await channels.List(who, {room, Before{}, 20}, Soon()));
      }
      if (i % 25 == 24) {
        YAP_CO_TRY_VOID(co_await channels.Leave(who, room, {}, Soon()));
        YAP_CO_TRY_VOID(co_await channels.Join(who, room, {}, Soon()));
      }
    }
    co_return written;
  }

  std::vector<EventPtr> LogOf(ChannelId channel) {
    std::vector<EventPtr> events;
    while (true) {
      const Seq after = events.empty() ? Seq() : events.back()->seq;
      auto page = Await(0, store_->log().Read(channel, after, 1000, Soon())).value();
      if (page.events.empty()) return events;
      events.insert(events.end(), page.events.begin(), page.events.end());
    }
  }

  Guarded<std::map<ChannelId, std::vector<Seq>>> heard_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<EventBus> bus_;
  std::unique_ptr<EventBus::Subscription> heard_by_;
  IoThreads threads_;
  std::unique_ptr<Channels> channels_;
};

TEST_F(ChannelsThreadsTest, EveryAcknowledgedMessageHasItsPlace) {
  std::vector<Principal> users;
  for (std::size_t i = 0; i < kUsers; ++i) users.push_back(AddUser(i));
  std::vector<ChannelId> rooms;
  for (std::size_t i = 0; i < kRooms; ++i) {
    const auto name = "room-" + std::to_string(i);
    const CreateChannelRequest request{name, "", ChannelKind::kPublic, {}};
    rooms.push_back(Await(i, channels_->Create(users[0], request, Soon())).value().id);
    for (std::size_t u = 1; u < kUsers; ++u) {
      ASSERT_TRUE(Await(u, channels_->Join(users[u], rooms[i], {}, Soon())));
    }
    // Nobody owns it, so everybody may leave.
    ASSERT_TRUE(Await(i, channels_->AdminSetRole(name, "user-0", Role::kMember, Soon())));
  }

  std::vector<std::future<Result<std::vector<Written>>>> work;
  for (std::size_t u = 0; u < kUsers; ++u) {
    work.push_back(Start(u, Chatter(*channels_, users[u], rooms)));
  }
  std::map<ChannelId, std::set<Seq>> acknowledged;
  for (auto& chatter : work) {
    auto written = chatter.get();
    ASSERT_TRUE(written) << written.error().reason;
    for (const auto& w : *written) ASSERT_TRUE(acknowledged[w.channel].insert(w.seq).second);
  }

  for (const auto room : rooms) {
    const auto log = LogOf(room);
    std::set<Seq> messages;
    for (std::size_t i = 0; i < log.size(); ++i) {
      ASSERT_EQ(log[i]->seq, Seq(i + 1));
      if (IsCountable(log[i]->body)) messages.insert(log[i]->seq);
    }
    EXPECT_EQ(messages, acknowledged[room]);
    const auto heard = heard_.With([&](auto& all) { return all[room]; });
    ASSERT_EQ(heard.size(), log.size()) << "published once each …";
    EXPECT_TRUE(std::ranges::is_sorted(heard)) << "… and in order";
  }
}

TEST_F(ChannelsThreadsTest, DrainUnderLoadAnswersEverybody) {
  std::vector<std::future<Result<std::vector<Written>>>> work;
  for (std::size_t i = 0; i < kUsers; ++i) {
    const auto user = AddUser(i);
    const CreateChannelRequest request{"own-" + std::to_string(i), "", ChannelKind::kPublic, {}};
    auto room = Await(i, channels_->Create(user, request, Soon())).value().id;
    for (int n = 0; n < 4; ++n) {
      work.push_back(Start(i + n, Chatter(*channels_, user, {ChannelId(room)})));
    }
  }
  Await(1, [](Channels& c) -> Task<void> {
    co_await c.Drain();
    co_return Result<>();
  }(*channels_));
  for (auto& chatter : work) {
    auto written = chatter.get();
    if (!written) {
      const auto& reason = written.error().reason;
      EXPECT_TRUE(reason == "SHUTTING_DOWN" || reason == "LAST_OWNER" || reason == "NOT_A_MEMBER")
          << reason;
    }
  }
}

}  // namespace
}  // namespace yap::core
