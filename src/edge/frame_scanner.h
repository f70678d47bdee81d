// edge/frame_scanner.h: finds the frame headers in a byte stream of HTTP/2, before the library sees
// it: budgets count every frame, also those a library drops in silence (unknown types, frames of
// closed streams).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace yap::edge {

struct FrameHeader {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream_id = 0;
};

inline constexpr std::size_t kFrameHeaderBytes = 9;

// Not thread-safe. Starts behind the client preface; never looks at payloads.
class FrameScanner {
 public:
  // Calls `on_frame(FrameHeader)` for each header that is complete with `bytes`; stops and answers
  // false as soon as it answers false.
  template <class F>
  bool Scan(std::span<const char> bytes, F&& on_frame) {
    while (!bytes.empty()) {
      if (payload_left_ > 0) {
        const std::size_t n = std::min(payload_left_, bytes.size());
        payload_left_ -= n;
        bytes = bytes.subspan(n);
        continue;
      }
      const std::size_t n = std::min(kFrameHeaderBytes - have_, bytes.size());
      std::memcpy(header_.data() + have_, bytes.data(), n);
      have_ += n;
      bytes = bytes.subspan(n);
      if (have_ < kFrameHeaderBytes) break;
      have_ = 0;
      const FrameHeader header = Unpack();
      payload_left_ = header.length;
      if (!on_frame(header)) return false;
    }
    return true;
  }

 private:
  FrameHeader Unpack() const {
    const auto& h = header_;
    return {static_cast<std::uint32_t>(h[0] << 16 | h[1] << 8 | h[2]), h[3], h[4],
            (static_cast<std::uint32_t>(h[5]) << 24 | static_cast<std::uint32_t>(h[6]) << 16 |
             static_cast<std::uint32_t>(h[7]) << 8 | h[8]) &
                0x7fffffffU};
  }

  std::array<std::uint8_t, kFrameHeaderBytes> header_{};
  std::size_t have_ = 0;
  std::size_t payload_left_ = 0;
};

}  // namespace yap::edge
