#include "core/sequencer_pool.h"

#include <algorithm>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <list>
#include <unordered_map>

#include "base/check.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

metrics::Gauge& ActiveChannels() {
  static auto gauge =
      metrics::NewGauge("yap_active_channels", "Channels whose state is kept in memory.");
  return gauge;
}

Error ShuttingDown() {
  return MakeError(Errc::kUnavailable, reason::kShuttingDown,
                   "the server is stopping; try again with the same key");
}

}  // namespace

// The sequencers of one executor; all but the constructor runs there.
class SequencerPool::Shard : public std::enable_shared_from_this<Shard> {
 public:
  Shard(SequencerPorts ports, SequencerOptions options, EffectSink sink, std::size_t active_max)
      : ports_(std::move(ports)),
        options_(options),
        sink_(std::move(sink)),
        active_max_(active_max) {}
  ~Shard() { ActiveChannels().Add(-static_cast<double>(slots_.size())); }

  const asio::any_io_executor& executor() const { return ports_.executor; }

  void Submit(ChannelId channel, PendingWrite write) {
    if (draining_) return write.done(Fail(ShuttingDown()));
    Open(channel)->Submit(std::move(write));
  }

  void AwaitEffects(ChannelId channel, Deadline deadline, Callback<void> done) {
    if (draining_) return done(Fail(ShuttingDown()));
    Open(channel)->AwaitEffects(deadline, std::move(done));
  }

  void Drain(Callback<void> done) {
    draining_ = true;
    for (const auto& [id, slot] : slots_) slot.sequencer->Stop();
    drained_.push_back(std::move(done));
    CheckDrained();
  }

 private:
  struct Slot {
    std::shared_ptr<Sequencer> sequencer;
    std::list<ChannelId>::iterator place;
  };

  // The channel's sequencer, now the most recently used.
  std::shared_ptr<Sequencer> Open(ChannelId channel) {
    if (const auto it = slots_.find(channel); it != slots_.end()) {
      recent_.splice(recent_.begin(), recent_, it->second.place);
      return it->second.sequencer;
    }
    DropIdle(active_max_ - 1);
    auto sequencer = std::make_shared<Sequencer>(channel, ports_, options_, sink_,
                                                 [weak = weak_from_this(), channel] {
                                                   if (const auto shard = weak.lock())
                                                     shard->BecameIdle(channel);
                                                 });
    recent_.push_front(channel);
    slots_.emplace(channel, Slot{sequencer, recent_.begin()});
    ActiveChannels().Add(1);
    return sequencer;
  }

  void Close(std::unordered_map<ChannelId, Slot>::iterator it) {
    recent_.erase(it->second.place);
    slots_.erase(it);
    ActiveChannels().Add(-1);
  }

  // Down to `keep`, as far as they are idle. Those at work stay, and count as used.
  void DropIdle(std::size_t keep) {
    for (std::size_t i = 0; slots_.size() > keep && i < kDropTries; ++i) {
      const auto it = slots_.find(recent_.back());
      if (it->second.sequencer->Idle()) {
        Close(it);
      } else {
        recent_.splice(recent_.begin(), recent_, it->second.place);
      }
    }
  }

  // A channel that could not be loaded leaves nothing behind: ids can be guessed.
  void BecameIdle(ChannelId channel) {
    const auto it = slots_.find(channel);
    if (it != slots_.end() && it->second.sequencer->Idle() && !it->second.sequencer->Loaded()) {
      Close(it);
    }
    DropIdle(active_max_);
    CheckDrained();
  }

  void CheckDrained() {
    if (drained_.empty()) return;
    const auto idle = [](const auto& s) { return s.second.sequencer->Idle(); };
    if (!std::ranges::all_of(slots_, idle)) return;
    for (auto& done : std::exchange(drained_, {})) done({});
  }

  // Busy channels passed over when one is to be dropped.
  static constexpr std::size_t kDropTries = 8;

  const SequencerPorts ports_;
  const SequencerOptions options_;
  const EffectSink sink_;
  const std::size_t active_max_;

  std::unordered_map<ChannelId, Slot> slots_;
  std::list<ChannelId> recent_;  // The most recently used first.
  std::vector<Callback<void>> drained_;
  bool draining_ = false;
};

SequencerPool::SequencerPool(const ChannelPorts& ports, const ChannelOptions& options,
                             EffectSink sink)
    : users_({options.rates.user_sends_per_second, options.rates.user_send_burst}) {
  YAP_CHECK(!ports.executors.empty());
  const SequencerOptions each{
      {options.members_max},
      {options.rates.channel_sends_per_second, options.rates.channel_send_burst}};
  const std::size_t active_max =
      std::max<std::size_t>(1, options.active_channels_max / ports.executors.size());
  for (const auto& executor : ports.executors) {
    const SequencerPorts own{ports.log,    ports.channels, ports.bus, ports.clock,
                             ports.random, users_,         executor};
    shards_.push_back(std::make_shared<Shard>(own, each, sink, active_max));
  }
}

SequencerPool::~SequencerPool() = default;

const std::shared_ptr<SequencerPool::Shard>& SequencerPool::ShardOf(ChannelId channel) const {
  return shards_[std::hash<ChannelId>()(channel) % shards_.size()];
}

Task<Written> SequencerPool::Write(ChannelId channel, Command command, Deadline deadline) {
  const auto shard = ShardOf(channel);
  // At once on the channel's own thread: Submit only queues, and its answer comes later.
  co_return co_await FromCallback<Written>([&](Callback<Written> done) {
    asio::dispatch(shard->executor(),
                   [shard, channel,
                    write = PendingWrite{std::move(command), deadline, std::move(done)}]() mutable {
                     shard->Submit(channel, std::move(write));
                   });
  });
}

Task<void> SequencerPool::AwaitEffects(ChannelId channel, Deadline deadline) {
  const auto shard = ShardOf(channel);
  co_return co_await FromCallback<void>([&](Callback<void> done) {
    asio::post(shard->executor(), [shard, channel, deadline, done = std::move(done)]() mutable {
      shard->AwaitEffects(channel, deadline, std::move(done));
    });
  });
}

// All at once: each waits for what its channels are at.
asio::awaitable<void> SequencerPool::Drain() {
  std::vector<Task<void>> drains;
  for (const auto& shard : shards_) drains.push_back(DrainOne(shard));
  co_await AwaitAll(std::move(drains), shards_.size());
}

Task<void> SequencerPool::DrainOne(std::shared_ptr<Shard> shard) {
  co_return co_await FromCallback<void>([&](Callback<void> done) {
    asio::post(shard->executor(),
               [shard, done = std::move(done)]() mutable { shard->Drain(std::move(done)); });
  });
}

}  // namespace yap::core
