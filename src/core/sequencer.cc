#include "core/sequencer.h"

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "core/reasons.h"

namespace yap::core {
namespace {

struct Metrics {
  metrics::Counter messages =
      metrics::NewCounter("yap_messages_accepted_total", "Messages stored and acknowledged.");
  metrics::Counter events =
      metrics::NewCounter("yap_events_appended_total", "Events of every kind stored.");
  metrics::Counter repeats = metrics::NewCounter(
      "yap_repeated_writes_total", "Writes that were stored before and answered the same.");
  metrics::Counter queue_full = metrics::NewCounter(
      "yap_sequencer_refused_total", "Writes refused because too many waited for the channel.");
  metrics::Counter conflicts = metrics::NewCounter(
      "yap_append_conflicts_total", "Appends lost to another writer of the same channel.");
  metrics::Counter unknown = metrics::NewCounter("yap_append_unknown_total",
                                                 "Appends whose outcome the store did not tell.");
  metrics::Histogram batch = metrics::NewHistogram(
      "yap_append_batch_events", "Events in one append.", {}, {1, 2, 4, 8, 16, 32, 64});
  metrics::Histogram seconds = metrics::NewHistogram("yap_append_seconds", "Duration of an append.",
                                                     {}, metrics::LatencyBounds());
};
Metrics& Counters() {
  static Metrics metrics;
  return metrics;
}

bool OutcomeUnknown(Errc code) {
  return code == Errc::kUnavailable || code == Errc::kDeadlineExceeded;
}

Error StoreUnavailable() {
  return MakeError(Errc::kUnavailable, reason::kStoreUnavailable,
                   "the store does not answer; whether the write was stored is unknown, try again "
                   "with the same key");
}

Error WriteConflict() {
  return MakeError(Errc::kConflict, reason::kWriteConflict,
                   "other writers of the channel kept coming first; try again with the same key");
}

Error QueueFull() {
  return MakeError(Errc::kResourceExhausted, reason::kQueueFull,
                   "more writes wait for this channel than the server can promise to store in "
                   "time; try again in a second")
      .With("queue", "channel")
      .RetryAfter(std::chrono::seconds(1));
}

Error DeadlinePassed() {
  return MakeError(Errc::kDeadlineExceeded, reason::kDeadline,
                   "the deadline passed before the channel's effects were delivered");
}

// The store's errors as a client may see them.
Error ForClients(const Error& error) {
  if (error.code == Errc::kNotFound) return ChannelNotFound();
  if (OutcomeUnknown(error.code)) return StoreUnavailable();
  return error;
}

}  // namespace

Sequencer::Sequencer(ChannelId channel, SequencerPorts ports, SequencerOptions options,
                     EffectSink sink, std::function<void()> idle)
    : channel_(channel),
      ports_(std::move(ports)),
      options_(options),
      idle_(std::move(idle)),
      gate_(ports_.users, options_.channel_rate),
      pump_(channel, ports_.channels, ports_.clock, std::move(sink)) {}

void Sequencer::Submit(PendingWrite write) {
  if (queue_.size() >= kSequencerQueueMax) {
    Counters().queue_full.Add();
    return write.done(Fail(QueueFull()));
  }
  queue_.push_back(std::move(write));
  Start();
}

void Sequencer::Stop() {
  pump_.Stop();
  if (std::exchange(catching_up_later_, false)) catch_up_timer_->Cancel();
}

void Sequencer::AwaitEffects(Deadline deadline, Callback<void> done) {
  effect_waiters_.push_back(NewWaiter(deadline, DeadlinePassed(), std::move(done)));
  refresh_wanted_ = true;
  Start();
}

std::shared_ptr<Sequencer::Waiter> Sequencer::NewWaiter(Deadline deadline, Error late,
                                                        Callback<void> done) {
  auto waiter = std::make_shared<Waiter>();
  waiter->done = std::move(done);
  waiter->timer = ports_.clock.NewTimer(ports_.executor);
  waiter->timer->Arm(deadline.at, [weak = std::weak_ptr(waiter), late = std::move(late)] {
    if (const auto w = weak.lock()) w->Answer(Fail(late));
  });
  return waiter;
}

void Sequencer::Waiter::Answer(Result<> result) {
  timer->Cancel();
  if (auto call = std::exchange(done, nullptr)) call(std::move(result));
}

// Behind what is ready: writes that came together, in one read from a socket say, are one batch.
void Sequencer::Start() {
  if (running_) return;
  running_ = true;
  asio::post(ports_.executor,
             [self = shared_from_this()] { Spawn(self->ports_.executor, Run(self)); });
}

asio::awaitable<void> Sequencer::Run(std::shared_ptr<Sequencer> self) {
  while (self->refresh_wanted_ || !self->queue_.empty()) {
    if (std::exchange(self->refresh_wanted_, false)) {
      auto current = co_await self->Refresh();
      if (current) continue;
      self->WakeEffectWaiters(current);
      self->RefuseWaiting(ForClients(current.error()));
      self->CatchUpLater();
      continue;
    }
    Batch batch(self->TakeBatch(), self->ports_.random);
    co_await self->Process(batch);
  }
  self->running_ = false;
  self->TellIdle();
}

// The state as of now, with the effects of all it knows on their way.
Task<void> Sequencer::Refresh() {
  const Deadline deadline = Patience();
  if (!state_) co_return co_await Activate(deadline);
  stale_ = true;
  co_return co_await CatchUp(nullptr, deadline);
}

std::vector<PendingWrite> Sequencer::TakeBatch() {
  std::vector<PendingWrite> writes;
  std::size_t events = 0;
  std::size_t bytes = 0;
  while (!queue_.empty()) {
    const Action& action = queue_.front().command.action;
    events += EventCountOf(action);
    bytes += BytesOf(action);
    const bool fits = events <= kAppendBatchMax && bytes <= kAppendBatchBytesMax;
    if (!fits && !writes.empty()) break;
    writes.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return writes;
}

asio::awaitable<void> Sequencer::Process(Batch& batch) {
  const MonoTime give_up = ports_.clock.Mono() + kConflictRetryMax;
  while (true) {
    if (auto ready = co_await Prepare(batch); !ready) co_return Refuse(batch, ready.error());
    batch.Judge(*state_, MakeBench());
    auto appended = co_await AppendPatiently(batch);
    if (appended && MayAnswer(batch, *appended)) co_return Commit(batch, *appended);
    batch.Revert(*state_);
    stale_ = true;
    if (appended) {
      if (batch.HasDrafts()) batch.DoubtAll();  // They were all stored before.
      continue;
    }
    if (appended.error().code != Errc::kConflict) co_return Refuse(batch, appended.error());
    Counters().conflicts.Add();
    if (ports_.clock.Mono() >= give_up) co_return Refuse(batch, WriteConflict());
    co_await SleepFor(ports_.clock, std::chrono::microseconds(ports_.random.Below(
                                        std::chrono::microseconds(kConflictPauseMax).count())));
  }
}

// All that has to be known before ruling.
Task<void> Sequencer::Prepare(Batch& batch) {
  const Deadline deadline = Patience();
  if (!state_ || stale_) {
    if (!state_) YAP_CO_TRY_VOID(co_await Activate(deadline));
    if (stale_) YAP_CO_TRY_VOID(co_await CatchUp(&batch, deadline));
    batch.SawHead();
  }
  co_return co_await LookUpKeys(batch, deadline);
}

// What rests on the state needs the newest one. An append that stored something was made on it.
bool Sequencer::MayAnswer(const Batch& batch, const std::vector<Appended>& appended) const {
  if (!batch.RestsOnState() || batch.saw_head()) return true;
  if (ports_.log.writers() == Writers::kThisProcess) return true;
  return std::ranges::any_of(
      appended, [](const Appended& a) { return a.outcome == Appended::Outcome::kStored; });
}

// The projections may be behind the log: what they do not know yet is read from it.
Task<void> Sequencer::Activate(Deadline deadline) {
  YAP_CO_TRY(auto snapshot, co_await Load(deadline));
  const Seq done = snapshot.channel.effects_done;
  const Seq last = snapshot.channel.effects_last;
  state_.emplace(std::move(snapshot));
  stale_ = true;
  if (done < last) {
    auto loaded = co_await LoadEffects(done, last, deadline);
    if (!loaded) state_.reset();
    YAP_CO_TRY_VOID(std::move(loaded));
  }
  co_return co_await CatchUp(nullptr, deadline);  // Where that fails, the next batch goes on.
}

// Many members take the store longer to tell than a write may wait. So the read goes on when those
// who asked for it are refused, and who comes again finds it further, or done.
Task<ChannelSnapshot> Sequencer::Load(Deadline deadline) {
  if (!loaded_) {
    YAP_CO_TRY_VOID(co_await FromCallback<void>([&](Callback<void> done) {
      load_waiter_ = NewWaiter(deadline, StoreUnavailable(), std::move(done));
      if (std::exchange(loading_, true)) return;
      Spawn(ports_.executor, ReadSnapshot(shared_from_this()));
    }));
  }
  co_return *std::exchange(loaded_, std::nullopt);
}

asio::awaitable<void> Sequencer::ReadSnapshot(std::shared_ptr<Sequencer> self) {
  auto loaded = co_await self->ports_.channels.LoadChannel(
      self->channel_, Deadline::After(self->ports_.clock, kLoadPatience));
  self->loading_ = false;
  const auto waiter = std::exchange(self->load_waiter_, nullptr);
  const bool awaited = waiter && waiter->done;
  // Why a read failed that nobody waits for is no answer to who comes later.
  if (loaded || awaited) self->loaded_ = std::move(loaded);
  if (awaited) waiter->Answer({});
  self->TellIdle();
}

// Effects of events that a process before this one stored and did not deliver.
Task<void> Sequencer::LoadEffects(Seq done, Seq last, Deadline deadline) {
  while (done < last) {
    YAP_CO_TRY(auto page, co_await ports_.log.Read(channel_, done, kReadPageMax, deadline));
    if (page.events.empty()) break;  // Retention took them.
    for (const auto& event : page.events) {
      if (event->seq > last) break;
      TakeEffects(event);
    }
    done = page.events.back()->seq;
  }
  co_return Result<>();
}

Task<void> Sequencer::CatchUp(Batch* batch, Deadline deadline) {
  while (true) {
    const Head known = state_->head();
    YAP_CO_TRY(auto page, co_await ports_.log.Read(channel_, known.seq, kReadPageMax, deadline));
    if (page.head.epoch != known.epoch || page.head.seq < known.seq) {
      state_.reset();  // Another life of the log: what is known of it is worth nothing.
      co_return Fail(StoreUnavailable());
    }
    for (const auto& event : page.events) Learn(event, batch);
    if (state_->head().seq >= page.head.seq) break;
    if (page.events.empty()) co_return Fail(StoreUnavailable());
  }
  stale_ = false;
  co_return Result<>();
}

// An event of another writer. It may be an attempt at what is to be written here: its key is looked
// up then before any rule, as the sender may have been removed since.
void Sequencer::Learn(const EventPtr& event, Batch* batch) {
  state_->Fold(*event);
  TakeEffects(event);
  if (batch != nullptr) batch->DoubtIfSame(*event);
  for (auto& write : queue_) {
    if (IsOf(*event, write.command)) write.command.maybe_repeated = true;
  }
}

Task<void> Sequencer::LookUpKeys(Batch& batch, Deadline deadline) {
  const auto entries = batch.ToLookUp();
  std::vector<Task<std::optional<KeyMatch>>> todo;
  todo.reserve(entries.size());
  for (const auto entry : entries) {
    const Command& command = batch.command(entry);
    todo.push_back(ports_.log.FindKey(channel_, command.actor.user, command.key,
                                      command.first_attempt_head, deadline));
  }
  auto matches = co_await AwaitAll(std::move(todo), kKeyLookUpsAtOnce);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    YAP_CO_TRY_VOID(TakeLookUp(batch, entries[i], std::move(matches[i])));
  }
  batch.DoubtsResolved();
  co_return Result<>();
}

// That a retry comes too late is its own fault: the others of the batch are none the worse for it.
Result<> Sequencer::TakeLookUp(Batch& batch, std::size_t entry,
                               Result<std::optional<KeyMatch>> match) const {
  if (!match && match.error().code != Errc::kFailedPrecondition) return Fail(match.error());
  if (!match) {
    // Where a try of ours had no answer, "nothing was stored" would be a guess.
    batch.Refused(entry, batch.doubtful() ? StoreUnavailable() : std::move(match).error());
  } else if (*match) {
    batch.Found(entry, **match);
  } else {
    batch.NotFound(entry);
  }
  return {};
}

// Again and again with the same keys while the outcome is unknown. Of a try without an answer only
// OK tells what became of it, or a head that moved: then the keys are looked up before the next
// judgement.
Task<std::vector<Appended>> Sequencer::AppendPatiently(Batch& batch) {
  if (!batch.HasDrafts()) co_return std::vector<Appended>();
  const Deadline deadline = std::min(Patience(), batch.LatestDeadline());
  while (true) {
    const MonoTime begin = ports_.clock.Mono();
    auto appended =
        co_await ports_.log.Append(channel_, batch.Drafts(), batch.base().seq, deadline);
    Counters().seconds.Observe(std::chrono::duration<double>(ports_.clock.Mono() - begin).count());
    if (appended || appended.error().code == Errc::kConflict) co_return appended;
    if (!OutcomeUnknown(appended.error().code)) co_return appended;
    Counters().unknown.Add();
    batch.DoubtAll();
    if (ports_.clock.Mono() + kAppendRetryPause >= deadline.at) co_return Fail(StoreUnavailable());
    co_await SleepFor(ports_.clock, kAppendRetryPause);
  }
}

void Sequencer::Commit(Batch& batch, const std::vector<Appended>& appended) {
  auto stored = batch.Settle(*state_, appended);
  const auto repeats = batch.Repeats();
  const Seq head = state_->head().seq;
  stale_ = stale_ || std::ranges::any_of(appended, [&](const auto& a) { return a.seq > head; }) ||
           std::ranges::any_of(repeats, [&](Seq seq) { return seq > head; });
  refresh_wanted_ = refresh_wanted_ || stale_;  // Who stored those may not deliver their effects.
  batch.Answer(*state_);
  Announce(std::move(stored));
  Counters().repeats.Add(static_cast<double>(repeats.size()));
  // The newest is enough: whoever misses those before it sees the hole.
  const auto newest = std::ranges::max_element(repeats);
  if (newest == repeats.end() || announcing_) return;
  announcing_ = true;
  Spawn(ports_.executor, AnnounceAgain(shared_from_this(), *newest));
}

void Sequencer::Announce(std::vector<EventPtr> events) {
  if (events.empty()) return;
  ports_.bus.Publish({.events = events});
  const auto messages =
      std::ranges::count_if(events, [](const EventPtr& e) { return IsCountable(e->body); });
  Counters().messages.Add(static_cast<double>(messages));
  Counters().events.Add(static_cast<double>(events.size()));
  Counters().batch.Observe(static_cast<double>(events.size()));
  for (const auto& event : events) TakeEffects(event);
}

// The process that stored it may have died before it could tell anybody.
asio::awaitable<void> Sequencer::AnnounceAgain(std::shared_ptr<Sequencer> self, Seq seq) {
  auto page =
      co_await self->ports_.log.Read(self->channel_, Seq(seq.value - 1), 1, self->Patience());
  if (page && !page->events.empty()) self->ports_.bus.Publish({.events = page->events});
  self->announcing_ = false;
  self->TellIdle();
}

void Sequencer::Refuse(Batch& batch, const Error& error) {
  // A definite refusal after a try without an answer says nothing about that try.
  const Error told = batch.doubtful() ? StoreUnavailable() : ForClients(error);
  batch.AnswerAll(told);
  RefuseWaiting(told);
  CatchUpLater();
}

// When the store is away, what waits behind what failed with `told` is refused with it: one
// patience for all, not one after the other.
void Sequencer::RefuseWaiting(const Error& told) {
  if (!OutcomeUnknown(told.code) && state_) return;
  for (auto& write : std::exchange(queue_, {})) write.done(Fail(told));
}

// What was stored unseen may have effects, and there may be no next write that learns of it. After
// a pause: the store may be away.
void Sequencer::CatchUpLater() {
  if (!state_ || !stale_ || catching_up_later_ || pump_.stopped()) return;
  catching_up_later_ = true;
  if (!catch_up_timer_) catch_up_timer_ = ports_.clock.NewTimer(ports_.executor);
  catch_up_timer_->Arm(ports_.clock.Mono() + kEffectPauseMax, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->catching_up_later_ = false;
    self->refresh_wanted_ = self->refresh_wanted_ || (self->state_ && self->stale_);
    if (!self->refresh_wanted_) return self->TellIdle();
    self->Start();
  });
}

void Sequencer::TakeEffects(const EventPtr& event) {
  pump_.Add(event, state_->name(), state_->kind());
  if (pumping_ || pump_.size() == 0 || pump_.stopped()) return;
  pumping_ = true;
  Spawn(ports_.executor, Pump(shared_from_this()));
}

asio::awaitable<void> Sequencer::Pump(std::shared_ptr<Sequencer> self) {
  co_await self->pump_.Deliver();
  self->pumping_ = false;
  self->TellIdle();
}

void Sequencer::TellIdle() {
  if (state_ && !stale_ && pump_.done()) WakeEffectWaiters({});
  if (Idle()) idle_();
}

void Sequencer::WakeEffectWaiters(const Result<>& result) {
  for (const auto& waiter : std::exchange(effect_waiters_, {})) waiter->Answer(result);
}

Bench Sequencer::MakeBench() {
  return {options_.limits, ports_.clock.Now(), ports_.clock.Mono(), pump_.size(), gate_};
}

}  // namespace yap::core
