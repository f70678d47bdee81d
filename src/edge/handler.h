// edge/handler.h: what serves calls, and how it is found.
#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "edge/call.h"
#include "edge/limits.h"
#include "edge/status.h"

namespace yap::edge {

enum class CallKind : std::uint8_t {
  kUnary,         // One request message; Serve starts once all of it is here.
  kServerStream,  // The same, and many answers.
  kBidi,          // Serve starts with the headers; any number of messages both ways.
};

struct HandlerTraits {
  CallKind kind = CallKind::kUnary;
  // Cap of the call's deadline, also where the client gave none; max() for streams that may live.
  Duration deadline_max = kUnaryDeadlineMax;
  // Of one request message; a longer one ends the call with RESOURCE_EXHAUSTED.
  std::size_t message_bytes_max = kMessageBytesMax;
};

// Stateless or synchronised: Serve runs on every I/O thread. Outlives the server.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual HandlerTraits Traits() const = 0;
  // Runs on the call's thread. What it returns ends the call, unless that has ended or was given a
  // source (Call::StreamFrom).
  virtual asio::awaitable<Status> Serve(std::shared_ptr<Call> call) = 0;
};

// A handler of one message in, one message out.
class UnaryHandler : public Handler {
 public:
  using Reply = std::expected<std::string, Status>;
  HandlerTraits Traits() const override { return {}; }
  asio::awaitable<Status> Serve(std::shared_ptr<Call> call) final;

 protected:
  // `call` outlives the coroutine.
  virtual asio::awaitable<Reply> Handle(Call& call, std::string request) = 0;
};

// Thread-safe; outlives the server.
class Router {
 public:
  virtual ~Router() = default;
  // Null: the call is answered UNIMPLEMENTED.
  virtual Handler* Find(std::string_view path) = 0;
  // The status of a call that the edge ends by itself; `error` has one of edge/reasons.h. Here: its
  // code and message. Interfaces that give their errors details give them to these, too.
  virtual Status Explain(const Error& error) { return {CodeOf(error.code), error.message, {}}; }
};

}  // namespace yap::edge
