#include "edge/connection_counts.h"

#include "edge/violation.h"

namespace yap::edge {

std::unique_ptr<ConnectionCounts::Slot> ConnectionCounts::Acquire(const std::string& key,
                                                                  std::string_view shown) {
  enum class Full : std::uint8_t { kNo, kTotal, kAddress };
  const Full full = counts_.With([&](Counts& counts) {
    if (total_max_ != 0 && counts.total >= total_max_) return Full::kTotal;
    if (!key.empty()) {
      std::size_t& here = counts.by_address[key];
      if (per_address_max_ != 0 && here >= per_address_max_) return Full::kAddress;
      ++here;
    }
    ++counts.total;
    return Full::kNo;
  });
  if (full == Full::kTotal) RecordRefusal("connections_max", total_max_, shown);
  if (full == Full::kAddress) RecordRefusal("connections_per_address_max", per_address_max_, shown);
  return full == Full::kNo ? std::make_unique<Slot>(shared_from_this(), key) : nullptr;
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
