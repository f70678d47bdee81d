// edge/call.h: one RPC, as its handler sees it.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "edge/byte_source.h"
#include "edge/status.h"

namespace yap::edge {

// Names are lower case. Values of names that end in "-bin" are raw bytes (base64 is the wire's
// business); all other values are printable ASCII.
struct Header {
  std::string name;
  std::string value;
};
using Metadata = std::vector<Header>;

// Who is at the other end. Behind a trusted proxy (ListenerOptions) the address is the client's.
struct Peer {
  std::string address;  // Without port, e.g. "192.0.2.7" or "2001:db8::7".
  std::uint16_t port = 0;
  bool loopback = false;
  bool tls = false;      // This connection is encrypted by us.
  bool proxied = false;  // The address was told by a trusted proxy.
  // Of the client certificate, verified against the listener's client CA; empty without one.
  std::string certificate_subject;
  std::vector<std::string> certificate_names;  // DNS names and URIs of subjectAltName.
};

// Lives as long as anybody holds it; after the end its calls do nothing and answer with an error.
// Every member is for the connection's thread (Executor()), where the handler runs.
class Call {
 public:
  virtual ~Call() = default;

  virtual std::string_view Path() const = 0;  // "/package.Service/Method"
  // The first value of that request header, without the pseudo-headers and gRPC's own.
  virtual std::optional<std::string_view> Get(std::string_view name) const = 0;
  virtual const Metadata& RequestMetadata() const = 0;
  // The sooner of the client's grpc-timeout and the handler's cap; MonoTime::max() for none. The
  // edge enforces it: the call ends with DEADLINE_EXCEEDED.
  virtual Deadline GetDeadline() const = 0;
  virtual const Peer& GetPeer() const = 0;
  virtual asio::any_io_executor Executor() const = 0;

  // The next request message; nullopt once the client has sent its last. Errors: Unavailable or
  // DeadlineExceeded (the call ended). One at a time.
  virtual Task<std::optional<std::string>> Read() = 0;
  // Queues one message and waits while more than kWriteBufferBytesMax are queued. Same errors; also
  // when the connection has no room for it (Budgets::unsent_bytes_max), which ends the call
  // UNAVAILABLE. One at a time; not after StreamFrom.
  virtual Task<void> Write(std::string message) = 0;
  // From here on the answer is what `source` gives, behind what was written, and the status it
  // finishes with ends the call; what the handler returns does not, so an open stream holds no
  // coroutine. The source is destroyed as soon as the call ends, at once if it has. At most once.
  virtual void StreamFrom(std::unique_ptr<ByteSource> source) = 0;
  // "The source has news". May be called before StreamFrom and after the end, on this thread only,
  // and costs little when the news were told already; bytes go out once per loop turn. May be held
  // by the source.
  virtual std::function<void()> Waker() = 0;

  // True once the status is on its way, the client cancelled, the deadline passed or the connection
  // is gone.
  virtual bool Ended() const = 0;
  // Calls `fn` once, at the end, whatever ended it; at once if the call has ended.
  virtual void OnEnd(std::move_only_function<void()> fn) = 0;
  // Calls `fn` once when the connection has grown old or the server drains, with the time the call
  // has left to say so in band and finish.
  virtual void OnAgeing(std::move_only_function<void(Duration left)> fn) = 0;

  // REQUIRES: nothing was written yet; the name is lower case and not one of gRPC's own.
  virtual void AddInitialMetadata(Header header) = 0;
  virtual void AddTrailer(Header header) = 0;
};

}  // namespace yap::edge
