// ScanEvent: the protobuf wire format, as far as one number needs it.
#include <cstring>

#include "bench/yap_protocol.h"

namespace yap::bench {
namespace {

constexpr unsigned kVarint = 0;
constexpr unsigned kFixed64 = 1;
constexpr unsigned kBytes = 2;
constexpr unsigned kFixed32 = 5;
// message_service.proto and event.proto.
constexpr std::uint64_t kFrameEvent = 2;
constexpr std::uint64_t kEventChannelId = 1;
constexpr std::uint64_t kEventSeq = 2;

// Reads fields one after the other; stops for good at the first that is none.
class Fields {
 public:
  explicit Fields(std::string_view bytes) : left_(bytes) {}

  // False at the end, and where the bytes are no field: then !Good().
  bool Next() {
    if (left_.empty()) return false;
    const std::uint64_t tag = Varint();
    number_ = tag >> 3;
    switch (tag & 7) {
      case kVarint:
        value_ = Varint();
        return good_;
      case kFixed64:
        return TakeFixed(sizeof(std::uint64_t));
      case kFixed32:
        return TakeFixed(sizeof(std::uint32_t));
      case kBytes:
        return TakeBytes();
      default:
        return good_ = false;
    }
  }
  bool Good() const { return good_; }
  std::uint64_t number() const { return number_; }
  std::uint64_t value() const { return value_; }
  std::string_view bytes() const { return bytes_; }

 private:
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !left_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    good_ = false;
    return 0;
  }
  bool TakeFixed(std::size_t bytes) {
    if (left_.size() < bytes) return good_ = false;
    value_ = 0;
    std::memcpy(&value_, left_.data(), bytes);  // Little endian, as on the wire.
    left_.remove_prefix(bytes);
    return good_;
  }
  bool TakeBytes() {
    const std::uint64_t length = Varint();
    if (!good_ || length > left_.size()) return good_ = false;
    bytes_ = left_.substr(0, length);
    left_.remove_prefix(length);
    return true;
  }

  std::string_view left_;
  bool good_ = true;
  std::uint64_t number_ = 0;
  std::uint64_t value_ = 0;
  std::string_view bytes_;
};

}  // namespace

Result<std::optional<ScannedEvent>> ScanEvent(std::string_view message) {
  const auto no_response = [] {
    return Fail(Errc::kCorruption, "EVENT", "a frame of the stream is no SubscribeResponse");
  };
  Fields frame(message);
  if (!frame.Next()) return no_response();
  if (frame.number() != kFrameEvent) return std::nullopt;
  ScannedEvent event;
  Fields fields(frame.bytes());
  while (event.seq == 0 && fields.Next()) {
    if (fields.number() == kEventChannelId) event.channel_id = fields.value();
    if (fields.number() == kEventSeq) event.seq = fields.value();
  }
  if (!fields.Good() || event.seq == 0) return no_response();
  return event;
}

}  // namespace yap::bench
