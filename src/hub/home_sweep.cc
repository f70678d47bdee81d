// The sweep: the lost last doorbell is the one case that sequence numbers cannot show, so the heads
// of watched channels are compared with the store's, seldom in health and every second once the bus
// is suspect.
#include <algorithm>
#include <utility>

#include "hub/home.h"
#include "hub/limits.h"

namespace yap::hub {
namespace {

MonoTime::duration Mono(Duration span) {
  return std::chrono::duration_cast<MonoTime::duration>(span);
}

}  // namespace

void Home::ArmTick() {
  timer_->Arm(env_->ports.clock.Mono() + Mono(env_->options.sweep_interval_alarmed),
              [weak = weak_from_this()] {
                if (auto self = weak.lock(); self && self->timer_) self->Tick();
              });
}

void Home::Tick() {
  if (env_->stopped) return;
  const MonoTime now = env_->ports.clock.Mono();
  if (sweep_again_ || now >= next_sweep_ || now < suspect_until_) {
    StartSweep();
  } else if (sweep_workers_ == 0) {
    Sweep(std::exchange(unanswered_, {}));
  }
  DropIdleRooms();
  ArmTick();
}

void Home::ScheduleSweep() {
  const Duration interval = env_->options.sweep_interval;
  next_sweep_ =
      interval == Duration::max() ? MonoTime::max() : env_->ports.clock.Mono() + Mono(interval);
}

void Home::DoSuspectBus() {
  suspect_until_ = env_->ports.clock.Mono() + Mono(kSuspectFor);
  StartSweep();
}

// One at a time: the first tick after one that runs begins the next. Whoever asks for it has just
// heard of something that the reads of the running one may be older than.
void Home::StartSweep() {
  sweep_again_ = sweep_workers_ > 0;
  if (sweep_again_) return;
  ScheduleSweep();
  unanswered_.clear();
  std::vector<RoomPtr> watched;
  for (auto& [channel, room] : rooms_) {
    if (!room->readers.empty()) watched.push_back(room);
  }
  Sweep(std::move(watched));
}

void Home::Sweep(std::vector<RoomPtr> rooms) {
  sweep_ = std::move(rooms);
  sweep_next_ = 0;
  sweep_workers_ = std::min(kSweepReadsMax, sweep_.size());
  for (std::size_t i = 0; i < sweep_workers_; ++i) Spawn(executor_, SweepSome(shared_from_this()));
}

asio::awaitable<void> Home::SweepSome(std::shared_ptr<Home> self) {
  while (self->sweep_next_ < self->sweep_.size() && !self->env_->stopped) {
    const RoomPtr room = self->sweep_[self->sweep_next_++];
    if (!room->closed && !room->readers.empty()) co_await SweepOne(self, room);
  }
  if (--self->sweep_workers_ == 0) self->sweep_.clear();
}

// A head that could not be read is asked for again with the next tick: nobody else may ever ask.
asio::awaitable<void> Home::SweepOne(std::shared_ptr<Home> self, RoomPtr room) {
  const core::Seq last = room->log->last();
  const auto head = co_await self->env_->ports.log.ReadHead(
      room->channel, Deadline::After(self->env_->ports.clock, kReadTimeout));
  if (head) {
    self->OnHead(room, last, *head);
  } else {
    TheMetrics().read_errors.Add();
    self->unanswered_.push_back(room);
  }
}

// What is told may be older than what is here, so only more counts. Another epoch is the store's to
// judge, and so is what is only suspected. It counts for a room without readers, too: the next one
// may have been let in before.
void Home::DoLearn(const std::vector<core::ChannelHead>& heads) {
  for (const core::ChannelHead& head : heads) {
    const auto found = rooms_.find(head.channel);
    if (found == rooms_.end()) continue;
    const RoomPtr room = found->second;
    const bool known = head.seq != core::Seq() && head.epoch == room->log->epoch();
    if (known) room->known = std::max(room->known, head.seq);
    if (!known || room->known > room->log->last()) StartFill(room);
  }
}

void Home::OnHead(const RoomPtr& room, core::Seq last_before, const core::Head& head) {
  if (room->closed) return;
  if (head.epoch != room->log->epoch() || head.seq < last_before) {
    return CloseRoom(*room, {.head = head});
  }
  room->known = std::max(room->known, head.seq);
  if (room->known > room->log->last()) StartFill(room);
}

}  // namespace yap::hub
