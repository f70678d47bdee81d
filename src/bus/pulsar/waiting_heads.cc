#include "bus/pulsar/internal/waiting_heads.h"

#include <ranges>

#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {
namespace {

using core::ChannelHead;

// seq 0 is "ask the store": it covers every head of its channel. Of two epochs the one told last
// counts, for the store has moved on from the other.
bool Covers(const ChannelHead& told, const ChannelHead& head) {
  if (told.epoch != head.epoch) return false;
  return told.seq.value == 0 || (head.seq.value != 0 && told.seq >= head.seq);
}

}  // namespace

std::size_t WaitingHeads::Add(std::span<const ChannelHead> heads) {
  std::size_t lost = 0;
  for (const ChannelHead& head : heads) {
    const auto found = heads_.find(head.channel);
    if (found != heads_.end()) {
      if (!Covers(found->second, head)) found->second = head;
    } else if (heads_.size() < kHeadsWaitingMax) {
      heads_.emplace(head.channel, head);
    } else {
      ++lost;
    }
  }
  return lost;
}

std::vector<ChannelHead> WaitingHeads::Some(std::size_t max) const {
  std::vector<ChannelHead> some;
  for (const ChannelHead& head : heads_ | std::views::values | std::views::take(max)) {
    some.push_back(head);
  }
  return some;
}

void WaitingHeads::Remove(std::span<const ChannelHead> heads) {
  for (const ChannelHead& head : heads) {
    const auto found = heads_.find(head.channel);
    if (found != heads_.end() && Covers(head, found->second)) heads_.erase(found);
  }
}

}  // namespace yap::bus::pulsar
