#include "edge/session_memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <utility>

#include "base/check.h"
#include "edge/limits.h"

namespace yap::edge {
namespace {

// What nghttp2 asks for: 16 KiB of payload, a header, padding.
constexpr std::size_t kFrameBufferMin = 16 * 1024;
constexpr std::size_t kFrameBufferBytes = 17 * 1024;
// A pointer for each entry of an HPACK table of 4,096 bytes, at 32 each (RFC 7541, 4.1 and 4.2).
constexpr std::size_t kRingBytes = 4096 / 32 * sizeof(void*);

char* Reserve(std::size_t bytes) {
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? nullptr : static_cast<char*>(p);
}

}  // namespace

// --- ColdBlocks

ColdBlocks::ColdBlocks(std::size_t block_bytes, std::size_t blocks_max)
    : block_bytes_(block_bytes),
      blocks_max_(blocks_max),
      begin_(Reserve(block_bytes * blocks_max)) {}

ColdBlocks::~ColdBlocks() {
  if (begin_ != nullptr) ::munmap(begin_, block_bytes_ * blocks_max_);
}

void* ColdBlocks::Take() {
  if (begin_ == nullptr || (free_.empty() && used_ == blocks_max_)) return nullptr;
  std::size_t block = used_;
  if (free_.empty()) {
    ++used_;
  } else {
    block = free_.back();
    free_.pop_back();
  }
  return begin_ + block * block_bytes_;
}

bool ColdBlocks::Owns(const void* p) const {
  const auto at = reinterpret_cast<std::uintptr_t>(p);
  const auto begin = reinterpret_cast<std::uintptr_t>(begin_);
  return begin_ != nullptr && at >= begin && at < begin + block_bytes_ * blocks_max_;
}

void ColdBlocks::Give(void* p) {
  const auto offset = static_cast<std::size_t>(static_cast<char*>(p) - begin_);
  free_.push_back(static_cast<std::uint32_t>(offset / block_bytes_));
}

// --- SessionMemory

struct SessionMemory::Functions {
  static void* Malloc(std::size_t n, void* user_data) {
    auto& self = *static_cast<SessionMemory*>(user_data);
    if (n >= kFrameBufferMin && n <= kFrameBufferBytes &&
        std::exchange(self.frame_buffer_offered_, false)) {
      return self.frame_buffer_.get();
    }
    if (n == kRingBytes && self.rings_offered_) {
      if (void* ring = self.rings_.Take()) return ring;
    }
    return std::malloc(n);
  }
  static void Free(void* p, void* user_data) {
    auto& self = *static_cast<SessionMemory*>(user_data);
    if (p == self.frame_buffer_.get()) return;
    if (self.rings_.Owns(p)) return self.rings_.Give(p);
    std::free(p);
  }
  static void* Calloc(std::size_t count, std::size_t n, void*) { return std::calloc(count, n); }
  // The library makes its frame buffer this way, from null, and never grows it, nor a ring.
  static void* Realloc(void* p, std::size_t n, void* user_data) {
    if (p == nullptr) return Malloc(n, user_data);
    auto& self = *static_cast<SessionMemory*>(user_data);
    YAP_CHECK(p != self.frame_buffer_.get() && !self.rings_.Owns(p));
    return std::realloc(p, n);
  }
};

SessionMemory::SessionMemory()
    : frame_buffer_(std::make_unique_for_overwrite<char[]>(kFrameBufferBytes)),
      rings_(kRingBytes, kColdRingsMax),
      memory_{this, Functions::Malloc, Functions::Free, Functions::Calloc, Functions::Realloc} {}

int SessionMemory::NewSession(nghttp2_session** session, const nghttp2_session_callbacks* callbacks,
                              void* user_data, const nghttp2_option* option) {
  frame_buffer_offered_ = rings_offered_ = true;
  const int rc = nghttp2_session_server_new3(session, callbacks, user_data, option, &memory_);
  frame_buffer_offered_ = rings_offered_ = false;
  return rc;
}

}  // namespace yap::edge
