// edge/transport.h: a non-blocking byte pipe over a connected socket, in the clear or in TLS.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "edge/call.h"

namespace yap::edge {

enum class IoState : std::uint8_t {
  kOk,
  kWantRead,   // Nothing more can be done until the socket is readable …
  kWantWrite,  // … or writable.
  kEnd,        // The peer has closed, or the pipe is broken.
};

struct IoResult {
  IoState state = IoState::kOk;
  std::size_t bytes = 0;  // Moved before that.
};

// One thread. Does not own the socket.
class Transport {
 public:
  virtual ~Transport() = default;
  // To be called until it answers kOk; before that neither Read nor Write.
  virtual IoResult Handshake() = 0;
  // kWantRead also with bytes, where these were the last for now.
  virtual IoResult Read(std::span<char> into) = 0;
  // Takes what the kernel takes. What was not taken must come first in the next Write.
  virtual IoResult Write(std::span<const iovec> ranges) = 0;
  // Says that nothing more will be written.
  virtual void ShutdownWrite() = 0;
  // Whether the handshake agreed on HTTP/2 (in the clear: by prior knowledge).
  virtual bool NegotiatedHttp2() const = 0;
  // The handshake failed because the peer does not speak TLS.
  virtual bool SawPlaintext() const = 0;
  // Adds what the handshake told about the peer.
  virtual void Describe(Peer& peer) const = 0;
};

std::unique_ptr<Transport> NewPlainTransport(int socket);

}  // namespace yap::edge
