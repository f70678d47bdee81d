#include "edge/output.h"

#include <cstring>

#include "base/check.h"

namespace yap::edge {
namespace {

// A pass, and one frame of the library behind its end: 16 KiB of payload and a header.
constexpr std::size_t kScratchBytes = kPassBytesMax + 20 * 1024;

}  // namespace

Output::Output() : scratch_(std::make_unique_for_overwrite<char[]>(kScratchBytes)) {
  ranges_.reserve(kIovecsMax + 128);
}

void Output::Reset() {
  scratch_used_ = 0;
  size_ = 0;
  ranges_.clear();
}

std::size_t Output::Room() const {
  if (size_ >= kPassBytesMax || ranges_.size() >= kIovecsMax) return 0;
  return kPassBytesMax - size_;
}

void Output::CopyRest(std::size_t skip, std::vector<char>& out) const {
  for (const iovec& range : ranges_) {
    if (skip >= range.iov_len) {
      skip -= range.iov_len;
      continue;
    }
    const char* begin = static_cast<const char*>(range.iov_base);
    out.insert(out.end(), begin + skip, begin + range.iov_len);
    skip = 0;
  }
}

void Output::Share(std::span<const char> bytes) {
  if (bytes.size() < kShareBytesMin) return Copy(bytes);
  AddRange(bytes.data(), bytes.size());
}

void Output::Copy(std::span<const char> bytes) {
  if (bytes.empty()) return;
  YAP_CHECK(scratch_used_ + bytes.size() <= kScratchBytes);
  char* place = scratch_.get() + scratch_used_;
  std::memcpy(place, bytes.data(), bytes.size());
  scratch_used_ += bytes.size();
  AddRange(place, bytes.size());
}

void Output::AddRange(const char* data, std::size_t n) {
  size_ += n;
  if (!ranges_.empty()) {
    iovec& last = ranges_.back();
    if (static_cast<const char*>(last.iov_base) + last.iov_len == data) {
      last.iov_len += n;
      return;
    }
  }
  ranges_.push_back({const_cast<char*>(data), n});  // writev takes what it only reads as non-const.
}

}  // namespace yap::edge
