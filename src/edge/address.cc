#include "edge/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace yap::edge {
namespace {

std::vector<std::uint8_t> Bytes(const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

bool SamePrefix(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, unsigned bits) {
  if (a.size() != b.size()) return false;
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

std::optional<unsigned> ParseBits(std::string_view text, unsigned bits_max) {
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size() || bits > bits_max) {
    return std::nullopt;
  }
  return bits;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<asio::ip::address> ParseAddress(std::string_view text) {
  std::error_code error;
  const auto address = asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return Normalise(address);
}

}  // namespace

asio::ip::address Normalise(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

std::string AddressKey(const asio::ip::address& address) {
  const auto normal = Normalise(address);
  auto bytes = Bytes(normal);
  if (normal.is_v6()) bytes.resize(8);
  return {bytes.begin(), bytes.end()};
}

Result<NetworkSet> NetworkSet::Parse(const std::vector<std::string>& networks) {
  NetworkSet set;
  for (const std::string& entry : networks) {
    const std::size_t slash = entry.find('/');
    const auto address = ParseAddress(std::string_view(entry).substr(0, slash));
    std::optional<unsigned> bits;
    if (address) {
      const unsigned bits_max = address->is_v4() ? 32 : 128;
      bits = slash == std::string::npos
                 ? bits_max
                 : ParseBits(std::string_view(entry).substr(slash + 1), bits_max);
    }
    if (!bits) {
      return Fail(Errc::kInvalidArgument, "BAD_NETWORK",
                  fmt::format("\"{}\" is no address or network; write 192.0.2.1, 10.0.0.0/8 or "
                              "2001:db8::/32.",
                              entry));
    }
    set.networks_.push_back({*address, *bits});
  }
  return set;
}

bool NetworkSet::Contains(const asio::ip::address& address) const {
  const auto bytes = Bytes(Normalise(address));
  return std::ranges::any_of(networks_, [&](const Network& network) {
    return SamePrefix(Bytes(network.address), bytes, network.prefix_bits);
  });
}

std::optional<asio::ip::address> ClientBehind(const NetworkSet& trusted,
                                              std::string_view forwarded_for) {
  while (true) {
    const std::size_t comma = forwarded_for.rfind(',');
    const auto entry =
        Trim(comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1));
    const auto address = ParseAddress(entry);
    if (!address || !trusted.Contains(*address) || comma == std::string_view::npos) return address;
    forwarded_for = forwarded_for.substr(0, comma);
  }
}

}  // namespace yap::edge
