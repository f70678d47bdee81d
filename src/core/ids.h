// core/ids.h: what things are called by. Ids are random, 63 bits, never reused, and unique because
// the store's conditional insert says so; 0 means "none".
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "base/strong_id.h"

namespace yap::core {

using UserId = StrongId<struct UserIdTag>;
using ChannelId = StrongId<struct ChannelIdTag>;
using SessionId = StrongId<struct SessionIdTag>;
// Which life of a log a sequence number belongs to. A restored store has another epoch, so that no
// (epoch, channel, seq) ever names two events.
using Epoch = StrongId<struct EpochTag>;

// The place of an event in its channel: 1, 2, 3, … without holes. 0 is "before the first".
struct Seq {
  std::uint64_t value = 0;

  constexpr Seq() = default;
  constexpr explicit Seq(std::uint64_t v) : value(v) {}
  constexpr Seq Next() const { return Seq(value + 1); }
  constexpr Seq Plus(std::uint64_t n) const { return Seq(value + n); }
  // How many events lie after `earlier`, up to and including this one. REQUIRES: earlier <= *this.
  constexpr std::uint64_t Since(Seq earlier) const { return value - earlier.value; }
  friend constexpr auto operator<=>(Seq, Seq) = default;
};

// A client's name for one write (client_msg_id, request_id): 16 random bytes, all zero is "none".
using ClientKey = std::array<std::byte, 16>;
constexpr bool IsNone(const ClientKey& key) { return key == ClientKey{}; }

}  // namespace yap::core
