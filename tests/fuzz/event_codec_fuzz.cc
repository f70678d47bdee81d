// Stored and bus bytes are never trusted: a decoder answers or refuses, and what it answers encodes
// to the same bytes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "core/event_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto event = yap::core::DecodeEvent(bytes)) {
    const auto again = yap::core::DecodeEvent(yap::core::EncodeEvent(*event));
    YAP_CHECK(again && *again == *event);
  }
  if (const auto body = yap::core::DecodeBody(bytes)) {
    const auto again = yap::core::DecodeBody(yap::core::EncodeBody(*body));
    YAP_CHECK(again && *again == *body);
  }
  return 0;
}
