// api/routing.h: which chat-service a call belongs to. Whatever is found here is a hint: a wrong
// one is slow, never wrong. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/principal.h"

namespace yap::api {

// What a method's request is routed by; read from the descriptors that are linked in, so a new
// method costs nothing here.
struct RouteRule {
  enum class By : std::uint8_t {
    kChannel,   // Field 1 is a yap.v1.ChannelRef.
    kUsername,  // A field "username" names the account.
    kCaller,    // The user, else the bytes themselves: the same call goes the same way.
  };
  By by = By::kCaller;
  int username_field = 0;
  bool idempotent = false;  // It may be tried again: the .proto's idempotency_level.
};
RouteRule RuleOf(std::string_view path);

// The channel that the request's field 1 names, found on the wire; none where it names none, or is
// no message.
std::optional<core::ChannelRef> ScanChannel(std::string_view request);
// The string of that field at the top level; of several the last, as the decoder takes it.
std::optional<std::string> ScanString(std::string_view request, int field);

// Keys of equal things are equal in every process and release.
std::uint64_t RouteKey(core::ChannelId channel);
std::uint64_t RouteKey(std::string_view name);

// How much the replica wants the key; the highest has it (rendezvous hashing: Thaler, Ravishankar,
// "Using name-based mappings to increase hit rates", 1998).
std::uint64_t RouteWeight(std::uint64_t replica, std::uint64_t key);

}  // namespace yap::api
