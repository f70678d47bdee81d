// core/sequencer_pool.h: the sequencers of the channels that are in use, on as many threads as
// there are executors. Thread-safe: a channel belongs to one executor, and calls post to it.
#pragma once

#include <memory>
#include <vector>

#include "core/channels.h"
#include "core/effect_pump.h"
#include "core/sequencer.h"

namespace yap::core {

class SequencerPool {
 public:
  // What `ports` refers to outlives the pool. The pool outlives what it was asked to do: Drain, or
  // end the executors' threads, before it goes.
  SequencerPool(const ChannelPorts& ports, const ChannelOptions& options, EffectSink sink);
  ~SequencerPool();

  // Takes the rate of a write that has to be paid for before it comes here: its command then goes
  // by the server's authority. Errors: those of UserRateLimiter::Pay.
  Result<> Charge(UserId user, MonoTime now) { return users_.Pay(user, now); }
  // See Sequencer::Submit. Error: Unavailable "SHUTTING_DOWN" after Drain.
  Task<Written> Write(ChannelId channel, Command command, Deadline deadline);
  // Returns when the effects of all the channel's events are in their inboxes.
  Task<void> AwaitEffects(ChannelId channel, Deadline deadline);
  // Refuses new writes and returns when those under way are answered.
  asio::awaitable<void> Drain();

 private:
  class Shard;
  const std::shared_ptr<Shard>& ShardOf(ChannelId channel) const;
  static Task<void> DrainOne(std::shared_ptr<Shard> shard);

  UserRateLimiter users_;
  std::vector<std::shared_ptr<Shard>> shards_;
};

}  // namespace yap::core
