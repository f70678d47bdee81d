// hub/bus_watch.h: whether the bus may have lost something, from what it did bring: the counters of
// those who ring, and their heartbeats (core/envelope.h). Pure: time is a parameter. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/clock.h"
#include "core/envelope.h"

namespace yap::hub {

class BusWatch {
 public:
  struct Options {
    Duration heartbeat = std::chrono::seconds(1);
    int heartbeats_missed_max = 3;
    // Threads of one producer may overtake each other, and so may a resend: a hole that closes
    // within this was none.
    Duration hole_grace = std::chrono::milliseconds(200);
    // (producer, topic) pairs; more of them is a bus that nobody can watch.
    std::size_t pairs_max = 4'096;
    // Counters seen behind a hole; more is a hole that will not close.
    std::size_t early_max = 256;
  };

  explicit BusWatch(Options options) : options_(options) {}

  void Hear(const core::Envelope& envelope, MonoTime now);
  // Whether something was lost, or its sender was, since the last call. Told once: who has been
  // silent for too long is forgotten, and a producer that is new (again) counts as suspect.
  bool Suspects(MonoTime now);

 private:
  using Key = std::pair<core::ProducerId, std::uint32_t>;
  struct Line {
    std::uint64_t next = 0;         // The counter that is due.
    std::set<std::uint64_t> early;  // Behind a hole.
    MonoTime hole_since;            // While `early` is not empty.
    MonoTime heard;
  };
  void Count(Line& line, std::uint64_t counter, MonoTime now);
  void GiveUp(Line& line);

  const Options options_;
  std::map<Key, Line> lines_;
  bool suspect_ = false;
};

}  // namespace yap::hub
