// edge/session_memory.h: what the nghttp2 sessions of one thread need not have each for itself. Of
// the 27 KiB that a session asks for, two thirds are a buffer to pack a frame in: Session::Pull
// takes each frame out before it returns, so between two Pulls nothing is in it, and all sessions
// have the same one. Two KiB are the rings of the HPACK tables, which stay empty where both sides
// say that their table has no bytes: they lie side by side, in pages that nobody touches.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace yap::edge {

// Blocks of one size in address space of their own: a page of it becomes memory when a block in it
// is written for the first time. Not thread-safe.
class ColdBlocks {
 public:
  ColdBlocks(std::size_t block_bytes, std::size_t blocks_max);
  ~ColdBlocks();
  ColdBlocks(const ColdBlocks&) = delete;
  ColdBlocks& operator=(const ColdBlocks&) = delete;

  // Uninitialised; null where all are taken.
  void* Take();
  bool Owns(const void* p) const;
  // REQUIRES: Owns(p), and Take gave it.
  void Give(void* p);

 private:
  const std::size_t block_bytes_;
  const std::size_t blocks_max_;
  char* const begin_;
  std::size_t used_ = 0;  // From begin_ on; those given back since are in free_.
  std::vector<std::uint32_t> free_;
};

// Not thread-safe: for sessions that Pull one after the other. Outlives them.
class SessionMemory {
 public:
  SessionMemory();
  SessionMemory(const SessionMemory&) = delete;
  SessionMemory& operator=(const SessionMemory&) = delete;

  // nghttp2_session_server_new2 with memory that is malloc's but for what is said above.
  int NewSession(nghttp2_session** session, const nghttp2_session_callbacks* callbacks,
                 void* user_data, const nghttp2_option* option);

 private:
  struct Functions;

  std::unique_ptr<char[]> frame_buffer_;
  ColdBlocks rings_;
  nghttp2_mem memory_;
  // While a session is made, its one large allocation is the buffer; later ones (a header block
  // that goes on behind 16 KiB) are its own. The same for the rings.
  bool frame_buffer_offered_ = false;
  bool rings_offered_ = false;
};

}  // namespace yap::edge
