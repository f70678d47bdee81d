#include "bench/flight.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace yap::bench {

Flight::Flight(FlightOptions options, Meter& meter)
    : options_(options),
      meter_(meter),
      witness_(std::min(options.witnessed_readers, options.readers)),
      sent_at_(SendTimes(options.in_flight_max)),
      begun_(std::bit_ceil(options.in_flight_max + 1)),
      readers_at_(begun_.size()) {
  YAP_CHECK(options.readers > 0 && options.in_flight_max > 0);
  readers_at_[0] = static_cast<std::uint32_t>(options.readers);
}

std::size_t Flight::SendTimes(std::size_t in_flight_max) {
  const std::size_t overtaken = std::min(kOvertakenMax, in_flight_max * kOvertakenPerMessage);
  return std::bit_ceil(std::max(overtaken, in_flight_max + 1));
}

std::uint64_t Flight::BeginSend(MonoTime at) {
  YAP_CHECK(Room() > 0);
  const std::uint64_t index = sent_++;
  meter_.Sent();
  sent_at_[index & (sent_at_.size() - 1)] = {index, at};
  witness_.Sent(index, at);
  if (options_.order == Order::kAsSent) begun_[named_++ & (begun_.size() - 1)] = at;
  return index;
}

void Flight::Acknowledge(std::uint64_t index, std::uint64_t number, MonoTime now) {
  ++acknowledged_;
  meter_.Acknowledged(now - sent_at_[index & (sent_at_.size() - 1)].at);
  witness_.Answered(index, number, now);
}

Result<> Flight::Name(std::uint64_t index) {
  const SendTime& send = sent_at_[index & (sent_at_.size() - 1)];
  if (send.index != index || named_ >= sent_) {
    return Fail(Errc::kCorruption, "FOREIGN_MESSAGE",
                fmt::format("number {} of the channel claims to be message {}, which is not in "
                            "flight: {} were sent and {} known already",
                            named_, index, sent_, named_));
  }
  begun_[named_++ & (begun_.size() - 1)] = send.at;
  return {};
}

void Flight::Advance(std::uint64_t from, std::uint64_t to, MonoTime now, Timing timing) {
  const std::size_t mask = begun_.size() - 1;
  if (meter_.measuring() && timing == Timing::kTimed) {
    for (std::uint64_t number = from; number < to; ++number) {
      meter_.Took(now - begun_[number & mask]);
    }
  }
  meter_.Delivered(to - from);
  --readers_at_[from & mask];
  ++readers_at_[to & mask];
  for (; complete_ < named_ && readers_at_[complete_ & mask] == 0; ++complete_) meter_.Complete();
}

Error Reader::OutOfOrder(std::uint64_t number) const {
  return MakeError(Errc::kCorruption, "OUT_OF_ORDER",
                   fmt::format("reader {} got message {} where {} was next ({} are known)", id_,
                               number, next_, flight_->named()));
}

}  // namespace yap::bench
