// edge/proxy_protocol.h: the header that a load balancer puts before a connection to tell whose it
// is. Source: haproxy.org, doc/proxy-protocol.txt, versions 1 and 2.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yap::edge {

// A header is at most this long: version 1 has 107 bytes; version 2 with both addresses 52, and the
// rest is room for extensions, which are skipped.
inline constexpr std::size_t kProxyHeaderBytesMax = 536;

struct ProxyHeader {
  enum class State : std::uint8_t { kIncomplete, kBad, kComplete };
  State state = State::kIncomplete;
  std::size_t bytes = 0;  // Its length, when complete.
  std::optional<asio::ip::address> address =
      std::nullopt;  // Of the client; none for LOCAL and UNKNOWN.
  std::uint16_t port = 0;
};

// Looks at the first bytes of a connection. Incomplete: all of them belong to the header.
ProxyHeader ParseProxyHeader(std::string_view bytes);

}  // namespace yap::edge
