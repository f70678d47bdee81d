// bench/http2_frames.h: HTTP/2 frames (RFC 9113) as bytes, the half that a client writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace yap::bench {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr std::size_t kFrameHeaderBytes = 9;
// SETTINGS_MAX_FRAME_SIZE, which nobody here changes.
inline constexpr std::size_t kFramePayloadMax = 16 * 1024;
inline constexpr std::uint32_t kDefaultWindow = 65'535;
inline constexpr std::uint32_t kDefaultTableSize = 4'096;
// RFC 7541, 6.3: "the dynamic table has 0 bytes from here on".
inline constexpr char kTableSizeZero = 0x20;
// gRPC: before each message one byte "compressed" and four of length.
inline constexpr std::size_t kPrefixBytes = 5;

enum FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
enum FrameFlag : std::uint8_t {
  kFlagEndStream = 0x1,
  kFlagAck = 0x1,
  kFlagEndHeaders = 0x4,
  kFlagPadded = 0x8,
  kFlagPriority = 0x20,
};
enum Setting : std::uint16_t {
  kSettingTableSize = 1,
  kSettingEnablePush = 2,
  kSettingStreamsMax = 3,
  kSettingInitialWindow = 4,
};

// REQUIRES: at least 4 bytes.
inline std::uint32_t ReadU32(std::string_view bytes) {
  const auto byte = [&](std::size_t i) {
    return std::uint32_t{static_cast<unsigned char>(bytes[i])};
  };
  return byte(0) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

void AppendU32(std::string& out, std::uint32_t value);
void AppendFrameHeader(std::string& out, std::size_t length, FrameType type, std::uint8_t flags,
                       std::uint32_t stream);
void AppendSetting(std::string& out, Setting setting, std::uint32_t value);
void AppendWindowUpdate(std::string& out, std::uint32_t stream, std::uint32_t bytes);
// A gRPC message in as many DATA frames as it takes, the last with END_STREAM.
void AppendMessage(std::string& out, std::string_view message, std::uint32_t stream);
// One field of a header block: literal, not indexed, no Huffman coding (RFC 7541, 6.2.2).
void AppendField(std::string& out, std::string_view name, std::string_view value);

}  // namespace yap::bench
