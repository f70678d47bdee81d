// edge/address.h: addresses as the edge counts and trusts them.
#pragma once

#include <asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yap::edge {

// IPv4 in IPv6 clothes (::ffff:192.0.2.1) becomes IPv4.
asio::ip::address Normalise(const asio::ip::address& address);

// What connection caps count by: the address, or its /64 for IPv6, where one host has all of it.
std::string AddressKey(const asio::ip::address& address);

// A set of networks. Immutable.
class NetworkSet {
 public:
  NetworkSet() = default;
  // "10.0.0.0/8", "192.0.2.1", "2001:db8::/32". Errors: InvalidArgument naming the entry.
  static Result<NetworkSet> Parse(const std::vector<std::string>& networks);

  bool empty() const { return networks_.empty(); }
  bool Contains(const asio::ip::address& address) const;

 private:
  struct Network {
    asio::ip::address address;
    unsigned prefix_bits;
  };
  std::vector<Network> networks_;
};

// The client behind trusted proxies: the last entry of `forwarded_for` that is not trusted itself;
// nullopt where there is none or it is no address.
std::optional<asio::ip::address> ClientBehind(const NetworkSet& trusted,
                                              std::string_view forwarded_for);

}  // namespace yap::edge
