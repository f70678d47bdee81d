// core/channels_testing.h: Channels on a memory store, in one thread, on a clock that is told to
// move: what tests of the rules and of the sequencer start from.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/sim_clock.h"
#include "base/task.h"
#include "bus/memory/memory_bus.h"
#include "core/channels.h"
#include "store/memory/memory_store.h"

namespace yap::core {

// A log that notes appends, takes time, and fails where it is told to.
class TapLog final : public EventLog {
 public:
  enum class Fault { kNone, kLostBefore, kLostAfter, kFull, kConflict };

  TapLog(EventLog& inner, Clock& clock) : writing(inner.writers()), inner_(inner), clock_(clock) {}

  Writers writers() const override { return writing; }

  Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                     Seq expected_head, Deadline deadline) override {
    if (dead) co_return Lost();
    batches.push_back(drafts.size());
    if (append_time > Duration::zero()) co_await SleepFor(clock_, append_time);
    Fault fault = Fault::kNone;
    if (!faults.empty()) {
      fault = faults.front();
      faults.pop_front();
    }
    if (before_append) std::exchange(before_append, nullptr)();
    if (fault == Fault::kLostBefore) co_return Lost();
    if (fault == Fault::kFull) {
      co_return Fail(Errc::kResourceExhausted, "STORE_FULL", "the disk is full");
    }
    if (fault == Fault::kConflict) {
      co_return Fail(Errc::kConflict, "HEAD_MOVED", "somebody was faster");
    }
    auto appended = co_await inner_.Append(channel, std::move(drafts), expected_head, deadline);
    if (fault == Fault::kLostAfter) co_return Lost();
    co_return appended;
  }
  Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit, Deadline d) override {
    ++reads;
    if (dead) return Dead<EventPage>();
    return ReadKept(inner_.Read(channel, after, limit, d), first_kept);
  }
  Task<Head> ReadHead(ChannelId channel, Deadline d) override {
    if (dead) return Dead<Head>();
    return inner_.ReadHead(channel, d);
  }
  Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key, Seq since,
                                        Deadline d) override {
    if (dead) return Dead<std::optional<KeyMatch>>();
    ++lookups;
    if (since != Seq() && since < searchable) return TooLate();
    return FindSlowly(channel, user, key, since, d);
  }

  bool dead = false;  // Whoever uses it is as good as a process that was killed.
  Duration append_time{0};
  std::deque<Fault> faults;             // Of the next appends, one each.
  std::function<void()> before_append;  // Called once, when the next append reaches the store.
  std::vector<std::size_t> batches;     // Drafts of each append so far.
  Seq first_kept;                       // Reads find no earlier event.
  Seq searchable;                       // Keys of earlier attempts are not found any more.
  Duration lookup_time{0};
  std::size_t lookups = 0;
  std::size_t lookups_at_once = 0;  // The most so far.
  std::size_t reads = 0;
  Writers writing;

 private:
  template <class T>
  static Task<T> Dead() {
    co_return Lost();
  }
  Task<std::optional<KeyMatch>> FindSlowly(ChannelId channel, UserId user, ClientKey key, Seq since,
                                           Deadline d) {
    lookups_at_once = std::max(lookups_at_once, ++looking_up_);
    if (lookup_time > Duration::zero()) co_await SleepFor(clock_, lookup_time);
    --looking_up_;
    if (d.Expired(clock_)) co_return Lost();
    co_return co_await inner_.FindKey(channel, user, key, since, d);
  }
  static Task<EventPage> ReadKept(Task<EventPage> read, Seq first) {
    YAP_CO_TRY(auto page, co_await std::move(read));
    std::erase_if(page.events, [first](const EventPtr& e) { return e->seq < first; });
    co_return page;
  }
  static Task<std::optional<KeyMatch>> TooLate() {
    co_return Fail(Errc::kFailedPrecondition, "RETRY_TOO_LATE", "the channel has moved on too far");
  }
  static std::unexpected<Error> Lost() {
    return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "the answer was lost");
  }

  EventLog& inner_;
  Clock& clock_;
  std::size_t looking_up_ = 0;
};

inline ClientKey Key(std::uint64_t n) {
  ClientKey key{};
  for (std::size_t i = 0; i < 8; ++i) key[15 - i] = static_cast<std::byte>(n >> (8 * i));
  key[0] = std::byte{0xcc};
  return key;
}

class World {
 public:
  explicit World(ChannelOptions options = {}, std::uint64_t seed = 1)
      : random_(seed),
        options_(std::move(options)),
        store_(store::OpenMemoryStore({.writers = Writers::kOthersToo})) {
    bus_ = bus::NewMemoryBus();
    heard_ = bus_->Subscribe([this](const Envelope& envelope) {
      heard.insert(heard.end(), envelope.events.begin(), envelope.events.end());
    });
    server_ = MakeServer();
  }

  // Ends what is under way: a coroutine that sleeps when its clock goes is never freed.
  ~World() {
    for (auto& server : graves_) Spawn(io_.get_executor(), server.channels->Drain());
    for (auto& server : others_) Spawn(io_.get_executor(), server.channels->Drain());
    Spawn(io_.get_executor(), server_.channels->Drain());
    Run(std::chrono::minutes(1));
  }

  // One more chat-service on the same store, with a log of its own to tap; it reads the channels
  // through `channels`, if given. Lives as long as the world.
  struct Server {
    std::unique_ptr<TapLog> log;
    std::unique_ptr<Channels> channels;
  };
  Server& NewServer(ChannelStore* channels = nullptr) {
    return others_.emplace_back(MakeServer(channels));
  }
  // The process is killed and started anew: what it had under way reaches nothing any more.
  void Restart() {
    server_.log->dead = true;
    graves_.push_back(std::exchange(server_, MakeServer()));
  }

  template <class T>
  struct Pending {
    std::shared_ptr<std::optional<Result<T>>> result = std::make_shared<std::optional<Result<T>>>();
    bool ready() const { return result->has_value(); }
    Result<T>& get() { return **result; }
  };
  template <class T>
  Pending<T> Start(Task<T> task) {
    Pending<T> pending;
    Spawn(io_.get_executor(),
          [](Task<T> t, std::shared_ptr<std::optional<Result<T>>> out) -> asio::awaitable<void> {
            out->emplace(co_await std::move(t));
          }(std::move(task), pending.result));
    return pending;
  }
  template <class T>
  Result<T> Await(Task<T> task) {
    auto pending = Start(std::move(task));
    clock_.RunFor(io_, std::chrono::minutes(2), [&] { return pending.ready(); });
    EXPECT_TRUE(pending.ready()) << "never answered";
    if (!pending.ready()) return Fail(Errc::kInternal, "NEVER", "never answered");
    return std::move(pending.get());
  }
  template <class T>
  T Must(Task<T> task) {
    auto result = Await(std::move(task));
    EXPECT_TRUE(result) << result.error().reason << ": " << result.error().message;
    if constexpr (!std::is_void_v<T>) return result ? std::move(*result) : T{};
  }
  template <class T>
  std::string ReasonOf(Task<T> task) {
    auto result = Await(std::move(task));
    return result ? "OK" : result.error().reason;
  }
  void Run(Duration span) { clock_.RunFor(io_, span); }

  // A user with an inbox, and in the lobby if there is one.
  Principal AddUser(const std::string& name) {
    UserRecord user;
    user.id = UserId(random_.NextId());
    user.name = name;
    user.inbox = ChannelId(random_.NextId());
    Must(store_->users().CreateUser(user, deadline()));
    Must(channels().EnsureUserChannels(user, deadline()));
    return {user.id, name, SessionId(1), false};
  }
  UserRecord RecordOf(const Principal& who) {
    return Must(store_->users().GetUser(who.user, deadline()));
  }

  ChannelRecord Create(const Principal& who, const std::string& name,
                       ChannelKind kind = ChannelKind::kPublic) {
    return Must(channels().Create(who, {name, "", kind, {}}, deadline()));
  }
  SendRequest Message(ChannelRef channel, const std::string& text) {
    SendRequest request;
    request.channel = std::move(channel);
    request.text = text;
    request.key = Key(++keys_);
    return request;
  }
  Written Say(const Principal& who, ChannelRef channel, const std::string& text = "hello") {
    return Must(channels().Send(who, Message(std::move(channel), text), deadline()));
  }

  std::vector<EventPtr> LogOf(ChannelId channel) {
    std::vector<EventPtr> events;
    while (true) {
      const Seq after = events.empty() ? Seq() : events.back()->seq;
      auto page = Must(store_->log().Read(channel, after, 1000, deadline()));
      if (page.events.empty()) return events;
      events.insert(events.end(), page.events.begin(), page.events.end());
    }
  }
  // The inbox, by the kinds of its events' bodies.
  template <class T>
  std::vector<T> InboxOf(const Principal& who) {
    std::vector<T> out;
    for (const auto& event : LogOf(RecordOf(who).inbox)) {
      if (const auto* body = std::get_if<T>(&event->body)) out.push_back(*body);
    }
    return out;
  }

  Deadline deadline() const { return Deadline::After(clock_, std::chrono::seconds(20)); }
  SimClock& clock() { return clock_; }
  asio::io_context& io() { return io_; }
  Channels& channels() { return *server_.channels; }
  store::Store& store() { return *store_; }
  TapLog& log() { return *server_.log; }
  EventBus& bus() { return *bus_; }
  SeededRandom& random() { return random_; }

  std::vector<EventPtr> heard;  // On the bus.

 private:
  Server MakeServer(ChannelStore* channels = nullptr) {
    auto log = std::make_unique<TapLog>(store_->log(), clock_);
    ChannelStore& read = channels == nullptr ? store_->channels() : *channels;
    auto made = NewChannels(
        {*log, read, store_->users(), *bus_, clock_, random_, {io_.get_executor()}}, options_);
    return {std::move(log), std::move(made)};
  }
  SimClock clock_;
  SeededRandom random_;
  ChannelOptions options_;
  std::uint64_t keys_ = 0;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<EventBus> bus_;
  std::unique_ptr<EventBus::Subscription> heard_;
  asio::io_context io_;
  std::vector<Server> graves_;
  std::deque<Server> others_;
  Server server_;
};

}  // namespace yap::core
