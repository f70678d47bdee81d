// What a broker hands over: nothing is let in that was not signed, and what is read is written the
// same way again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "bus/pulsar/envelope_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace yap::bus::pulsar;  // NOLINT: one part is tested.
  static const EnvelopeCodec codec(yap::Secret(std::string(32, 'k')), "topic");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  YAP_CHECK(!codec.Decode(bytes), "an envelope was forged");
  if (const auto envelope = ReadEnvelope(bytes)) {
    YAP_CHECK(WriteEnvelope(*envelope) == bytes, "two forms of one envelope");
    YAP_CHECK(codec.Decode(codec.Encode(*envelope)).has_value(), "it does not come back");
  }
  return 0;
}
