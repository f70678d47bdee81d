#include "hub/home.h"

#include <algorithm>
#include <asio/post.hpp>

#include "base/log.h"
#include "hub/limits.h"

namespace yap::hub {

Home::Home(std::shared_ptr<Env> env, std::size_t thread)
    : env_(std::move(env)),
      thread_(thread),
      executor_(env_->ports.executors[thread]),
      reader_(env_) {}

template <class F>
void Home::Post(F f) {
  asio::post(executor_, [self = shared_from_this(), f = std::move(f)]() mutable {
    if (!self->env_->stopped) f(*self);
  });
}

// At once where the reader is on this thread: everything here runs in handlers of its own.
template <class F>
void Home::Tell(const std::shared_ptr<RoomReader>& reader, F f) {
  if (reader->thread == thread_) return f(*reader);
  asio::post(env_->ports.executors[reader->thread],
             [reader, f = std::move(f)]() mutable { f(*reader); });
}

void Home::Start() {
  Post([](Home& home) {
    home.timer_ = home.env_->ports.clock.NewTimer(home.executor_);
    home.ScheduleSweep();
    home.ArmTick();
  });
}

void Home::Stop() {
  asio::post(executor_, [self = shared_from_this()] {
    self->timer_.reset();
    for (auto& [channel, room] : self->rooms_) room->readers.clear();
  });
}

void Home::Attach(std::shared_ptr<RoomReader> reader, core::ChannelId channel, core::Head grant,
                  core::Seq after) {
  Post([=](Home& home) { home.DoAttach(reader, channel, grant, after); });
}

void Home::Detach(std::shared_ptr<RoomReader> reader, core::ChannelId channel) {
  Post([=](Home& home) { home.DoDetach(reader, channel); });
}

void Home::FetchPage(std::shared_ptr<RoomReader> reader, core::ChannelId channel, core::Epoch epoch,
                     core::Seq after) {
  Post([=](Home& home) { home.DoFetch(reader, channel, epoch, after); });
}

void Home::SuspectBus() {
  Post([](Home& home) { home.DoSuspectBus(); });
}

void Home::CompareHeads() {
  Post([](Home& home) { home.StartSweep(); });
}

void Home::Learn(std::vector<core::ChannelHead> heads) {
  Post([heads = std::move(heads)](Home& home) { home.DoLearn(heads); });
}

// --- Rooms ---

// Where a new log begins: as far back as the first reader wants, or most reconnecting ones do, but
// not further than the tail and one read reach.
core::Seq Home::StartOfLog(const core::Head& grant, core::Seq after) const {
  const auto back = [&grant](std::size_t events) {
    return core::Seq(grant.seq.value - std::min<std::uint64_t>(grant.seq.value, events));
  };
  const std::size_t reach = std::min(env_->options.tail_events_max, core::kReadPageMax);
  const core::Seq wanted = std::min(after, back(kPrimeEvents));
  return wanted < back(reach) ? back(std::min(reach, kPrimeEvents)) : wanted;
}

Home::RoomPtr Home::NewRoom(core::ChannelId channel, core::Head start) {
  auto room = std::make_shared<Room>();
  room->channel = channel;
  room->log = std::make_shared<RoomLog>(
      RoomLog::Limits{env_->options.tail_bytes_max, env_->options.tail_events_max}, start);
  rooms_.emplace(channel, room);
  ++env_->rooms;
  return room;
}

void Home::DoAttach(const std::shared_ptr<RoomReader>& reader, core::ChannelId channel,
                    const core::Head& grant, core::Seq after) {
  const auto found = rooms_.find(channel);
  const core::Seq start = StartOfLog(grant, after);
  const RoomPtr room =
      found == rooms_.end() ? NewRoom(channel, HeadOf(start, grant.epoch)) : found->second;
  const bool unwatched = room->readers.empty();
  // Nobody watched it for a while: what was missed need not pass through the log.
  if (unwatched && start > room->log->last().Next()) room->log->JumpTo(start.Next());
  if (std::ranges::find(room->readers, reader) == room->readers.end()) {
    room->readers.push_back(reader);
  }
  const bool other_life = room->log->epoch() != grant.epoch;
  if (!other_life) room->known = std::max(room->known, grant.seq);
  // Its first reader makes a log read at least once: of what was appended since the grant nobody
  // may have told it, for heads are compared and learned for those that read.
  if (unwatched || other_life || room->known > room->log->last()) StartFill(room);
  Account(*room);
  Tell(reader, [log = room->log](RoomReader& r) { r.OnAttached(log); });
}

void Home::DoDetach(const std::shared_ptr<RoomReader>& reader, core::ChannelId channel) {
  const auto found = rooms_.find(channel);
  if (found == rooms_.end()) return;
  Room& room = *found->second;
  std::erase(room.readers, reader);
  if (room.readers.empty()) room.empty_since = env_->ports.clock.Mono();
}

void Home::CloseRoom(Room& room, RoomLog::Closed why) {
  log::Warning(why.gone ? "a watched channel is gone" : "a watched channel has another epoch",
               {{"channel", room.channel.value}, {"head", why.head.seq.value}});
  room.log->Close(why);
  room.closed = true;
  Ring(room);
  ForgetRoom(room);
}

void Home::ForgetRoom(Room& room) {
  Unaccount(room);
  --env_->rooms;
  rooms_.erase(room.channel);
}

void Home::DropIdleRooms() {
  const MonoTime now = env_->ports.clock.Mono();
  std::vector<RoomPtr> idle;
  for (auto& [channel, room] : rooms_) {
    const bool over = now - room->empty_since >= env_->options.room_linger;
    if (room->readers.empty() && !room->filling && over) idle.push_back(room);
  }
  for (auto& room : idle) ForgetRoom(*room);
}

// --- The gateway rule ---

void Home::Deliver(std::span<const core::EventPtr> events) {
  const bool post = arrivals_.With([&](Arrivals& a) {
    const bool fits = a.events.size() + events.size() <= kArrivalsMax;
    if (fits) a.events.insert(a.events.end(), events.begin(), events.end());
    a.dropped |= !fits;
    return !std::exchange(a.posted, true);
  });
  if (post) Post([](Home& home) { home.TakeArrivals(); });
}

void Home::TakeArrivals() {
  const bool dropped = arrivals_.With([&](Arrivals& a) {
    a.events.swap(taken_);
    a.posted = false;
    return std::exchange(a.dropped, false);
  });
  for (const auto& event : taken_) {
    const auto found = rooms_.find(event->channel);
    if (found == rooms_.end()) continue;
    const RoomPtr room = found->second;
    Arrived(*room, event);
    if (room->known > room->log->last()) StartFill(room);
  }
  taken_.clear();
  RingChanged();
  if (!dropped) return;
  TheMetrics().arrivals_dropped.Add();
  DoSuspectBus();
}

void Home::Arrived(Room& room, const core::EventPtr& event) {
  if (event->epoch == room.log->epoch()) return Offer(room, event);
  // Of this log's past, or of its next life: the store knows.
  if (const auto found = rooms_.find(room.channel); found != rooms_.end()) StartFill(found->second);
}

void Home::Offer(Room& room, const core::EventPtr& event) {
  const core::Seq last = room.log->last();
  if (event->seq <= last) return;
  if (event->seq > last.Next()) return KeepEarly(room, event);
  Append(room, *event);
  while (!room.early.empty() && room.early.begin()->first <= room.log->last().Next()) {
    const auto next = room.early.extract(room.early.begin()).mapped();
    if (next->seq == room.log->last().Next()) Append(room, *next);
  }
}

void Home::Append(Room& room, const core::Event& event) {
  framed_.clear();
  env_->ports.encoder.Event(event, framed_);
  room.log->Append(event, framed_);
  room.known = std::max(room.known, event.seq);
  TheMetrics().appended.Add();
  if (!std::exchange(room.changed, true)) changed_.push_back(&room);
}

void Home::KeepEarly(Room& room, const core::EventPtr& event) {
  room.known = std::max(room.known, event->seq);
  if (room.early.size() < kEarlyEventsMax) room.early.emplace(event->seq, event);
}

// At most one at a time per room, and none for a room nobody reads.
void Home::StartFill(const RoomPtr& room) {
  if (room->filling || room->closed || room->readers.empty()) return;
  room->filling = true;
  Spawn(executor_, Fill(shared_from_this(), room));
}

asio::awaitable<void> Home::Fill(std::shared_ptr<Home> self, RoomPtr room) {
  const auto wanted = [room] { return !room->closed && !room->readers.empty(); };
  bool more = true;
  while (more) {
    const core::Seq known_before = room->known;
    const core::Seq last = room->log->last();
    const PageRead page = co_await self->reader_.Read(
        {.channel = room->channel, .epoch = room->log->epoch(), .after = last}, wanted);
    more = self->Apply(*room, page, known_before) && room->known > room->log->last();
    self->RingChanged();
  }
  room->filling = false;
  room->early.clear();
}

// Whether the log lives on and is wanted.
bool Home::Apply(Room& room, const PageRead& page, core::Seq known_before) {
  if (room.closed) return false;
  switch (page.found) {
    case PageRead::Found::kEvents:
      for (const auto& event : page.events) Offer(room, event);
      room.known = std::max(room.known, page.head.seq);
      // Somebody told of events that are not there.
      if (page.events.empty() && room.known == known_before) room.known = room.log->last();
      return true;
    case PageRead::Found::kTruncated:
      if (page.first_available > room.log->last().Next()) room.log->JumpTo(page.first_available);
      room.known = std::max(room.known, page.head.seq);
      if (!std::exchange(room.changed, true)) changed_.push_back(&room);
      return true;
    case PageRead::Found::kEpochChanged:
    case PageRead::Found::kGone:
      CloseRoom(room, {page.head, page.found == PageRead::Found::kGone});
      return false;
    case PageRead::Found::kUnwanted:
      return false;
  }
  return false;
}

// --- What follows a change ---

void Home::RingChanged() {
  // By index: a reader on this thread runs at once and may cause anything but another change here.
  const auto changed = std::exchange(changed_, {});
  for (Room* room : changed) {
    room->changed = false;
    Account(*room);
  }
  for (Room* room : changed) Ring(*room);
}

void Home::Ring(Room& room) {
  for (const auto& reader : room.readers) {
    if (reader->rung.exchange(true)) continue;
    Tell(reader, [](RoomReader& r) {
      r.rung.exchange(false);
      r.OnNews();
    });
  }
}

void Home::Charge(Room& room, std::size_t bytes) {
  memory_ += bytes - room.accounted;
  env_->tail_bytes += bytes - room.accounted;
  room.accounted = bytes;
}

void Home::Unaccount(Room& room) {
  if (room.accounted > 0) recent_.erase(room.recent);
  Charge(room, 0);
}

// Books what the room's log takes now, as the most recent of all, and takes back from the least
// recent ones what is above this thread's share of the budget.
void Home::Account(Room& room) {
  if (room.closed) return;
  Unaccount(room);
  Charge(room, room.log->memory());
  if (room.accounted > 0) room.recent = recent_.insert(recent_.end(), &room);
  const std::size_t budget = env_->options.all_tails_bytes_max / env_->threads();
  while (memory_ > budget && recent_.front() != &room) {
    Room& victim = *recent_.front();
    victim.log->Evict();
    Unaccount(victim);
    Ring(victim);
  }
}

// --- Pages ---

void Home::DoFetch(std::shared_ptr<RoomReader> reader, core::ChannelId channel, core::Epoch epoch,
                   core::Seq after) {
  auto& waiting = fetching_[{channel, epoch, after}];
  waiting.push_back(std::move(reader));
  if (waiting.size() > 1) return;
  PageRequest request{.channel = channel, .epoch = epoch, .after = after};
  const auto room = rooms_.find(channel);
  if (room != rooms_.end() && room->second->log->epoch() == epoch) {
    request.known = room->second->log->last();
  }
  Spawn(executor_, Fetch(shared_from_this(), request));
}

asio::awaitable<void> Home::Fetch(std::shared_ptr<Home> self, PageRequest request) {
  co_await self->next_for_bytes_.Acquire();
  while (self->env_->page_bytes >= kPagesBytesMax && !self->env_->stopped) {
    co_await SleepFor(self->env_->ports.clock, kPagesBytesPause);
  }
  self->next_for_bytes_.Release();
  const PageRead read = co_await self->reader_.Read(request, [] { return true; });
  if (self->env_->stopped) co_return;
  self->HandOut({request.channel, request.epoch, request.after},
                std::make_shared<const Page>(self->env_, read, request.after));
}

void Home::HandOut(PageKey key, std::shared_ptr<const Page> page) {
  const auto waiting = fetching_.extract(key);
  for (const auto& reader : waiting.mapped()) {
    Tell(reader,
         [page, after = std::get<core::Seq>(key)](RoomReader& r) { r.OnPage(after, page); });
  }
}

}  // namespace yap::hub
