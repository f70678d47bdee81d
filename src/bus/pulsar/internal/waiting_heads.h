// bus/pulsar/internal/waiting_heads.h: channels whose events could not be sent, and how far they
// go: told until the broker has it.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

#include "core/envelope.h"

namespace yap::bus::pulsar {

// At most kHeadsWaitingMax channels.
class WaitingHeads {
 public:
  // A later head of a channel replaces an earlier one. Returns how many found no room.
  std::size_t Add(std::span<const core::ChannelHead> heads);
  // Up to `max` of them, to be told.
  std::vector<core::ChannelHead> Some(std::size_t max) const;
  // These were told; what has moved on since stays.
  void Remove(std::span<const core::ChannelHead> heads);

  bool empty() const { return heads_.empty(); }
  std::size_t size() const { return heads_.size(); }

 private:
  std::map<core::ChannelId, core::ChannelHead> heads_;
};

}  // namespace yap::bus::pulsar
