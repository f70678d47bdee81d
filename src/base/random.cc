#include "base/random.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace yap {
namespace {

class KernelRandom final : public Random {
 public:
  void Fill(std::span<std::byte> out) override {
    while (!out.empty()) {
      const ssize_t n = ::getrandom(out.data(), out.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      YAP_CHECK(n > 0, "getrandom failed");
      out = out.subspan(static_cast<std::size_t>(n));
    }
  }
};

}  // namespace

std::uint64_t Random::Next64() {
  std::uint64_t value = 0;
  Fill(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

std::uint64_t Random::NextId() {
  while (true) {
    if (const std::uint64_t id = Next64() >> 1; id != 0) return id;
  }
}

std::uint64_t Random::Below(std::uint64_t bound) {
  YAP_CHECK(bound > 0);
  // Rejects the uneven rest, so that every value is equally likely.
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  while (true) {
    if (const std::uint64_t x = Next64(); x < limit) return x % bound;
  }
}

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

void SeededRandom::Fill(std::span<std::byte> out) {
  for (std::byte& b : out) b = static_cast<std::byte>(engine_() >> 32);
}

}  // namespace yap
