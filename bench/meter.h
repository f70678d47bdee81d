// bench/meter.h: what all channels of a load add up to: counts since the beginning, latencies of a
// window. One thread.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "bench/histogram.h"

namespace yap::bench {

// What was counted up to some moment; two of them make a window.
struct Counts {
  std::uint64_t sent = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t complete = 0;  // Messages that every reader of their channel has.
};

class Meter {
 public:
  const Counts& counts() const { return counts_; }

  void Sent() { ++counts_.sent; }
  void Acknowledged(Duration took) {
    ++counts_.acknowledged;
    if (measuring_) ack_latencies_.Add(took);
  }
  void Delivered(std::uint64_t messages) { counts_.deliveries += messages; }
  void Complete() { ++counts_.complete; }
  void Took(Duration latency) { latencies_.Add(latency); }

  // Latencies are kept from now on, in addition to those of earlier windows.
  void StartMeasuring() { measuring_ = true; }
  void StopMeasuring() { measuring_ = false; }
  void Clear() { latencies_.Clear(), ack_latencies_.Clear(); }
  bool measuring() const { return measuring_; }
  // From the send to each delivery.
  const Histogram& latencies() const { return latencies_; }
  // From the send to its acknowledgement.
  const Histogram& ack_latencies() const { return ack_latencies_; }

 private:
  Counts counts_;
  bool measuring_ = false;
  Histogram latencies_;
  Histogram ack_latencies_;
};

}  // namespace yap::bench
