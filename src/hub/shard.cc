#include "hub/shard.h"

#include <algorithm>
#include <asio/post.hpp>

#include "core/reasons.h"
#include "hub/home.h"
#include "hub/limits.h"
#include "hub/room_view.h"
#include "hub/subscriber.h"

namespace yap::hub {

Duration RandomUpTo(Random& random, Duration most) {
  const auto bound = static_cast<std::uint64_t>(std::max<Duration::rep>(0, most.count())) + 1;
  return Duration(static_cast<Duration::rep>(random.Below(bound)));
}

Shard::Shard(std::shared_ptr<Env> env, std::size_t thread, std::vector<std::weak_ptr<Home>> homes)
    : env_(std::move(env)),
      thread_(thread),
      executor_(env_->ports.executors[thread]),
      homes_(std::move(homes)) {}

template <class F>
void Shard::Post(F f) {
  asio::post(executor_, [self = shared_from_this(), f = std::move(f)]() mutable {
    if (!self->env_->stopped) f(*self);
  });
}

template <class F>
void Shard::ForStreams(F&& f) {
  for (auto& slot : slots_) {
    for (Stream* stream : slot) f(*stream);
  }
}

void Shard::Start() {
  Post([](Shard& shard) {
    shard.thread_id_ = std::this_thread::get_id();
    shard.timer_ = shard.env_->ports.clock.NewTimer(shard.executor_);
    shard.ArmTick();
  });
}

void Shard::Stop() {
  asio::post(executor_, [self = shared_from_this()] { self->timer_.reset(); });
}

// --- Streams ---

Result<> Shard::Admit(core::SessionId session) {
  thread_id_ = std::this_thread::get_id();
  if (draining_) {
    return Fail(Errc::kUnavailable, core::reason::kShuttingDown,
                "this server is shutting down: connect again, another one or the next will answer");
  }
  if (ended_sessions_.contains(session)) return Fail(SessionEnded());
  return {};
}

void Shard::Add(Stream& stream) {
  stream.slot = next_slot_++ % kHeartbeatSlots;
  slots_[stream.slot].push_back(&stream);
  ++env_->subscribers;
}

void Shard::Remove(Stream& stream) {
  std::erase(slots_[stream.slot], &stream);
  if (stream.queued) std::ranges::replace(to_wake_, &stream, nullptr);
  --env_->subscribers;
}

void Shard::EndSessions(const std::vector<core::SessionId>& sessions) {
  Post([sessions](Shard& shard) {
    for (const core::SessionId session : sessions) {
      shard.ended_sessions_[session] = shard.env_->ports.clock.Mono();
    }
    shard.ForStreams([&](Stream& stream) {
      if (std::ranges::find(sessions, stream.session()) != sessions.end()) stream.EndSession();
    });
  });
}

void Shard::Drain(Duration spread) {
  Post([spread](Shard& shard) {
    shard.draining_ = true;
    shard.ForStreams(
        [&](Stream& stream) { stream.Drain(RandomUpTo(shard.env_->ports.random, spread)); });
  });
}

void Shard::WakeAll() {
  Post([](Shard& shard) { shard.ForStreams([](Stream& stream) { stream.NeedsWake(); }); });
}

// --- Rooms ---

std::shared_ptr<RoomView> Shard::ViewOf(core::ChannelId channel) {
  const auto found = views_.find(channel);
  if (found != views_.end()) return found->second->shared_from_this();
  auto view = std::make_shared<RoomView>(shared_from_this(), channel);
  views_.emplace(channel, view.get());
  return view;
}

void Shard::Forget(RoomView& view) {
  const auto found = views_.find(view.channel());
  if (found != views_.end() && found->second == &view) views_.erase(found);
  std::erase(to_tell_, &view);
}

std::shared_ptr<Home> Shard::HomeOf(core::ChannelId channel) const {
  return homes_[env_->HomeOf(channel)].lock();
}

// --- Wakes ---

void Shard::WakeSoon(Stream& stream) {
  if (std::exchange(stream.queued, true)) return;
  to_wake_.push_back(&stream);
  PostTurn();
}

void Shard::TellWaiting(RoomView& view) {
  to_tell_.push_back(&view);
  PostTurn();
}

void Shard::PostTurn() {
  if (std::exchange(turn_posted_, true)) return;
  Post([](Shard& shard) { shard.RunTurn(); });
}

bool Shard::HasTurn() const { return !to_wake_.empty() || !to_tell_.empty(); }

void Shard::RunTurn() {
  for (std::size_t steps = 0; steps < kWakesPerTurn && HasTurn(); ++steps) {
    if (to_wake_.empty()) TellNext();
    if (!to_wake_.empty()) WakeNext();
  }
  turn_posted_ = false;
  if (HasTurn()) PostTurn();
}

// Who is woken may end any stream and make new ones.
void Shard::WakeNext() {
  Stream* const stream = to_wake_.front();
  to_wake_.pop_front();
  if (stream == nullptr) return;  // Gone since.
  stream->queued = false;
  stream->Wake();
}

// Rooms take turns: a small one does not wait for a large one.
void Shard::TellNext() {
  RoomView* const view = to_tell_.front();
  to_tell_.pop_front();
  if (view->TellNext()) to_tell_.push_back(view);
}

// --- Passes ---

void Shard::Retire(std::shared_ptr<const void> thing) {
  if (!shared_ || !thing) return;
  retired_.push_back(std::move(thing));
  if (passes_are_ended_ || std::exchange(clear_posted_, true)) return;
  Post([](Shard& shard) {
    shard.clear_posted_ = false;
    if (!shard.passes_are_ended_) shard.ClearRetired();
  });
}

void Shard::EndPass() {
  passes_are_ended_ = true;
  ClearRetired();
}

void Shard::ClearRetired() {
  shared_ = false;
  retired_.clear();
}

// --- Ticks ---

void Shard::ArmTick() {
  const auto tick = env_->options.heartbeat_interval / kHeartbeatSlots;
  timer_->Arm(env_->ports.clock.Mono() + std::chrono::duration_cast<MonoTime::duration>(tick),
              [weak = weak_from_this()] {
                if (auto self = weak.lock(); self && self->timer_) self->Tick();
              });
}

void Shard::Tick() {
  if (env_->stopped) return;
  tick_slot_ = (tick_slot_ + 1) % kHeartbeatSlots;
  for (Stream* stream : slots_[tick_slot_]) stream->Heartbeat();
  DropOldPages();
  ForgetOldSessions();
  ArmTick();
}

void Shard::DropOldPages() {
  const auto paged = paged_;
  for (Cursor* cursor : paged) {
    const bool idle = ++cursor->idle_ticks > kPageIdleTicks;
    if (++cursor->page_ticks > kPageTicksMax || idle) cursor->owner->DropPage(*cursor);
  }
}

void Shard::ForgetOldSessions() {
  const MonoTime now = env_->ports.clock.Mono();
  std::erase_if(ended_sessions_,
                [now](const auto& entry) { return now - entry.second > kEndedSessionsKept; });
}

}  // namespace yap::hub
