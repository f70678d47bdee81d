// core/principal.h: who is asking, as the access token proved it, and from where.
#pragma once

#include <string>
#include <variant>

#include "core/ids.h"

namespace yap::core {

struct Principal {
  UserId user;
  std::string username;
  SessionId session;
  bool admin = false;
};

// The network address a request came from, as text without a port ("192.0.2.7", "2001:db8::1").
struct PeerAddress {
  std::string text;
  bool loopback = false;
};

// A channel, or a user, as a request names it.
using ChannelRef = std::variant<ChannelId, std::string>;
using UserRef = std::variant<UserId, std::string>;

}  // namespace yap::core
