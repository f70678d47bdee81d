// edge/connection_counts.h: how many connections a listener has, in all and per address.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/guarded.h"

namespace yap::edge {

// Thread-safe. Holds one entry per address with connections, so it is bounded by the total.
class ConnectionCounts : public std::enable_shared_from_this<ConnectionCounts> {
 public:
  // 0 = no limit.
  ConnectionCounts(std::size_t total_max, std::size_t per_address_max)
      : total_max_(total_max), per_address_max_(per_address_max) {}

  // One connection's place; gives it back when destroyed. Any thread.
  class Slot {
   public:
    Slot(std::shared_ptr<ConnectionCounts> counts, std::string key)
        : counts_(std::move(counts)), key_(std::move(key)) {}
    ~Slot() { counts_->Release(key_); }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;

   private:
    std::shared_ptr<ConnectionCounts> counts_;
    std::string key_;
  };

  // Null when a limit is reached: one line in the log says which, and names `shown`, the address
  // for people. An empty key counts in the total only.
  std::unique_ptr<Slot> Acquire(const std::string& key, std::string_view shown = {});

 private:
  struct Counts {
    std::size_t total = 0;
    std::unordered_map<std::string, std::size_t> by_address;
  };
  void Release(const std::string& key);

  const std::size_t total_max_;
  const std::size_t per_address_max_;
  Guarded<Counts> counts_;
};

}  // namespace yap::edge
