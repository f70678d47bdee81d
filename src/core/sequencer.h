// core/sequencer.h: the one writer of one channel in this process. What waits goes into one append
// at a time, up to kAppendBatchMax events and kAppendBatchBytesMax bytes; the next batch is what
// gathered meanwhile. Other processes may write to the same log: the store's compare-and-set
// decides, and the loser learns the events it did not know and rules on its writes again. Where
// there are other processes, nothing is refused before the log was read to its head.
// docs/sequencer.md shows the data flow. Everything happens on the thread of its executor.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "core/batch.h"
#include "core/channels.h"
#include "core/effect_pump.h"
#include "core/rate_limiter.h"

namespace yap::core {

struct SequencerPorts {
  EventLog& log;
  ChannelStore& channels;
  EventBus& bus;
  Clock& clock;
  Random& random;
  UserRateLimiter& users;
  asio::any_io_executor executor;
};

struct SequencerOptions {
  RuleLimits limits;
  Rate channel_rate;
};

class Sequencer : public std::enable_shared_from_this<Sequencer> {
 public:
  // `idle` is called whenever Idle() has become true.
  Sequencer(ChannelId channel, SequencerPorts ports, SequencerOptions options, EffectSink sink,
            std::function<void()> idle);

  // Calls `write.done` once: with where the write is, durable, or with why not. Errors, besides
  // those of the rules: ResourceExhausted "QUEUE_FULL" or "STORE_FULL" (nothing stored); Conflict
  // "WRITE_CONFLICT", Unavailable "STORE_UNAVAILABLE", DeadlineExceeded "DEADLINE" (unknown, or
  // never tried).
  void Submit(PendingWrite write);
  // Calls `done` when all effects of stored events are in their inboxes, or with why they are not.
  void AwaitEffects(Deadline deadline, Callback<void> done);
  // Leaves effects that are not delivered for the next start; writes that wait go on.
  void Stop();

  // Nothing waits and nothing is under way, but for a read of the channel that nobody waits for any
  // more, which may end behind it: the state may be dropped.
  bool Idle() const {
    return !running_ && !pumping_ && !announcing_ && !catching_up_later_ && queue_.empty();
  }
  // False where the channel could not be loaded.
  bool Loaded() const { return state_ || loaded_ || loading_; }

 private:
  struct Waiter {
    Callback<void> done;  // Empty once called.
    std::unique_ptr<Timer> timer;
    void Answer(Result<> result);
  };

  static asio::awaitable<void> Run(std::shared_ptr<Sequencer> self);
  void Start();
  std::vector<PendingWrite> TakeBatch();
  asio::awaitable<void> Process(Batch& batch);
  Task<void> Prepare(Batch& batch);
  bool MayAnswer(const Batch& batch, const std::vector<Appended>& appended) const;
  Task<void> Refresh();
  std::shared_ptr<Waiter> NewWaiter(Deadline deadline, Error late, Callback<void> done);
  Task<void> Activate(Deadline deadline);
  Task<ChannelSnapshot> Load(Deadline deadline);
  static asio::awaitable<void> ReadSnapshot(std::shared_ptr<Sequencer> self);
  Task<void> LoadEffects(Seq done, Seq last, Deadline deadline);
  Task<void> CatchUp(Batch* batch, Deadline deadline);
  void Learn(const EventPtr& event, Batch* batch);
  Task<void> LookUpKeys(Batch& batch, Deadline deadline);
  Result<> TakeLookUp(Batch& batch, std::size_t entry, Result<std::optional<KeyMatch>> match) const;
  Task<std::vector<Appended>> AppendPatiently(Batch& batch);
  void Commit(Batch& batch, const std::vector<Appended>& appended);
  void Refuse(Batch& batch, const Error& error);
  void RefuseWaiting(const Error& told);
  void CatchUpLater();
  void Announce(std::vector<EventPtr> events);
  static asio::awaitable<void> AnnounceAgain(std::shared_ptr<Sequencer> self, Seq seq);
  void TakeEffects(const EventPtr& event);
  static asio::awaitable<void> Pump(std::shared_ptr<Sequencer> self);
  void TellIdle();
  void WakeEffectWaiters(const Result<>& result);
  Bench MakeBench();
  Deadline Patience() const { return Deadline::After(ports_.clock, kAppendPatience); }

  const ChannelId channel_;
  const SequencerPorts ports_;
  const SequencerOptions options_;
  const std::function<void()> idle_;

  WriteGate gate_;
  EffectPump pump_;
  std::deque<PendingWrite> queue_;
  std::vector<std::shared_ptr<Waiter>> effect_waiters_;
  std::shared_ptr<Waiter> load_waiter_;
  std::optional<Result<ChannelSnapshot>> loaded_;  // What ReadSnapshot left for Load.
  std::optional<ChannelState> state_;
  std::unique_ptr<Timer> catch_up_timer_;  // Of CatchUpLater, once it was called.
  bool catching_up_later_ = false;         // It is armed.
  bool refresh_wanted_ = false;  // Somebody waits for the effects, or nobody would deliver them.
  bool stale_ = false;           // The log may have events that `state_` does not know.
  bool running_ = false;         // Run is under way: it alone touches `state_`.
  bool loading_ = false;         // ReadSnapshot is under way.
  bool pumping_ = false;         // Pump is under way.
  bool announcing_ = false;      // AnnounceAgain is under way.
};

}  // namespace yap::core
