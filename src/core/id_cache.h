// core/id_cache.h: what a name, or an id, stands for, where that never changes.
#pragma once

#include <optional>
#include <unordered_map>

#include "base/guarded.h"

namespace yap::core {

// Thread-safe. Forgets everything when it is full: simple, and refilled by a read for each name.
template <class Key, class Id>
class IdCache {
 public:
  explicit IdCache(std::size_t entries_max) : entries_max_(entries_max) {}

  std::optional<Id> Find(const Key& key) const {
    return ids_.With([&](const Map& ids) -> std::optional<Id> {
      const auto it = ids.find(key);
      if (it == ids.end()) return std::nullopt;
      return it->second;
    });
  }
  void Put(const Key& key, Id id) {
    ids_.With([&](Map& ids) {
      if (ids.size() >= entries_max_) ids.clear();
      ids.insert_or_assign(key, id);
    });
  }

 private:
  using Map = std::unordered_map<Key, Id>;
  const std::size_t entries_max_;
  Guarded<Map> ids_;
};

}  // namespace yap::core
