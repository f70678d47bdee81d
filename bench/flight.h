// bench/flight.h: one channel under load: which messages are in flight, how far each reader is, how
// long each delivery took. Protocols report to it, shapes drive it. One thread.
//
// A message is in flight from the moment it is handed to a sender until *every* reader has it. It
// has an index (0, 1, … in the order of sending) and a number (0, 1, … in the order of the channel,
// which is the server's to choose).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bench/histogram.h"
#include "bench/witness.h"

namespace yap::bench {

// Whose order the channel has: where one connection sends and the server promises to keep that
// order, a message's number is its index.
enum class Order : std::uint8_t { kAsSent, kByServer };

struct FlightOptions {
  std::size_t readers = 0;
  std::size_t in_flight_max = 0;
  std::size_t message_bytes = 0;
  Order order = Order::kAsSent;
};

// What was counted up to some moment; two of them make a window.
struct FlightCounts {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t deliveries = 0;
};

class Flight {
 public:
  explicit Flight(FlightOptions options);

  const FlightOptions& options() const { return options_; }
  const FlightCounts& counts() const { return counts_; }
  Witness& witness() { return witness_; }

  // --- For senders.
  // Messages that may be sent now.
  std::size_t Room() const { return options_.in_flight_max - (counts_.sent - complete_); }
  // Answers the index of the next message. REQUIRES: Room() > 0.
  std::uint64_t BeginSend(MonoTime now);
  void Acknowledge(std::uint64_t index, std::uint64_t number, MonoTime now);

  // --- For readers.
  // How many messages have both index and number.
  std::uint64_t named() const { return named_; }
  // The message `index` turned out to be number named(). Errors: Corruption (no such message is in
  // flight).
  Result<> Name(std::uint64_t index);
  // A reader went from number `from` to `to`. REQUIRES: from <= to <= named().
  void Advance(std::uint64_t from, std::uint64_t to, MonoTime now);

  // --- For shapes.
  bool AllComplete() const { return complete_ == counts_.sent; }
  // Messages that every reader has.
  std::uint64_t complete() const { return complete_; }
  // How many readers wait for the oldest message in flight.
  std::size_t Laggards() const { return readers_at_[complete_ & (readers_at_.size() - 1)]; }
  // Latencies are kept from now on.
  void StartMeasuring() { latencies_.Clear(), ack_latencies_.Clear(), measuring_ = true; }
  void StopMeasuring() { measuring_ = false; }
  // From the send to each delivery.
  const Histogram& latencies() const { return latencies_; }
  // From the send to its acknowledgement.
  const Histogram& ack_latencies() const { return ack_latencies_; }

 private:
  // Sends that may overtake one message before its send time is forgotten, and the run fails.
  static constexpr std::size_t kOvertakenMax = 1U << 16;

  struct SendTime {
    std::uint64_t index = ~std::uint64_t{0};
    MonoTime at;
  };

  const FlightOptions options_;
  FlightCounts counts_;
  Witness witness_;
  std::vector<SendTime> sent_at_;          // By index, a ring.
  std::vector<MonoTime> begun_;            // By number, a ring.
  std::vector<std::uint32_t> readers_at_;  // How many readers wait for a number; a ring.
  std::uint64_t named_ = 0;
  std::uint64_t complete_ = 0;
  bool measuring_ = false;
  Histogram latencies_;
  Histogram ack_latencies_;
};

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
    flight_->Advance(told_, next_, now);
    told_ = next_;
  }
  // To be told to the witness: Watched() before Take, Testify after.
  bool Watched() const { return flight_->witness().Watches(id_, next_); }
  void Testify(std::uint64_t number, std::uint64_t index, MonoTime now) {
    flight_->witness().Delivered(id_, number, index, now);
  }
  Error OutOfOrder(std::uint64_t number) const;

  Flight& flight() { return *flight_; }
  std::uint64_t next() const { return next_; }

 private:
  Flight* flight_;
  std::size_t id_;
  std::uint64_t next_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace yap::bench
