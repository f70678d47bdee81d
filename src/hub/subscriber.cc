#include "hub/subscriber.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "core/reasons.h"
#include "hub/limits.h"
#include "hub/room_view.h"

namespace yap::hub {
namespace {

constexpr core::Seq kForEver(std::numeric_limits<std::uint64_t>::max());
// What an idle stream may keep of its buffer: a heartbeat.
constexpr std::size_t kIdleBufferMax = 256;

}  // namespace

Error SessionEnded() {
  return MakeError(Errc::kUnauthenticated, core::reason::kSessionRevoked,
                   "this session has ended: log in again");
}

Stream::Stream(std::shared_ptr<Shard> shard, SubscribeOptions options, std::function<void()> wake)
    : shard_(std::move(shard)),
      encoder_(shard_->env().ports.encoder),
      gate_(shard_->env().ports.gate),
      user_(options.user),
      session_(options.session),
      wake_(std::move(wake)) {
  shard_->Add(*this);
  woken_ = true;
  shard_->WakeSoon(*this);
  if (auto admitted = shard_->Admit(session_); !admitted) {
    end_ = std::move(admitted);
    return;
  }
  encoder_.Hello(shard_->env().ports.clock.Now(), shard_->env().options.heartbeat_interval, user_,
                 out_);
  for (const StartCursor& start : options.cursors) AddCursor(start, false);
  if (options.follow_inbox) AddCursor(*options.follow_inbox, true);
}

Stream::~Stream() {
  RemoveAll();
  shard_->Remove(*this);
}

// --- The reader's side ---

std::size_t Stream::Available(std::size_t max) {
  woken_ = false;
  if (gate_ != nullptr && !gate_->MayFlush()) return 0;
  std::uint64_t total = out_.size() - out_begin_;
  for (std::size_t i = 0; i < ready_.size() && total < max;) {
    Cursor& cursor = *ready_[i];
    if (!StillReads(cursor)) continue;  // Another one took its place.
    total += cursor.Pending();
    ++i;
  }
  if (!hungry_.empty()) FeedHungry();
  return static_cast<std::size_t>(std::min<std::uint64_t>(total, max));
}

void Stream::Take(std::size_t n, Sink& sink) {
  while (n > 0) n -= out_.empty() ? TakeEvents(n, sink) : TakeOut(n, sink);
}

std::size_t Stream::TakeOut(std::size_t n, Sink& sink) {
  const std::size_t taken = std::min(n, out_.size() - out_begin_);
  sink.Copy(std::span(out_).subspan(out_begin_, taken));
  out_begin_ += taken;
  if (out_begin_ < out_.size()) return taken;
  out_begin_ = 0;
  if (out_.capacity() > kIdleBufferMax) {
    std::string().swap(out_);
  } else {
    out_.clear();
  }
  return taken;
}

// One channel's turn. What the last message is cut short by is copied, to go out before anything
// else.
std::size_t Stream::TakeEvents(std::size_t n, Sink& sink) {
  YAP_CHECK(!ready_.empty(), "Take of more than Available");
  if (turn_ >= ready_.size()) turn_ = 0;
  Cursor& cursor = *ready_[turn_++];
  if (!StillReads(cursor)) {
    shard_->WakeSoon(*this);  // For the page that it needs now.
    return 0;
  }
  const LogSlice& slice = *cursor.slice;
  const std::uint64_t begin = cursor.at.pos;
  std::uint64_t end = begin + cursor.Pending();
  if (ready_.size() > 1 && end - begin > kTurnBytes) end = slice.AtOrBehind(begin + kTurnBytes).pos;
  end = std::min(end, begin + n);
  slice.Share(begin, end, sink);
  shard_->NoteShared();
  cursor.at = slice.AtOrBehind(end);
  slice.CopyTo(end, cursor.at.pos, out_);
  cursor.idle_ticks = 0;
  Moved(cursor);
  return static_cast<std::size_t>(end - begin);
}

std::optional<Result<>> Stream::Finished() {
  if (!out_.empty()) return std::nullopt;
  return end_;
}

// Who opens the next stream when told to has a third of the time for that.
void Stream::AskToReconnect(Duration ends_in) {
  if (end_ || ends_) return;
  const Env& env = shard_->env();
  const auto most = std::min<Duration>(ends_in * 2 / 3, kReconnectAfterMax);
  encoder_.Reconnect(RandomUpTo(env.ports.random, most), out_);
  ends_ = env.ports.clock.NewTimer(env.ports.executors[shard_->thread()]);
  ends_->Arm(Deadline::After(env.ports.clock, ends_in).at, [this] { EndWell(); });
  NeedsWake();
}

void Stream::EndWell() {
  if (end_) return;
  RemoveAll();
  end_ = Result<>();
  shard_->WakeSoon(*this);
}

// --- The shard's side ---

void Stream::NeedsWake() {
  if (!std::exchange(woken_, true)) shard_->WakeSoon(*this);
}

// A stream that takes nothing gets none: they would pile up.
void Stream::Heartbeat() {
  if (end_ || !out_.empty()) return;
  std::vector<std::pair<core::ChannelId, core::Head>> heads;
  for (const auto& cursor : cursors_) {
    if (cursor->view->slice().tail.seq <= cursor->heard) continue;
    const core::Head head = cursor->view->slice().TailHead();
    cursor->heard = head.seq;
    heads.emplace_back(cursor->channel, head);
  }
  encoder_.Heartbeat(heads, out_);
  NeedsWake();
}

void Stream::Drain(Duration after) {
  if (end_) return;
  encoder_.Reconnect(after, out_);
  EndWell();
}

void Stream::EndSession() {
  RemoveAll();
  encoder_.Ended({}, EndReason::kSessionEnded, out_);
  end_ = Fail(SessionEnded());
  shard_->WakeSoon(*this);
}

// --- Cursors ---

Cursor* Stream::Find(core::ChannelId channel) {
  const auto found =
      std::ranges::find_if(cursors_, [channel](const auto& c) { return c->channel == channel; });
  return found == cursors_.end() ? nullptr : found->get();
}

void Stream::AddCursor(const StartCursor& start, bool follow) {
  if (Find(start.channel) != nullptr) return;
  const bool other_life =
      (start.epoch && start.epoch != start.grant_head.epoch) || start.after > start.grant_head.seq;
  if (other_life) {
    encoder_.EpochChanged(start.channel, start.grant_head, out_);
    over_.emplace_back(start.channel, kForEver);
    return;
  }
  auto cursor = std::make_unique<Cursor>();
  cursor->owner = this;
  cursor->channel = start.channel;
  cursor->user = user_;
  cursor->grant = start.grant_head;
  cursor->follow = follow;
  cursor->view = shard_->ViewOf(start.channel);  // Forgotten with its last cursor: needs one.
  cursor->at.seq = start.after;
  cursor->heard = start.grant_head.seq;
  cursors_.push_back(std::move(cursor));
  Cursor& added = *cursors_.back();
  added.view->Add(added);
  if (added.view->log() != nullptr && added.view->log()->epoch() != added.grant.epoch) {
    return OnClosed(added, {added.grant});
  }
  Settle(added);
}

// Nothing of the channel up to that event will be said again on this stream.
void Stream::Remove(Cursor& cursor, core::Seq nothing_up_to) {
  const auto before = std::ranges::find(over_, cursor.channel, [](auto& o) { return o.first; });
  if (before == over_.end()) {
    over_.emplace_back(cursor.channel, nothing_up_to);
  } else {
    before->second = nothing_up_to;
  }
  if (cursor.hungry) std::erase(hungry_, &cursor);
  Unready(cursor);
  Detach(cursor);
  std::erase_if(cursors_, [&cursor](const auto& c) { return c.get() == &cursor; });
}

void Stream::Detach(Cursor& cursor) {
  if (cursor.InPage()) LeavePage(cursor);
  if (cursor.fetching) --pages_;
  cursor.view->Remove(cursor);
}

void Stream::RemoveAll() {
  ready_.clear();
  hungry_.clear();
  for (const auto& cursor : cursors_) Detach(*cursor);
  cursors_.clear();
}

void Stream::LeavePage(Cursor& cursor) {
  shard_->RemovePaged(cursor);
  shard_->Retire(cursor.Leave());
  --pages_;
}

void Stream::DropPage(Cursor& cursor) {
  LeavePage(cursor);
  Unready(cursor);
  MakeHungry(cursor);
}

void Stream::SayCaughtUp(Cursor& cursor) {
  if (cursor.caught_up || cursor.at.seq < cursor.grant.seq) return;
  cursor.caught_up = true;
  // A channel that is followed was granted at an event of which only the number was known.
  const bool here = cursor.slice != nullptr && cursor.at.seq > cursor.slice->base.seq;
  encoder_.CaughtUp(cursor.channel, here ? cursor.slice->HeadAt(cursor.at.seq) : cursor.grant,
                    out_);
}

// The cursor stands between two events: says what is to be said there and finds out what it reads
// next, and up to where.
void Stream::Settle(Cursor& cursor) {
  SayCaughtUp(cursor);
  if (cursor.InPage() && cursor.at == cursor.slice->tail) LeavePage(cursor);
  if (cursor.slice == nullptr) {
    Place(cursor);
  } else {
    cursor.FindStop();
  }
  UpdateReady(cursor);
}

// Into the tail, into the store, or nowhere until the room has come as far.
void Stream::Place(Cursor& cursor) {
  if (cursor.view->log() == nullptr) return;
  const LogSlice& tail = cursor.view->slice();
  if (cursor.at.seq > tail.tail.seq) return;
  if (cursor.at.seq < tail.base.seq) return MakeHungry(cursor);
  cursor.Enter(tail);
}

// True where the log has left the cursor behind; then it reads nothing any more.
bool Stream::FallsOff(Cursor& cursor) {
  if (!cursor.FellOff()) return false;
  cursor.Leave();
  TheMetrics().fell_off.Add();
  return true;
}

// A cursor that reads hears of no news: it looks for itself, before its bytes are counted and
// taken, whether the log has left it behind (then its place in the ready list is another's) or has
// come to its grant.
bool Stream::StillReads(Cursor& cursor) {
  if (FallsOff(cursor)) {
    Place(cursor);
    UpdateReady(cursor);
    return false;
  }
  if (!cursor.caught_up && !cursor.InPage()) cursor.FindStop();
  return true;
}

void Stream::OnNews(Cursor& cursor) {
  FallsOff(cursor);
  if (cursor.slice == nullptr) {
    Place(cursor);
  } else if (!cursor.caught_up) {
    cursor.FindStop();
  }
  UpdateReady(cursor);
  if (cursor.ready || cursor.hungry) NeedsWake();
}

void Stream::OnPage(Cursor& cursor, std::shared_ptr<const Page> page) {
  cursor.fetching = false;
  switch (page->found) {
    case PageRead::Found::kEvents:
      cursor.EnterPage(std::move(page));
      shard_->AddPaged(cursor);
      Settle(cursor);
      break;
    case PageRead::Found::kTruncated:
      --pages_;
      encoder_.Truncated(cursor.channel, page->head, page->first_available, out_);
      cursor.at.seq = core::Seq(page->first_available.value - 1);
      Settle(cursor);
      break;
    case PageRead::Found::kEpochChanged:
    case PageRead::Found::kGone:
      --pages_;
      return OnClosed(cursor, {page->head, page->found == PageRead::Found::kGone});
    case PageRead::Found::kUnwanted:
      --pages_;
      MakeHungry(cursor);
      return;
  }
  NeedsWake();
}

void Stream::OnClosed(Cursor& cursor, const RoomLog::Closed& why) {
  if (why.gone) {
    encoder_.Ended(cursor.channel, EndReason::kChannelGone, out_);
  } else {
    encoder_.EpochChanged(cursor.channel, why.head, out_);
  }
  Remove(cursor, kForEver);
  NeedsWake();
}

// --- Where a cursor stops ---

void Stream::Moved(Cursor& cursor) {
  const bool at_tail = cursor.at == cursor.slice->tail;
  if (cursor.at.pos != cursor.stop && !at_tail) return;
  if (at_tail && !cursor.InPage() && cursor.at.pos != cursor.stop) return UpdateReady(cursor);
  // What follows is not in what Available answered.
  shard_->WakeSoon(*this);
  if (const Mark* reached = cursor.at.pos == cursor.stop ? cursor.Reached() : nullptr) {
    const Mark mark = *reached;
    if (mark.kind == Mark::Kind::kRemoval) return EndHere(cursor, mark);
    Follow(mark);
  }
  Settle(cursor);
}

void Stream::EndHere(Cursor& cursor, const Mark& removal) {
  const core::ChannelId channel = cursor.channel;
  const core::Seq rejoin = cursor.rejoin;
  encoder_.Ended(channel, removal.reason, out_);
  Remove(cursor, removal.seq);
  if (rejoin <= removal.seq) return;
  AddCursor({.channel = channel,
             .grant_head = HeadOf(rejoin, removal.epoch),
             .after = core::Seq(rejoin.value - 1),
             .epoch = {}},
            false);
}

// The inbox says that its user is in a channel from `join_seq` on. A cursor that is there already
// goes on; but should it still have to meet an earlier removal, it begins anew behind that.
void Stream::Follow(const Mark& added) {
  if (Cursor* present = Find(added.channel)) {
    present->rejoin = std::max(present->rejoin, added.join_seq);
    return;
  }
  const auto over = std::ranges::find(over_, added.channel, [](auto& o) { return o.first; });
  if (over != over_.end() && over->second >= added.join_seq) return;
  AddCursor({.channel = added.channel,
             .grant_head = HeadOf(added.join_seq, added.epoch),
             .after = core::Seq(added.join_seq.value - 1),
             .epoch = {}},
            false);
}

// --- Lists ---

// A cursor is ready, or waits for news, or is on its way through pages of the store.
void Stream::UpdateReady(Cursor& cursor) {
  if (cursor.Pending() > 0) {
    if (!std::exchange(cursor.ready, true)) ready_.push_back(&cursor);
    return;
  }
  Unready(cursor);
  if (!cursor.InPage() && !cursor.hungry && !cursor.fetching) cursor.view->Wait(cursor);
}

void Stream::Unready(Cursor& cursor) {
  if (!std::exchange(cursor.ready, false)) return;
  const auto found = std::ranges::find(ready_, &cursor);
  *found = ready_.back();
  ready_.pop_back();
}

void Stream::MakeHungry(Cursor& cursor) {
  if (!std::exchange(cursor.hungry, true)) hungry_.push_back(&cursor);
}

// Pages are asked for when there is somebody to take them, in turn.
void Stream::FeedHungry() {
  while (!hungry_.empty() && pages_ < kPagesPerSubscriber) {
    Cursor& cursor = *hungry_.front();
    hungry_.erase(hungry_.begin());
    cursor.hungry = false;
    cursor.fetching = true;
    ++pages_;
    cursor.view->FetchPage(cursor.at.seq, cursor.grant.epoch);
  }
}

}  // namespace yap::hub
