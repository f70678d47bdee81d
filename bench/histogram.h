// bench/histogram.h: durations by the hundred million, in constant memory. After HdrHistogram: 32
// buckets per power of two, so a quantile is at most 3 % too large. One thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/clock.h"

namespace yap::bench {

class Histogram {
 public:
  void Add(Duration value) { ++counts_[BucketOf(value)]; }
  void Add(const Histogram& other);
  void Clear() { counts_.fill(0); }

  std::uint64_t Count() const;
  // The upper end of the bucket that holds the quantile; 0 without values. REQUIRES: 0 < q <= 1.
  Duration Quantile(double q) const;

 private:
  static constexpr unsigned kSubBits = 5;
  static constexpr std::uint64_t kSub = 1U << kSubBits;
  // 2^40 ns are 18 minutes: nothing here waits that long, and what does counts as that.
  static constexpr std::uint64_t kValueMax = (std::uint64_t{1} << 40) - 1;
  static constexpr std::size_t kBuckets = (40 - kSubBits + 1) * kSub;

  static std::size_t BucketOf(Duration value) {
    const auto clamped = value.count() < 0 ? 0 : static_cast<std::uint64_t>(value.count());
    const std::uint64_t v = clamped < kValueMax ? clamped : kValueMax;
    if (v < kSub) return v;
    const auto shift = static_cast<unsigned>(std::bit_width(v)) - 1 - kSubBits;
    return (shift + 1) * kSub + ((v >> shift) - kSub);
  }
  static std::uint64_t UpperEnd(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> counts_{};
};

}  // namespace yap::bench
