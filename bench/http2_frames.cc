#include "bench/http2_frames.h"

namespace yap::bench {
namespace {

void AppendU16(std::string& out, std::uint16_t value) {
  out.push_back(static_cast<char>(value >> 8));
  out.push_back(static_cast<char>(value));
}

// RFC 7541, 5.1 with a 7-bit prefix and 5.2 without Huffman coding.
void AppendText(std::string& out, std::string_view text) {
  constexpr std::size_t kPrefixMax = 127;
  if (text.size() < kPrefixMax) {
    out.push_back(static_cast<char>(text.size()));
  } else {
    out.push_back(static_cast<char>(kPrefixMax));
    std::size_t rest = text.size() - kPrefixMax;
    for (; rest >= 128; rest /= 128) out.push_back(static_cast<char>(rest % 128 + 128));
    out.push_back(static_cast<char>(rest));
  }
  out.append(text);
}

}  // namespace

void AppendU32(std::string& out, std::uint32_t value) {
  AppendU16(out, static_cast<std::uint16_t>(value >> 16));
  AppendU16(out, static_cast<std::uint16_t>(value));
}

void AppendFrameHeader(std::string& out, std::size_t length, FrameType type, std::uint8_t flags,
                       std::uint32_t stream) {
  AppendU32(out, static_cast<std::uint32_t>(length << 8) | type);
  out.push_back(static_cast<char>(flags));
  AppendU32(out, stream);
}

void AppendSetting(std::string& out, Setting setting, std::uint32_t value) {
  AppendU16(out, setting);
  AppendU32(out, value);
}

void AppendWindowUpdate(std::string& out, std::uint32_t stream, std::uint32_t bytes) {
  AppendFrameHeader(out, 4, kWindowUpdate, 0, stream);
  AppendU32(out, bytes);
}

void AppendMessage(std::string& out, std::string_view message, std::uint32_t stream) {
  std::string prefix(1, '\0');
  AppendU32(prefix, static_cast<std::uint32_t>(message.size()));
  while (prefix.size() + message.size() > kFramePayloadMax) {
    const std::string_view part = message.substr(0, kFramePayloadMax - prefix.size());
    AppendFrameHeader(out, kFramePayloadMax, kData, 0, stream);
    out.append(prefix).append(part);
    message.remove_prefix(part.size());
    prefix.clear();
  }
  AppendFrameHeader(out, prefix.size() + message.size(), kData, kFlagEndStream, stream);
  out.append(prefix).append(message);
}

void AppendField(std::string& out, std::string_view name, std::string_view value) {
  out.push_back(0);
  AppendText(out, name);
  AppendText(out, value);
}

}  // namespace yap::bench
