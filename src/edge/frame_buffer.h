// edge/frame_buffer.h: one frame buffer for all sessions of a thread. nghttp2 gives each session 16
// KiB to pack a frame in, most of an idle session's memory. Session::Pull takes each frame out
// before it returns, so between two Pulls nothing is in it, and all sessions may have the same.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <memory>

namespace yap::edge {

// Not thread-safe: for sessions that Pull one after the other. Outlives them.
class FrameBuffer {
 public:
  FrameBuffer();
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;

  // nghttp2_session_server_new2 with memory that is malloc's but for the frame buffer.
  int NewSession(nghttp2_session** session, const nghttp2_session_callbacks* callbacks,
                 void* user_data, const nghttp2_option* option);

 private:
  struct Functions;

  std::unique_ptr<char[]> bytes_;
  nghttp2_mem memory_;
  // While a session is made, its one large allocation is the buffer; later ones (a header block
  // that goes on behind 16 KiB) are its own.
  bool offered_ = false;
};

}  // namespace yap::edge
