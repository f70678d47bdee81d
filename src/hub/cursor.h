// hub/cursor.h: how far one stream has come in one channel. It reads either the room log's tail (as
// its thread sees it) or a page of the store of its own, and stops at places where something is to
// be done before the next byte: its grant's head, its user's removal, a channel to follow.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>

#include "hub/page.h"

namespace yap::hub {

class RoomView;
class Stream;

struct Cursor {
  static constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

  // Constant.
  Stream* owner = nullptr;
  core::ChannelId channel;
  core::UserId user;
  core::Head grant;  // Authorised at this head: only a later removal ends it.
  bool follow = false;
  std::shared_ptr<RoomView> view;

  // Where it is.
  Place at;                          // The position is of `slice`.
  const LogSlice* slice = nullptr;   // None: it waits for the log or for a page.
  std::shared_ptr<const Page> page;  // Set while `slice` is its.
  std::uint64_t stop = kNever;       // A position of `slice` where Reached() is to be asked.
  bool caught_up = false;            // CaughtUp was said.
  core::Seq heard;                   // The head that the last heartbeat told of.
  core::Seq rejoin;                  // Its user joined again here, if removed before.

  // Places in lists.
  std::size_t view_index = 0;
  // Its neighbours among those that wait for news of the room, and when it began to, as the view
  // counts; 0: it does not wait.
  Cursor* waits_behind = nullptr;
  Cursor* waits_before = nullptr;
  std::uint64_t waiting = 0;
  bool ready = false;       // In the owner's ready list: Pending() > 0.
  bool hungry = false;      // In the owner's hungry list: wants a page.
  bool fetching = false;    // Has asked for one.
  unsigned idle_ticks = 0;  // Since something of `page` was taken.
  unsigned page_ticks = 0;  // Since `page` came.

  std::uint64_t Pending() const {
    return slice == nullptr ? 0 : std::min(slice->tail.pos, stop) - at.pos;
  }
  bool InPage() const { return page != nullptr; }
  bool FellOff() const { return !InPage() && slice != nullptr && at.pos < slice->base.pos; }

  // Reads `s` from where it is. REQUIRES: s.base.seq <= at.seq <= s.tail.seq.
  void Enter(const LogSlice& s);
  void EnterPage(std::shared_ptr<const Page> p);
  // Stops reading; `at.seq` stays. The page, if any, is handed back.
  std::shared_ptr<const Page> Leave();
  // Looks for the next place to stop at. REQUIRES: slice != nullptr.
  void FindStop();
  // The mark at the event just delivered that is meant for this cursor, if any.
  const Mark* Reached() const;

 private:
  bool Concerns(const Mark& mark) const;
};

}  // namespace yap::hub
