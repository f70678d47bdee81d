// client/server_address.h: which server, as people write it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::client {

inline constexpr std::uint16_t kDefaultPort = 7676;
inline constexpr std::string_view kDefaultServer = "127.0.0.1:7676";

struct ServerAddress {
  std::string host;  // A name or an address, IPv6 without brackets.
  std::uint16_t port = kDefaultPort;
  bool tls = false;

  // "127.0.0.1:7676", "[::1]:7676".
  std::string Target() const;
  // What credentials are filed under, and what is shown: Target() where no TLS is used, else
  // "https://host:port".
  std::string Name() const;
  // 127.0.0.0/8, ::1 or localhost.
  bool Loopback() const;
};

// Reads "host", "host:port", "http://host:port", "https://host:port". Without a scheme, loopback is
// plaintext and everything else TLS. The port is 7676, with https:// 443, unless it is given.
// Errors: InvalidArgument SERVER_INVALID, saying what is expected.
Result<ServerAddress> ParseServerAddress(std::string_view text);

}  // namespace yap::client
