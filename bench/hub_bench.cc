// What the broadcast costs per message and subscriber, without sockets: from the doorbell to the
// ranges of bytes that a writev would take. One thread, 1000 subscribers of one channel, 128 bytes
// of text. docs/performance.md holds the figures.
#include <benchmark/benchmark.h>

#include <asio/io_context.hpp>
#include <memory>
#include <vector>

#include "hub/hub.h"

namespace yap::hub {
namespace {

constexpr std::size_t kSubscribers = 1000;
constexpr std::size_t kPassBytes = 64 * 1024;

// As long as a framed protobuf event of this text, without the cost of encoding one.
class BenchEncoder final : public FrameEncoder {
 public:
  void Event(const core::Event& event, std::string& out) const override {
    out.append(30, '\0');
    out += std::get<core::MessagePosted>(event.body).text;
  }
  void Hello(WallTime, Duration, core::UserId, std::string& out) const override { out += "H"; }
  void CaughtUp(core::ChannelId, core::Head, std::string& out) const override { out += "C"; }
  void Heartbeat(std::span<const std::pair<core::ChannelId, core::Head>>,
                 std::string& out) const override {
    out += "B";
  }
  void Truncated(core::ChannelId, core::Head, core::Seq, std::string&) const override {}
  void EpochChanged(core::ChannelId, core::Head, std::string&) const override {}
  void Reconnect(Duration, std::string&) const override {}
  void Ended(core::ChannelId, EndReason, std::string&) const override {}
};

// A log of which only the head is ever asked for.
class BenchLog final : public core::EventLog {
 public:
  core::Seq last;
  core::Writers writers() const override { return core::Writers::kOthersToo; }
  Task<std::vector<core::Appended>> Append(core::ChannelId, std::vector<core::Draft>, core::Seq,
                                           Deadline) override {
    co_return std::vector<core::Appended>();
  }
  Task<core::EventPage> Read(core::ChannelId, core::Seq, std::size_t, Deadline) override {
    co_return core::EventPage{{}, {last, core::Epoch(1), 0, {}}, core::Seq(1)};
  }
  Task<core::Head> ReadHead(core::ChannelId, Deadline) override {
    co_return core::Head{last, core::Epoch(1), 0, {}};
  }
  Task<std::optional<core::KeyMatch>> FindKey(core::ChannelId, core::UserId, core::ClientKey,
                                              core::Seq, Deadline) override {
    co_return std::nullopt;
  }
};

class BenchBus final : public core::EventBus {
 public:
  void Publish(const core::Envelope& envelope) override { handler_(envelope); }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    handler_ = std::move(handler);
    return std::make_unique<Subscription>();
  }

 private:
  Handler handler_;
};

class CountingSink final : public Sink {
 public:
  void Share(std::span<const char> bytes) override { total += bytes.size(); }
  void Copy(std::span<const char> bytes) override { total += bytes.size(); }
  std::size_t total = 0;
};

class World {
 public:
  World()
      : hub_(NewHub({log_, bus_, encoder_, SystemClock(), SystemRandom(), {executor()}},
                    {.heartbeat_interval = std::chrono::hours(1)})) {
    for (std::size_t i = 0; i < kSubscribers; ++i) {
      SubscribeOptions options{core::UserId(i + 1), core::SessionId(i + 1), {}, {}};
      options.cursors.push_back({kChannel, {{}, core::Epoch(1), 0, {}}, {}, {}});
      streams_.push_back(
          hub_->Subscribe(std::move(options), executor(), [this, i] { woken_.push_back(i); }));
    }
    Pass();
  }
  ~World() {
    streams_.clear();
    hub_.reset();
    Poll();
  }

  void Publish(std::size_t count) {
    batch_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      auto event = std::make_shared<core::Event>();
      event->channel = kChannel;
      event->seq = log_.last = log_.last.Next();
      event->epoch = core::Epoch(1);
      event->body = core::MessagePosted{std::string(128, 'x'), {}};
      batch_.push_back(std::move(event));
    }
    bus_.Publish({.events = batch_});
  }

  // Everything that was woken takes what there is, as the edge does.
  void Pass() {
    Poll();
    for (const std::size_t i : std::exchange(woken_, {})) {
      while (const std::size_t n = streams_[i]->Available(kPassBytes)) streams_[i]->Take(n, sink_);
    }
    hub_->EndPass();
  }
  std::size_t bytes() const { return sink_.total; }

 private:
  static constexpr core::ChannelId kChannel{7};
  asio::any_io_executor executor() { return io_.get_executor(); }
  void Poll() {
    io_.restart();
    while (io_.poll() > 0) io_.restart();
  }

  asio::io_context io_;
  BenchLog log_;
  BenchBus bus_;
  BenchEncoder encoder_;
  std::vector<std::size_t> woken_;
  CountingSink sink_;
  std::unique_ptr<Hub> hub_;
  std::vector<std::unique_ptr<Subscriber>> streams_;
  std::vector<core::EventPtr> batch_;
};

void BM_Broadcast(benchmark::State& state) {
  World world;
  const auto batch = static_cast<std::size_t>(state.range(0));
  const std::size_t before = world.bytes();
  for ([[maybe_unused]] auto _ : state) {
    world.Publish(batch);
    world.Pass();
  }
  const double deliveries = static_cast<double>(state.iterations()) * static_cast<double>(batch) *
                            static_cast<double>(kSubscribers);
  if (static_cast<double>(world.bytes() - before) != deliveries * 158) {
    state.SkipWithError("not every byte was delivered");
  }
  state.counters["ns_per_delivery"] = benchmark::Counter(
      deliveries / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(BM_Broadcast)->Arg(1)->Arg(32)->Arg(256);

}  // namespace
}  // namespace yap::hub

BENCHMARK_MAIN();
