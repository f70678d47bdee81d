// bench/witness.h: what the history checker (tests/checker) gets to see of a load: every send, and
// every delivery to a few of the readers, whole streams from the first message on. Kept small while
// the load runs, judged after it. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "checker/checker.h"

namespace yap::bench {

// Readers whose whole stream is checked; of all others, order and density.
inline constexpr std::size_t kWitnessedReaders = 4;
// Messages of a run that are checked so, from its start: 30 times what a run of 5 s on two cores
// has, and 0.3 GB in the checker. Beyond it, order and density.
inline constexpr std::uint64_t kWitnessedMessagesMax = 500'000;

class Witness {
 public:
  explicit Witness(std::size_t readers) : streams_(readers) {}

  bool Watches(std::size_t reader, std::uint64_t number) const {
    return reader < streams_.size() && number < kWitnessedMessagesMax;
  }
  // Message `index` (0, 1, … as sent) is under way.
  void Sent(std::uint64_t index, MonoTime at);
  // The server has told that it is number `number` (0, 1, … in the order of the channel).
  void Answered(std::uint64_t index, std::uint64_t number, MonoTime at);
  // REQUIRES: Watches(reader, number).
  void Delivered(std::size_t reader, std::uint64_t number, std::uint64_t index, MonoTime at);

  // `sent`: how many messages each stream must have had by now.
  checker::Verdict Judge(std::uint64_t sent) const;

 private:
  static constexpr std::uint64_t kUnanswered = ~std::uint64_t{0};
  struct Send {
    MonoTime invoked;
    MonoTime answered;
    std::uint64_t number = kUnanswered;
  };
  struct Delivery {
    std::uint64_t number = 0;
    std::uint64_t index = 0;
    MonoTime at;
  };
  std::vector<Send> sends_;  // By index.
  std::vector<std::vector<Delivery>> streams_;
};

}  // namespace yap::bench
