#include "bench/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"

namespace yap::bench {

void Histogram::Add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
}

std::uint64_t Histogram::Count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::uint64_t Histogram::UpperEnd(std::size_t bucket) {
  if (bucket < kSub) return bucket;
  const std::size_t shift = bucket / kSub - 1;
  return ((bucket % kSub + kSub + 1) << shift) - 1;
}

Duration Histogram::Quantile(double q) const {
  YAP_CHECK(q > 0 && q <= 1);
  const std::uint64_t count = Count();
  if (count == 0) return Duration::zero();
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count)));
  std::uint64_t below = 0;
  std::size_t bucket = 0;
  while ((below += counts_[bucket]) < rank) ++bucket;
  return Duration(UpperEnd(bucket));
}

}  // namespace yap::bench
