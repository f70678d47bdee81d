// bench/flight.h: one channel under load: which messages are in flight, how far each reader is, how
// long each delivery took. Protocols report to it, shapes drive it. What all flights of a load add
// up to is in their Meter. One thread.
//
// A message is in flight from the moment it is handed to a sender until *every* reader has it. It
// has an index (0, 1, … in the order of sending) and a number (0, 1, … in the order of the channel,
// which is the server's to choose).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/meter.h"
#include "bench/witness.h"

namespace yap::bench {

// Whose order the channel has: where one connection sends and the server promises to keep that
// order, a message's number is its index.
enum class Order : std::uint8_t { kAsSent, kByServer };

// Whether a reader's deliveries count in the latencies.
enum class Timing : std::uint8_t { kTimed, kUntimed };

struct FlightOptions {
  std::size_t channel = 0;  // Which of the load's channels this is: 0, 1, …
  std::size_t readers = 0;
  std::size_t in_flight_max = 0;
  std::size_t message_bytes = 0;
  Order order = Order::kAsSent;
  std::size_t witnessed_readers = kWitnessedReaders;
};

class Flight {
 public:
  // REQUIRES: `meter` outlives this.
  Flight(FlightOptions options, Meter& meter);

  const FlightOptions& options() const { return options_; }
  Witness& witness() { return witness_; }
  std::uint64_t sent() const { return sent_; }
  // Sent, and the server has not answered yet; for servers that never do, all that was sent.
  std::uint64_t unanswered() const { return sent_ - acknowledged_; }

  // --- For senders.
  // Messages that may be sent now.
  std::size_t Room() const { return options_.in_flight_max - (sent_ - complete_); }
  // Answers the index of the next message. `at`: when it is sent, or was to be sent: latencies
  // count from there. REQUIRES: Room() > 0.
  std::uint64_t BeginSend(MonoTime at);
  void Acknowledge(std::uint64_t index, std::uint64_t number, MonoTime now);

  // --- For readers.
  // How many messages have both index and number.
  std::uint64_t named() const { return named_; }
  // The message `index` turned out to be number named(). Errors: Corruption (no such message is in
  // flight).
  Result<> Name(std::uint64_t index);
  // A reader went from number `from` to `to`. REQUIRES: from <= to <= named().
  void Advance(std::uint64_t from, std::uint64_t to, MonoTime now, Timing timing = Timing::kTimed);

  // --- For shapes.
  bool AllComplete() const { return complete_ == sent_; }
  // Messages that every reader has.
  std::uint64_t complete() const { return complete_; }
  // How many readers wait for the oldest message in flight.
  std::size_t Laggards() const { return readers_at_[complete_ & (readers_at_.size() - 1)]; }

 private:
  // Sends that may overtake one message before its send time is forgotten, and the run fails: so
  // many for each in flight, up to a size at which a thousand channels fit into memory.
  static constexpr std::size_t kOvertakenPerMessage = 256;
  static constexpr std::size_t kOvertakenMax = 1U << 16;

  struct SendTime {
    std::uint64_t index = ~std::uint64_t{0};
    MonoTime at;
  };

  static std::size_t SendTimes(std::size_t in_flight_max);

  const FlightOptions options_;
  Meter& meter_;
  std::uint64_t sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  Witness witness_;
  std::vector<SendTime> sent_at_;          // By index, a ring.
  std::vector<MonoTime> begun_;            // By number, a ring.
  std::vector<std::uint32_t> readers_at_;  // How many readers wait for a number; a ring.
  std::uint64_t named_ = 0;
  std::uint64_t complete_ = 0;
};
// Flights do not move: readers and codecs refer to them.
using Flights = std::deque<Flight>;

// One subscriber's place. Bound to its flight.
class Reader {
 public:
  Reader(Flight& flight, std::size_t id) : flight_(&flight), id_(id) {}

  // The next message has come. False: it is not the next one, or was never sent.
  bool Take(std::uint64_t number) {
    if (number != next_ || number >= flight_->named()) return false;
    ++next_;
    return true;
  }
  // After every batch of messages that came together.
  void EndBatch(MonoTime now) {
    if (next_ == told_) return;
    flight_->Advance(told_, next_, now, timing_);
    told_ = next_;
  }
  // To be told to the witness: Watched() before Take, Testify after.
  bool Watched() const { return flight_->witness().Watches(id_, next_); }
  void Testify(std::uint64_t number, std::uint64_t index, MonoTime now) {
    flight_->witness().Delivered(id_, number, index, now);
  }
  Error OutOfOrder(std::uint64_t number) const;

  void SetTiming(Timing timing) { timing_ = timing; }

  Flight& flight() const { return *flight_; }
  std::uint64_t next() const { return next_; }

 private:
  Flight* flight_;
  std::size_t id_;
  std::uint64_t next_ = 0;
  std::uint64_t told_ = 0;
  Timing timing_ = Timing::kTimed;
};
using Readers = std::deque<Reader>;

}  // namespace yap::bench
