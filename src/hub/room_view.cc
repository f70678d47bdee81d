#include "hub/room_view.h"

#include <algorithm>
#include <utility>

#include "hub/home.h"
#include "hub/shard.h"
#include "hub/subscriber.h"

namespace yap::hub {
namespace {

// Tells the processor that the object is about to be written to; costs little if it never is.
template <class T>
void Prefetch(const T& object) {
  constexpr std::size_t kLineBytes = 64;
  const char* const bytes = reinterpret_cast<const char*>(&object);
  for (std::size_t i = 0; i < sizeof(T); i += kLineBytes) __builtin_prefetch(bytes + i, 1);
}

}  // namespace

RoomView::RoomView(std::shared_ptr<Shard> shard, core::ChannelId channel)
    : RoomReader(shard->thread()), shard_(std::move(shard)), channel_(channel) {}

RoomView::~RoomView() = default;

void RoomView::Add(Cursor& cursor) {
  const bool first = cursors_.empty();
  cursor.view_index = cursors_.size();
  cursors_.push_back(&cursor);
  if (!first && cursor.grant.seq <= std::max(asked_, slice().tail.seq)) return;
  asked_ = cursor.grant.seq;
  if (auto home = shard_->HomeOf(channel_)) {
    home->Attach(shared_from_this(), channel_, cursor.grant, cursor.at.seq);
  }
}

void RoomView::Remove(Cursor& cursor) {
  cursors_.back()->view_index = cursor.view_index;
  cursors_[cursor.view_index] = cursors_.back();
  cursors_.pop_back();
  StopWaiting(cursor);
  if (!cursors_.empty()) return;
  // The room may let go of the view, and both of the segments, before the pass is over.
  for (const auto& segment : picture_.slice.segments) shard_->Retire(segment);
  shard_->Forget(*this);
  if (auto home = shard_->HomeOf(channel_)) home->Detach(shared_from_this(), channel_);
}

void RoomView::Wait(Cursor& cursor) {
  if (cursor.waiting != 0) return;
  cursor.waiting = ++waits_;
  cursor.waits_before = last_waiting_;
  (last_waiting_ != nullptr ? last_waiting_->waits_behind : first_waiting_) = &cursor;
  last_waiting_ = &cursor;
}

void RoomView::StopWaiting(Cursor& cursor) {
  if (std::exchange(cursor.waiting, 0) == 0) return;
  Cursor* const before = std::exchange(cursor.waits_before, nullptr);
  Cursor* const behind = std::exchange(cursor.waits_behind, nullptr);
  (before != nullptr ? before->waits_behind : first_waiting_) = behind;
  (behind != nullptr ? behind->waits_before : last_waiting_) = before;
}

bool RoomView::HasUntold() const {
  return first_waiting_ != nullptr && first_waiting_->waiting <= untold_up_to_;
}

// Since the last message the cache has seen a thousand others. A cursor is fetched two turns before
// its own, its stream, which only the cursor names, one.
void RoomView::FetchNext() const {
  if (first_waiting_ == nullptr) return;
  Prefetch(*first_waiting_->owner);
  if (first_waiting_->waits_behind != nullptr) Prefetch(*first_waiting_->waits_behind);
}

bool RoomView::TellNext() {
  if (HasUntold()) {
    Cursor& cursor = *first_waiting_;
    StopWaiting(cursor);
    FetchNext();
    cursor.owner->OnNews(cursor);
  }
  return telling_ = HasUntold();
}

void RoomView::FetchPage(core::Seq after, core::Epoch epoch) {
  if (std::ranges::find(pages_asked_, after) != pages_asked_.end()) return;
  pages_asked_.push_back(after);
  if (auto home = shard_->HomeOf(channel_)) {
    home->FetchPage(shared_from_this(), channel_, epoch, after);
  }
}

// Nothing of this is done for a room that nobody here reads any more: it is detached already.

void RoomView::OnAttached(std::shared_ptr<const RoomLog> log) {
  if (cursors_.empty()) return;
  log_ = std::move(log);
  // Whoever was authorised for another life of the channel starts again.
  const auto all = cursors_;
  for (Cursor* cursor : all) {
    if (cursor->grant.epoch != log_->epoch()) cursor->owner->OnClosed(*cursor, {cursor->grant});
  }
  Refresh();
}

void RoomView::OnNews() {
  if (cursors_.empty() || !log_) return;
  Refresh();
}

void RoomView::Refresh() {
  const auto self = shared_from_this();
  const core::Seq seen = slice().tail.seq;
  std::vector<std::shared_ptr<const Segment>> dropped;
  log_->Refresh(picture_, dropped);
  for (auto& segment : dropped) shard_->Retire(std::move(segment));
  if (picture_.closed) return CloseAll(*picture_.closed);
  const auto& marks = slice().marks;
  if (!marks.empty() && marks.back().seq > seen) {
    for (Cursor* cursor : cursors_) {
      if (cursor->slice == &slice() && !cursor->FellOff()) cursor->FindStop();
    }
  }
  untold_up_to_ = waits_;
  if (HasUntold() && !std::exchange(telling_, true)) shard_->TellWaiting(*this);
}

void RoomView::CloseAll(const RoomLog::Closed& why) {
  while (!cursors_.empty()) cursors_.back()->owner->OnClosed(*cursors_.back(), why);
}

void RoomView::OnPage(core::Seq after, std::shared_ptr<const Page> page) {
  std::erase(pages_asked_, after);
  const auto all = cursors_;
  for (Cursor* cursor : all) {
    if (cursor->fetching && cursor->at.seq == after) cursor->owner->OnPage(*cursor, page);
  }
}

}  // namespace yap::hub
