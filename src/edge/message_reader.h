// edge/message_reader.h: cuts the bytes of a request into its messages.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "edge/grpc_wire.h"

namespace yap::edge {

// Not thread-safe. Holds at most what was fed and not popped.
class MessageReader {
 public:
  explicit MessageReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // Errors leave the reader unusable: the call ends with them.
  std::optional<Error> Feed(std::span<const char> bytes);
  std::optional<std::string> Pop();

  bool empty() const { return complete() == 0; }
  std::size_t complete() const { return messages_.size() - first_; }
  // True between two messages.
  bool AtBoundary() const { return prefix_have_ == 0; }
  // What it holds, with what holding it costs.
  std::size_t HeldBytes() const { return held_bytes_; }

 private:
  // Of an entry of the queue, so that a flood of empty messages is not free.
  static constexpr std::size_t kMessageCostBytes = 64;

  std::optional<Error> CheckPrefix();

  const std::size_t message_bytes_max_;
  Prefix prefix_{};
  std::size_t prefix_have_ = 0;
  std::size_t message_left_ = 0;
  std::string message_;
  std::vector<std::string> messages_;  // From first_ on; a deque would start with half a KiB.
  std::size_t first_ = 0;
  std::size_t held_bytes_ = 0;
};

}  // namespace yap::edge
