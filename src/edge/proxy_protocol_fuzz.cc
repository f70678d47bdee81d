// The first bytes of a connection through a balancer: total over any bytes, and what is said of a
// header does not change when more bytes follow it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "edge/proxy_protocol.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using yap::edge::ParseProxyHeader;
  using State = yap::edge::ProxyHeader::State;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto header = ParseProxyHeader(bytes);
  if (header.state == State::kIncomplete) {
    YAP_CHECK(size < yap::edge::kProxyHeaderBytesMax, "it waits for more than a header may have");
    return 0;
  }
  if (header.state == State::kBad) return 0;
  YAP_CHECK(header.bytes > 0 && header.bytes <= size);
  YAP_CHECK(header.bytes <= yap::edge::kProxyHeaderBytesMax);
  for (std::size_t n = 0; n < header.bytes; ++n) {
    YAP_CHECK(ParseProxyHeader(bytes.substr(0, n)).state == State::kIncomplete,
              "a part of a good header is no part of one");
  }
  const auto alone = ParseProxyHeader(bytes.substr(0, header.bytes));
  YAP_CHECK(alone.state == State::kComplete && alone.bytes == header.bytes);
  YAP_CHECK(alone.address == header.address && alone.port == header.port);
  return 0;
}
