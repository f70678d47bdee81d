// edge/byte_source.h: what a stream sends when it is not written message by message: bytes that
// somebody else has framed already, pulled at the pace of the peer.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "edge/status.h"

namespace yap::edge {

// Takes the bytes of one pass, in order. A pass is one round of writes over the connections of a
// thread; it ends at the latest when the handler that runs it returns to the event loop.
class Gather {
 public:
  virtual ~Gather() = default;
  // Keeps a pointer where that is cheaper than copying: `bytes` stay valid until the pass ends
  // (ServerOptions::after_pass), also when the source is destroyed before that.
  virtual void Share(std::span<const char> bytes) = 0;
  // Copies now.
  virtual void Copy(std::span<const char> bytes) = 0;
};

// A pull source of framed gRPC messages: [1 byte 0, 4 bytes length, big endian, message]*. The edge
// cuts that sequence anywhere and never reorders it. Used and destroyed on its connection's thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Bytes that can go right now, at most `max`; 0 means none until the call's waker is called.
  virtual std::size_t Available(std::size_t max) = 0;
  // Hands exactly `n` bytes to `out`. REQUIRES: 0 < n <= the last Available().
  virtual void Take(std::size_t n, Gather& out) = 0;
  // Set once every byte was taken and nothing more will come: the stream ends with it. Asked only
  // when Available() answered 0.
  virtual std::optional<Status> Finished() = 0;
};

}  // namespace yap::edge
