#include "hub/bus_watch.h"

namespace yap::hub {

void BusWatch::Hear(const core::Envelope& envelope, MonoTime now) {
  suspect_ |= envelope.began_anew;
  if (!envelope.producer) return;
  const Key key{envelope.producer, envelope.topic};
  auto found = lines_.find(key);
  if (found == lines_.end()) {
    suspect_ = true;  // What it said before is not known here.
    if (lines_.size() >= options_.pairs_max) return;
    found = lines_.emplace(key, Line{.next = envelope.counter}).first;
  }
  found->second.heard = now;
  Count(found->second, envelope.counter, now);
}

void BusWatch::Count(Line& line, std::uint64_t counter, MonoTime now) {
  if (counter < line.next) return;  // Said twice.
  if (counter > line.next) {
    if (line.early.empty()) line.hole_since = now;
    line.early.insert(counter);
    if (line.early.size() > options_.early_max) GiveUp(line);
    return;
  }
  ++line.next;
  while (line.early.erase(line.next) > 0) ++line.next;
}

// What is missing is lost: go on behind all that was heard.
void BusWatch::GiveUp(Line& line) {
  suspect_ = true;
  line.next = *line.early.rbegin() + 1;
  line.early.clear();
}

bool BusWatch::Suspects(MonoTime now) {
  // Half of one for those that come late.
  const Duration silent_max =
      options_.heartbeat * options_.heartbeats_missed_max + options_.heartbeat / 2;
  for (auto& [key, line] : lines_) {
    if (!line.early.empty() && now - line.hole_since >= options_.hole_grace) GiveUp(line);
  }
  const auto silent = [&](const auto& entry) { return now - entry.second.heard >= silent_max; };
  if (std::erase_if(lines_, silent) > 0) suspect_ = true;
  return std::exchange(suspect_, false);
}

}  // namespace yap::hub
