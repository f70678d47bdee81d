// hub/room_reader.h: what a room knows of those who read it: one object per thread that has
// cursors in the room.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "hub/page.h"
#include "hub/room_log.h"

namespace yap::hub {

// The calls come on its thread, each as (part of) a handler of its own.
class RoomReader {
 public:
  explicit RoomReader(std::size_t its_thread) : thread(its_thread) {}
  virtual ~RoomReader() = default;
  virtual void OnAttached(std::shared_ptr<const RoomLog> log) = 0;
  // The log has changed, once or more.
  virtual void OnNews() = 0;
  // The page after `after` that was asked for.
  virtual void OnPage(core::Seq after, std::shared_ptr<const Page> page) = 0;

  const std::size_t thread;
  // OnNews is on its way; the next news need no call of their own. Exchanged by both sides, so that
  // whoever finds it set knows that the other will see what it wrote before.
  std::atomic<bool> rung = false;
};

}  // namespace yap::hub
