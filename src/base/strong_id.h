// base/strong_id.h: an integer that cannot be mistaken for another one.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace yap {

// A value type over an unsigned 64-bit number; `Tag` makes it its own type. 0 means "none".
template <class Tag>
struct StrongId {
  std::uint64_t value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(std::uint64_t v) : value(v) {}
  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;
};

}  // namespace yap

template <class Tag>
struct std::hash<yap::StrongId<Tag>> {
  std::size_t operator()(yap::StrongId<Tag> id) const noexcept {
    // Finalizer of splitmix64 (Steele, Lea, Flood 2014): ids may be chosen by others.
    std::uint64_t x = id.value + 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
  }
};
