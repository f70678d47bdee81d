#include "edge/message_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "edge/refusals.h"

namespace yap::edge {

std::optional<Error> MessageReader::Feed(std::span<const char> bytes) {
  while (!bytes.empty()) {
    if (prefix_have_ < kPrefixBytes) {
      const std::size_t n = std::min(kPrefixBytes - prefix_have_, bytes.size());
      std::memcpy(prefix_.data() + prefix_have_, bytes.data(), n);
      prefix_have_ += n;
      bytes = bytes.subspan(n);
      if (prefix_have_ < kPrefixBytes) return std::nullopt;
      if (auto error = CheckPrefix()) return error;
    }
    const std::size_t n = std::min(message_left_, bytes.size());
    message_.append(bytes.data(), n);
    held_bytes_ += n;
    message_left_ -= n;
    bytes = bytes.subspan(n);
    if (message_left_ > 0) continue;
    held_bytes_ += kMessageCostBytes;
    messages_.push_back(std::exchange(message_, {}));
    prefix_have_ = 0;
  }
  return std::nullopt;
}

std::optional<Error> MessageReader::CheckPrefix() {
  if (prefix_[0] == 1) return CompressionUnsupported();
  if (prefix_[0] != 0) return PrefixInvalid();
  message_left_ = PrefixLength({prefix_.data(), kPrefixBytes});
  if (message_left_ <= message_bytes_max_) return std::nullopt;
  return RequestTooLarge(message_left_, message_bytes_max_);
}

std::optional<std::string> MessageReader::Pop() {
  if (empty()) return std::nullopt;
  std::string message = std::move(messages_[first_++]);
  if (empty()) {
    messages_ = {};
    first_ = 0;
  } else if (first_ > messages_.size() / 2) {  // Each message is moved at most twice.
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  held_bytes_ -= message.size() + kMessageCostBytes;
  return message;
}

}  // namespace yap::edge
