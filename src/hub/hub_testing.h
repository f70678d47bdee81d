// hub/hub_testing.h: a store and a bus that do as a test says, an encoder and its own decoder, and
// readers. Nothing here is shared with the hub but its contract.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <atomic>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/sim_clock.h"
#include "base/task.h"
#include "core/limits.h"
#include "hub/hub.h"

namespace yap::hub {

using core::ChannelId;
using core::Epoch;
using core::Head;
using core::Seq;
using core::SessionId;
using core::UserId;

// --- Frames ---

// One message of a stream, decoded.
struct Frame {
  char kind = 0;  // 'E'vent, 'H'ello, 'C'aughtUp, 'B'eat, 'T'runcated, 'L'ife, 'R'econnect, e'X'it
  std::uint64_t channel = 0;
  std::uint64_t seq = 0;  // Of the event, or the head.
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;  // First available, reason, nanoseconds, user or countable.
  std::string text;
  friend bool operator==(const Frame&, const Frame&) = default;
};

// [0, length (4 bytes, big endian), kind, channel, seq, epoch, number (8 bytes each), text]*
class TestEncoder final : public FrameEncoder {
 public:
  static void Put(const Frame& frame, std::string& out) {
    std::string body(1, frame.kind);
    for (const std::uint64_t v : {frame.channel, frame.seq, frame.epoch, frame.number}) {
      body.append(reinterpret_cast<const char*>(&v), sizeof v);
    }
    body += frame.text;
    out.push_back('\0');
    for (int shift = 24; shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>((body.size() >> shift) & 0xff));
    }
    out += body;
  }

  void Event(const core::Event& e, std::string& out) const override {
    const auto* posted = std::get_if<core::MessagePosted>(&e.body);
    Put({'E', e.channel.value, e.seq.value, e.epoch.value, e.countable, posted ? posted->text : ""},
        out);
  }
  void Hello(WallTime, Duration beat, UserId user, std::string& out) const override {
    Put({'H', 0, static_cast<std::uint64_t>(beat.count()), 0, user.value, ""}, out);
  }
  void CaughtUp(ChannelId channel, Head h, std::string& out) const override {
    Put({'C', channel.value, h.seq.value, h.epoch.value, h.countable, ""}, out);
  }
  void Heartbeat(std::span<const std::pair<ChannelId, Head>> heads,
                 std::string& out) const override {
    std::string text;
    for (const auto& [channel, head] : heads) {
      text += std::to_string(channel.value) + ":" + std::to_string(head.seq.value) + " ";
    }
    Put({'B', 0, 0, 0, heads.size(), text}, out);
  }
  void Truncated(ChannelId channel, Head h, Seq first, std::string& out) const override {
    Put({'T', channel.value, h.seq.value, h.epoch.value, first.value, ""}, out);
  }
  void EpochChanged(ChannelId channel, Head h, std::string& out) const override {
    Put({'L', channel.value, h.seq.value, h.epoch.value, 0, ""}, out);
  }
  void Reconnect(Duration after, std::string& out) const override {
    Put({'R', 0, 0, 0, static_cast<std::uint64_t>(after.count()), ""}, out);
  }
  void Ended(ChannelId channel, EndReason reason, std::string& out) const override {
    Put({'X', channel.value, 0, 0, static_cast<std::uint64_t>(reason), ""}, out);
  }
};

// Takes whole frames off the front of `bytes`; fails the test on what is none.
inline std::vector<Frame> Decode(std::string& bytes) {
  std::vector<Frame> frames;
  std::size_t at = 0;
  while (bytes.size() - at >= 5) {
    std::size_t length = 0;
    for (std::size_t i = 1; i < 5; ++i) {
      length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    EXPECT_EQ(bytes[at], '\0') << "not at a frame";
    EXPECT_GE(length, 33U);
    if (bytes[at] != '\0' || length < 33) break;
    if (bytes.size() - at < 5 + length) break;
    Frame frame{.kind = bytes[at + 5], .text = bytes.substr(at + 38, length - 33)};
    std::uint64_t* const fields[] = {&frame.channel, &frame.seq, &frame.epoch, &frame.number};
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(fields[i], &bytes[at + 6 + 8 * i], 8);
    frames.push_back(std::move(frame));
    at += 5 + length;
  }
  bytes.erase(0, at);
  return frames;
}

// --- Ports ---

// A log with switches for what can go wrong. Thread-safe.
class TestLog final : public core::EventLog {
 public:
  explicit TestLog(Clock& clock) : clock_(clock) {}

  core::Writers writers() const override { return core::Writers::kOthersToo; }

  struct Switches {
    Duration latency{};  // Before the store looks, and again before it answers.
    std::size_t page_events_max = core::kReadPageMax;
    int failures = 0;                  // This many reads answer Unavailable.
    std::map<ChannelId, Seq> missing;  // Left out of what is read …
    int missing_reads = 0;             // … by this many reads.
    std::map<ChannelId, Seq> first;    // First available.
    std::map<ChannelId, bool> gone;
    Epoch epoch{1};
  };

  core::EventPtr Put(ChannelId channel, core::Body body) {
    std::lock_guard lock(mutex_);
    auto& events = logs_[channel];
    auto event = std::make_shared<core::Event>();
    event->channel = channel;
    event->seq = Seq(events.size() + 1);
    event->epoch = switches_.epoch;
    event->countable =
        (events.empty() ? 0 : events.back()->countable) + (core::IsCountable(body) ? 1 : 0);
    event->time = WallTime(std::chrono::seconds(events.size() + 1));
    event->body = std::move(body);
    events.push_back(event);
    return event;
  }
  core::EventPtr Get(ChannelId channel, Seq seq) {
    std::lock_guard lock(mutex_);
    return logs_[channel].at(seq.value - 1);
  }
  Head HeadNow(ChannelId channel) {
    std::lock_guard lock(mutex_);
    return HeadLocked(channel);
  }
  template <class F>
  void Change(F&& f) {
    std::lock_guard lock(mutex_);
    f(switches_);
  }
  // The log as a backup had it: the last events are lost.
  void Rewind(ChannelId channel, Seq head) {
    std::lock_guard lock(mutex_);
    logs_[channel].resize(head.value);
  }
  int reads() const { return reads_; }
  int heads() const { return heads_; }
  int most_at_once() const { return most_at_once_; }

  Task<core::EventPage> Read(ChannelId channel, Seq after, std::size_t limit, Deadline) override {
    Begin(reads_);
    co_await Wait();
    auto page = ReadNow(channel, after, limit);
    co_await Wait();
    --at_once_;
    co_return page;
  }
  Task<Head> ReadHead(ChannelId channel, Deadline) override {
    ++heads_;
    co_await Wait();
    auto head = ReadHeadNow(channel);
    co_await Wait();
    co_return head;
  }
  Task<std::vector<core::Appended>> Append(ChannelId, std::vector<core::Draft>, Seq,
                                           Deadline) override {
    co_return Fail(Errc::kInternal, "INTERNAL_ERROR", "the hub appends nothing");
  }
  Task<std::optional<core::KeyMatch>> FindKey(ChannelId, UserId, core::ClientKey, core::Seq,
                                              Deadline) override {
    co_return Fail(Errc::kInternal, "INTERNAL_ERROR", "the hub looks for no keys");
  }

 private:
  static std::unexpected<Error> Down() {
    return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "down");
  }

  void Begin(std::atomic<int>& count) {
    ++count;
    const int now = ++at_once_;
    int most = most_at_once_;
    while (most < now && !most_at_once_.compare_exchange_weak(most, now)) {
    }
  }

  asio::awaitable<void> Wait() {
    Duration latency;
    {
      std::lock_guard lock(mutex_);
      latency = switches_.latency;
    }
    if (latency > Duration::zero()) co_await SleepFor(clock_, latency);
    co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  }

  Head HeadLocked(ChannelId channel) {
    const auto& events = logs_[channel];
    if (events.empty()) return {{}, switches_.epoch, 0, {}};
    return {Seq(events.size()), switches_.epoch, events.back()->countable, events.back()->time};
  }

  Result<Head> ReadHeadNow(ChannelId channel) {
    std::lock_guard lock(mutex_);
    if (switches_.failures > 0 && switches_.failures-- > 0) return Down();
    return HeadLocked(channel);
  }

  Result<core::EventPage> ReadNow(ChannelId channel, Seq after, std::size_t limit) {
    std::lock_guard lock(mutex_);
    auto& s = switches_;
    if (s.failures > 0 && s.failures-- > 0) return Down();
    if (s.gone[channel]) return Fail(Errc::kNotFound, "CHANNEL_NOT_FOUND", "gone");
    core::EventPage page;
    page.head = HeadLocked(channel);
    page.first_available = std::max(Seq(1), s.first[channel]);
    const auto& events = logs_[channel];
    const bool hide = s.missing_reads > 0 && s.missing.contains(channel);
    if (hide) --s.missing_reads;
    limit = std::min(limit, s.page_events_max);
    for (Seq seq = after.Next(); seq.value <= events.size() && page.events.size() < limit;
         seq = seq.Next()) {
      if (seq < page.first_available || (hide && seq == s.missing[channel])) continue;
      page.events.push_back(events[seq.value - 1]);
    }
    return page;
  }

  Clock& clock_;
  std::mutex mutex_;
  std::map<ChannelId, std::vector<core::EventPtr>> logs_;
  Switches switches_;
  std::atomic<int> reads_ = 0;
  std::atomic<int> heads_ = 0;
  std::atomic<int> at_once_ = 0;
  std::atomic<int> most_at_once_ = 0;
};

// Hands on to one handler, on the caller's thread; can lose, double and delay.
class TestBus final : public core::EventBus {
 public:
  struct Faults {
    double drop = 0;
    double twice = 0;
    double late = 0;  // Until Release(), in any order.
  };
  Faults faults;

  explicit TestBus(std::uint64_t seed = 1) : rng_(seed) {}

  void Publish(const core::Envelope& envelope) override {
    if (Chance(faults.drop)) return;
    if (Chance(faults.late)) {
      late_.emplace_back(envelope.events.begin(), envelope.events.end());
      return;
    }
    Ring(envelope);
    if (Chance(faults.twice)) Ring(envelope);
  }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    handler_ = std::move(handler);
    return std::make_unique<Gone>(*this);
  }
  void Release() {
    std::shuffle(late_.begin(), late_.end(), rng_);
    for (const auto& events : std::exchange(late_, {})) Ring({.events = events});
  }

 private:
  struct Gone final : Subscription {
    explicit Gone(TestBus& b) : bus(b) {}
    ~Gone() override { bus.handler_ = nullptr; }
    TestBus& bus;
  };
  bool Chance(double p) { return p > 0 && std::uniform_real_distribution<>(0, 1)(rng_) < p; }
  void Ring(const core::Envelope& envelope) {
    if (handler_) handler_(envelope);
  }

  std::mt19937_64 rng_;
  Handler handler_;
  std::vector<std::vector<core::EventPtr>> late_;
};

// --- Readers ---

// Keeps what is shared as it is, until the pass ends: with a sanitizer, a segment that went too
// early shows.
class PassSink final : public Sink {
 public:
  void Share(std::span<const char> bytes) override { pieces_.emplace_back(bytes, std::string()); }
  void Copy(std::span<const char> bytes) override {
    pieces_.emplace_back(std::span<const char>(), std::string(bytes.data(), bytes.size()));
  }
  void MoveTo(std::string& out) {
    for (const auto& [shared, copied] : pieces_) {
      out.append(shared.data(), shared.size());
      out += copied;
    }
    pieces_.clear();
  }

 private:
  std::vector<std::pair<std::span<const char>, std::string>> pieces_;
};

class Reader {
 public:
  Reader(Hub& hub, SubscribeOptions options, asio::any_io_executor executor)
      : hub_(hub),
        stream_(hub.Subscribe(std::move(options), std::move(executor), [this] { ++wakes; })) {}

  // Takes up to `n` bytes in one step; how many there were. As an edge does, it does not ask again
  // after a 0 until it is woken: a wake that never comes shows.
  std::size_t Pull(std::size_t n) {
    if (rests_since_ == wakes) return 0;
    const std::size_t available = stream_->Available(n);
    EXPECT_LE(available, n);
    if (available > 0) {
      stream_->Take(available, sink_);
    } else if (n > 0) {
      rests_since_ = wakes;
    }
    return available;
  }
  // What an edge does at the end of a turn.
  void EndPass() {
    sink_.MoveTo(bytes_);
    hub_.EndPass();
    for (auto& frame : Decode(bytes_)) frames.push_back(std::move(frame));
  }
  void PullAll() {
    while (Pull(64 * 1024) > 0) EndPass();
  }
  std::optional<Result<>> Finished() { return stream_->Finished(); }
  Subscriber& stream() { return *stream_; }
  // Bytes of a frame that is not complete yet.
  std::size_t unfinished() const { return bytes_.size(); }

  // Without heartbeats and Hello: "E7/1 E7/2 C7/2 …", then forgets them.
  std::string Story() {
    std::string story;
    for (const Frame& f : std::exchange(frames, {})) {
      if (f.kind == 'H' || f.kind == 'B') continue;
      story += (story.empty() ? "" : " ") + std::string(1, f.kind) + std::to_string(f.channel);
      if (f.kind == 'X') story += ":" + std::to_string(f.number);
      if (f.kind != 'X' && f.kind != 'R') story += "/" + std::to_string(f.seq);
    }
    return story;
  }

  int wakes = 0;
  std::vector<Frame> frames;

 private:
  std::optional<int> rests_since_;
  Hub& hub_;
  PassSink sink_;
  std::string bytes_;
  std::unique_ptr<Subscriber> stream_;
};

// One hub over three executors of one thread, on simulated time.
class HubWorld {
 public:
  explicit HubWorld(HubOptions options = {}, std::uint64_t seed = 1, bool gated = false)
      : log(clock), bus(seed), random(seed) {
    for (int i = 0; i < 3; ++i) executors.emplace_back(asio::make_strand(io.get_executor()));
    hub = NewHub({log, bus, encoder, clock, random, executors, gated ? &gate : nullptr}, options);
    Run();
  }
  ~HubWorld() {
    hub.reset();
    Run();
  }

  // Everything that can happen without time passing.
  void Run() {
    io.restart();
    while (io.poll() > 0) io.restart();
  }
  void RunFor(Duration span) { clock.RunFor(io, span); }

  core::EventPtr Append(std::uint64_t channel, core::Body body) {
    auto event = log.Put(ChannelId(channel), std::move(body));
    bus.Publish({.events = std::span(&event, 1)});
    return event;
  }
  void Say(std::uint64_t channel, const std::string& text = "hi") {
    Append(channel, core::MessagePosted{text, {}});
  }
  void SayMany(std::uint64_t channel, int count) {
    for (int i = 0; i < count; ++i) Say(channel);
  }

  // Authorised now.
  StartCursor From(std::uint64_t channel, std::uint64_t after) {
    return {ChannelId(channel), log.HeadNow(ChannelId(channel)), Seq(after), {}};
  }
  std::unique_ptr<Reader> Read(SubscribeOptions options) {
    return std::make_unique<Reader>(*hub, std::move(options), executors[next_++ % 3]);
  }
  std::unique_ptr<Reader> Read(std::vector<StartCursor> cursors) {
    return Read({UserId(5), SessionId(50), std::move(cursors), {}});
  }
  // Lets the hub and the reader come to rest.
  void Settle(Reader& reader) {
    do {
      Run();
      reader.PullAll();
      Run();
    } while (reader.Pull(1) > 0);
  }
  // What the reader has got by then.
  std::string Story(Reader& reader) {
    Settle(reader);
    return reader.Story();
  }

  asio::io_context io;
  SimClock clock;  // Its timers hold executors: they go first.
  TestLog log;
  FlushGate gate{clock, std::chrono::seconds(2)};
  TestBus bus;
  SeededRandom random;
  TestEncoder encoder;
  std::vector<asio::any_io_executor> executors;
  std::unique_ptr<Hub> hub;

 private:
  std::size_t next_ = 0;
};

class HubTest : public testing::Test {
 protected:
  // A world of its own options, where the default one does not do.
  HubWorld& Remake(HubOptions options) {
    world_.reset();
    world_ = std::make_unique<HubWorld>(options);
    return *world_;
  }
  HubWorld& w() { return *world_; }

 private:
  std::unique_ptr<HubWorld> world_ = std::make_unique<HubWorld>();
};

}  // namespace yap::hub
