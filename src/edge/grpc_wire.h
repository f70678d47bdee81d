// edge/grpc_wire.h: the textual and binary details of gRPC over HTTP/2, as pure functions. Source:
// grpc/grpc, doc/PROTOCOL-HTTP2.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace yap::edge {

// Before each message: 1 byte "compressed", 4 bytes length, big endian.
inline constexpr std::size_t kPrefixBytes = 5;
using Prefix = std::array<char, kPrefixBytes>;
Prefix MakePrefix(std::size_t message_bytes);
// REQUIRES: prefix.size() == kPrefixBytes.
std::uint32_t PrefixLength(std::string_view prefix);

// grpc-message: everything but printable ASCII, and '%', becomes %XX.
std::string PercentEncode(std::string_view text);

// grpc-timeout: 1–8 digits and a unit of "HMSmun". Longer than a year is a year.
std::optional<Duration> ParseTimeout(std::string_view text);

// "application/grpc" or "application/grpc+proto", with or without parameters.
bool IsGrpcContentType(std::string_view text);

bool IsBinaryName(std::string_view name);
// The values of one -bin header: comma separated base64, with or without padding.
std::optional<std::string> DecodeBinaryValue(std::string_view text);
std::string EncodeBinaryValue(std::string_view bytes);

// Names a handler may not set and does not see: pseudo-headers and gRPC's own.
bool IsReservedName(std::string_view name);

}  // namespace yap::edge
