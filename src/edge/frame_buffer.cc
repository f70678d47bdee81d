#include "edge/frame_buffer.h"

#include <cstdlib>
#include <utility>

#include "base/check.h"

namespace yap::edge {
namespace {

// What nghttp2 asks for: 16 KiB of payload, a header, padding..
constexpr std::size_t kAskedBytesMin = 16 * 1024;
constexpr std::size_t kBytes = 17 * 1024;

}  // namespace

struct FrameBuffer::Functions {
  static void* Malloc(std::size_t n, void* user_data) {
    auto& self = *static_cast<FrameBuffer*>(user_data);
    if (n >= kAskedBytesMin && n <= kBytes && std::exchange(self.offered_, false)) {
      return self.bytes_.get();
    }
    return std::malloc(n);
  }
  static void Free(void* p, void* user_data) {
    if (p != static_cast<FrameBuffer*>(user_data)->bytes_.get()) std::free(p);
  }
  static void* Calloc(std::size_t count, std::size_t n, void*) { return std::calloc(count, n); }
  // The library makes its buffer this way, from null, and never grows it.
  static void* Realloc(void* p, std::size_t n, void* user_data) {
    if (p == nullptr) return Malloc(n, user_data);
    YAP_CHECK(p != static_cast<FrameBuffer*>(user_data)->bytes_.get());
    return std::realloc(p, n);
  }
};

FrameBuffer::FrameBuffer()
    : bytes_(std::make_unique_for_overwrite<char[]>(kBytes)),
      memory_{this, Functions::Malloc, Functions::Free, Functions::Calloc, Functions::Realloc} {}

int FrameBuffer::NewSession(nghttp2_session** session, const nghttp2_session_callbacks* callbacks,
                            void* user_data, const nghttp2_option* option) {
  offered_ = true;
  const int rc = nghttp2_session_server_new3(session, callbacks, user_data, option, &memory_);
  offered_ = false;
  return rc;
}

}  // namespace yap::edge
