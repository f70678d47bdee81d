#include "store/scylla/internal/db.h"

#include <algorithm>
#include <cstring>

#include "unicode/code_points.h"

namespace yap::store::scylla {

Sightings::Seen& Sightings::At(Map& map, core::ChannelId channel) {
  if (map.size() >= kRemembered && !map.contains(channel)) map.clear();
  return map[channel];
}

std::optional<LogHead> Sightings::Head(core::ChannelId channel) const {
  return seen_.With([&](const Map& map) -> std::optional<LogHead> {
    const auto it = map.find(channel);
    return it == map.end() ? std::nullopt : it->second.head;
  });
}

void Sightings::SawHead(core::ChannelId channel, const LogHead& head) {
  seen_.With([&](Map& map) {
    Seen& seen = At(map, channel);
    if (!seen.head || seen.head->seq < head.seq) seen.head = head;
  });
}

core::Seq Sightings::Projected(core::ChannelId channel) const {
  return seen_.With([&](const Map& map) {
    const auto it = map.find(channel);
    return it == map.end() ? core::Seq() : it->second.projected;
  });
}

void Sightings::SawProjected(core::ChannelId channel, core::Seq seq) {
  seen_.With([&](Map& map) {
    Seen& seen = At(map, channel);
    seen.projected = std::max(seen.projected, seq);
  });
}

core::ClientKey KeyIn(const drivers::Row& row, std::string_view column) {
  core::ClientKey key{};
  const auto bytes = row.Blob(column);
  if (bytes && bytes->size() == key.size()) std::memcpy(key.data(), bytes->data(), key.size());
  return key;
}

std::string_view ValidText(std::string_view text) {
  return text.substr(0, unicode::FirstInvalidUtf8(text).value_or(text.size()));
}

}  // namespace yap::store::scylla
