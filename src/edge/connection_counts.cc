#include "edge/connection_counts.h"

namespace yap::edge {

std::unique_ptr<ConnectionCounts::Slot> ConnectionCounts::Acquire(const std::string& key) {
  const bool taken = counts_.With([&](Counts& counts) {
    if (total_max_ != 0 && counts.total >= total_max_) return false;
    if (!key.empty()) {
      std::size_t& here = counts.by_address[key];
      if (per_address_max_ != 0 && here >= per_address_max_) return false;
      ++here;
    }
    ++counts.total;
    return true;
  });
  return taken ? std::make_unique<Slot>(shared_from_this(), key) : nullptr;
}

void ConnectionCounts::Release(const std::string& key) {
  counts_.With([&](Counts& counts) {
    --counts.total;
    if (key.empty()) return;
    const auto found = counts.by_address.find(key);
    if (--found->second == 0) counts.by_address.erase(found);
  });
}

}  // namespace yap::edge
