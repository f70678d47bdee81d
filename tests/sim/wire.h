// tests/sim/wire.h: the stream of the simulation. Text records instead of protobuf, so that the
// decoder shares nothing with the product's encoder.
//
//   record := length(4 bytes, big endian) text
//   text   := "hello" | "event CH SEQ EPOCH KIND KEY USER" | "caught CH HEAD" | "beat" |
//             "truncated CH FIRST" | "epoch CH EPOCH HEAD" | "reconnect" | "ended CH"
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "hub/hub.h"

namespace yap::sim {

std::unique_ptr<hub::FrameEncoder> NewTextEncoder();

struct Frame {
  std::string kind;  // The first word of the record.
  std::uint64_t channel = 0;
  std::uint64_t seq = 0;  // Or the head, or the first available one.
  std::uint64_t epoch = 0;
  std::string body;        // Of an event: posted, joined, left, removed, other.
  std::string key;         // Of a message: hex.
  std::uint64_t user = 0;  // Of a membership event: whom it is about.
};

// Cuts a byte stream into records, however it was cut before.
class Decoder {
 public:
  // Frames that `bytes` completes. Sets `broken` at the first record that makes no sense.
  std::vector<Frame> Feed(std::string_view bytes);
  bool broken() const { return broken_; }
  // Between two records.
  bool idle() const { return pending_.empty(); }

 private:
  std::string pending_;
  bool broken_ = false;
};

}  // namespace yap::sim
