// base/random.h: randomness as a parameter, so that a simulation replays under a seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace yap {

// Thread-safe where it says so.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<std::byte> out) = 0;

  std::uint64_t Next64();
  // Never 0 and below 2^63, so that it is a bigint in every store: what ids are made of.
  std::uint64_t NextId();
  // Uniform in [0, bound). REQUIRES: bound > 0.
  std::uint64_t Below(std::uint64_t bound);
};

// getrandom(2). Thread-safe, fit for secrets.
Random& SystemRandom();

// Reproducible; for tests and simulation only. One thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void Fill(std::span<std::byte> out) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace yap
