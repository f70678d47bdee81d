#include "bench/flight.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace yap::bench {

Flight::Flight(FlightOptions options)
    : options_(options),
      witness_(std::min(kWitnessedReaders, options.readers)),
      sent_at_(std::max(kOvertakenMax, std::bit_ceil(options.in_flight_max + 1))),
      begun_(std::bit_ceil(options.in_flight_max + 1)),
      readers_at_(begun_.size()) {
  YAP_CHECK(options.readers > 0 && options.in_flight_max > 0);
  readers_at_[0] = static_cast<std::uint32_t>(options.readers);
}

std::uint64_t Flight::BeginSend(MonoTime now) {
  YAP_CHECK(Room() > 0);
  const std::uint64_t index = counts_.sent++;
  sent_at_[index & (sent_at_.size() - 1)] = {index, now};
  witness_.Sent(index, now);
  if (options_.order == Order::kAsSent) begun_[named_++ & (begun_.size() - 1)] = now;
  return index;
}

void Flight::Acknowledge(std::uint64_t index, std::uint64_t number, MonoTime now) {
  ++counts_.acknowledged;
  const SendTime& send = sent_at_[index & (sent_at_.size() - 1)];
  if (measuring_ && send.index == index) ack_latencies_.Add(now - send.at);
  witness_.Answered(index, number, now);
}

Result<> Flight::Name(std::uint64_t index) {
  const SendTime& send = sent_at_[index & (sent_at_.size() - 1)];
  if (send.index != index || named_ >= counts_.sent) {
    return Fail(Errc::kCorruption, "FOREIGN_MESSAGE",
                fmt::format("number {} of the channel claims to be message {}, which is not in "
                            "flight: {} were sent and {} known already",
                            named_, index, counts_.sent, named_));
  }
  begun_[named_++ & (begun_.size() - 1)] = send.at;
  return {};
}

void Flight::Advance(std::uint64_t from, std::uint64_t to, MonoTime now) {
  const std::size_t mask = begun_.size() - 1;
  if (measuring_) {
    for (std::uint64_t number = from; number < to; ++number) {
      latencies_.Add(now - begun_[number & mask]);
    }
  }
  counts_.deliveries += to - from;
  --readers_at_[from & mask];
  ++readers_at_[to & mask];
  while (complete_ < named_ && readers_at_[complete_ & mask] == 0) ++complete_;
}

Error Reader::OutOfOrder(std::uint64_t number) const {
  return MakeError(Errc::kCorruption, "OUT_OF_ORDER",
                   fmt::format("reader {} got message {} where {} was next ({} are known)", id_,
                               number, next_, flight_->named()));
}

}  // namespace yap::bench
