#include "edge/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include "edge/address.h"

namespace yap::edge {
namespace {

using State = ProxyHeader::State;

constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::string_view kSignature2{"\r\n\r\n\0\r\nQUIT\n", 12};
constexpr std::size_t kLineBytesMax = 107;
constexpr std::size_t kHeader2Bytes = 16;

bool Agree(std::string_view a, std::string_view b) {
  const std::size_t n = std::min(a.size(), b.size());
  return a.substr(0, n) == b.substr(0, n);
}

std::vector<std::string_view> Words(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

// "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n"
ProxyHeader ParseVersion1(std::string_view bytes) {
  const std::size_t end = bytes.substr(0, kLineBytesMax).find("\r\n");
  if (end == std::string_view::npos) {
    return {bytes.size() < kLineBytesMax ? State::kIncomplete : State::kBad};
  }
  const auto words = Words(bytes.substr(0, end));
  if (words[1] == "UNKNOWN") return {State::kComplete, end + 2};
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return {State::kBad};
  std::error_code error;
  const auto address = asio::ip::make_address(std::string(words[2]), error);
  std::uint16_t port = 0;
  const auto [rest, bad] =
      std::from_chars(words[4].data(), words[4].data() + words[4].size(), port);
  if (error || bad != std::errc{} || rest != words[4].data() + words[4].size() ||
      address.is_v4() != (words[1] == "TCP4")) {
    return {State::kBad};
  }
  return {State::kComplete, end + 2, Normalise(address), port};
}

std::uint16_t Word16(std::string_view bytes) {
  return static_cast<std::uint16_t>(static_cast<std::uint8_t>(bytes[0]) << 8 |
                                    static_cast<std::uint8_t>(bytes[1]));
}

template <class Address>
ProxyHeader WithAddress(std::string_view block, std::size_t header_bytes) {
  typename Address::bytes_type raw;
  if (block.size() < 2 * raw.size() + 4) return {State::kBad};
  std::ranges::copy(block.substr(0, raw.size()), raw.begin());
  return {State::kComplete, header_bytes, Normalise(Address(raw)),
          Word16(block.substr(2 * raw.size()))};
}

ProxyHeader ParseVersion2(std::string_view bytes) {
  if (bytes.size() < kHeader2Bytes) return {State::kIncomplete};
  const auto command = static_cast<std::uint8_t>(bytes[12]);
  const auto family = static_cast<std::uint8_t>(bytes[13]);
  const std::size_t total = kHeader2Bytes + Word16(bytes.substr(14));
  if (total > kProxyHeaderBytesMax || (command != 0x20 && command != 0x21)) return {State::kBad};
  if (bytes.size() < total) return {State::kIncomplete};
  const std::string_view block = bytes.substr(kHeader2Bytes, total - kHeader2Bytes);
  if (command == 0x20) return {State::kComplete, total};  // LOCAL: a health check.
  if (family == 0x11) return WithAddress<asio::ip::address_v4>(block, total);
  if (family == 0x21) return WithAddress<asio::ip::address_v6>(block, total);
  return {State::kComplete, total};
}

}  // namespace

ProxyHeader ParseProxyHeader(std::string_view bytes) {
  if (bytes.empty()) return {State::kIncomplete};
  const std::string_view signature = bytes[0] == 'P' ? kSignature1 : kSignature2;
  if (!Agree(bytes, signature)) return {State::kBad};
  if (bytes.size() < signature.size()) return {State::kIncomplete};
  return bytes[0] == 'P' ? ParseVersion1(bytes) : ParseVersion2(bytes);
}

}  // namespace yap::edge
