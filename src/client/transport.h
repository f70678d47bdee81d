// client/transport.h: the port through which a client reaches a server: bytes to a method, bytes
// back. What the bytes mean is client/rpc.h; who retries is client/session.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"

namespace yap::client {

// The reasons of errors that no server gave, of code Unavailable or DeadlineExceeded. Nobody
// answered; whether the call arrived is not known:
inline constexpr std::string_view kUnreachable = "UNREACHABLE";
// No connection came about: nothing was sent.
inline constexpr std::string_view kNotConnected = "NOT_CONNECTED";
// As kNotConnected, because of what the server is or shows: another attempt now ends the same.
inline constexpr std::string_view kTlsFailed = "TLS_FAILED";

// One server stream. Used on one executor; destroying it cancels it.
class Stream {
 public:
  virtual ~Stream() = default;

  // The next message; nothing once the server has ended the stream in order.
  // Errors: what ended it otherwise; Unavailable after Cancel().
  // REQUIRES: one call at a time; a call that waits when the stream is destroyed still returns.
  virtual Task<std::optional<std::string>> Next() = 0;

  // Makes the Next() that waits, and every later one, fail soon.
  virtual void Cancel() = 0;
};

// Thread-safe. Nothing is retried here.
class Transport {
 public:
  virtual ~Transport() = default;

  // Calls `method` ("/yap.v1.AuthService/Login") once and answers the serialized response.
  // `token`: the access token, or empty. Errors: the server's, with reason, metadata and
  // retry_after; Unavailable or DeadlineExceeded with a reason above where none answered.
  virtual Task<std::string> Call(std::string method, std::string request, Secret token,
                                 Deadline deadline) = 0;

  // Opens a stream; errors come from its first Next().
  virtual std::unique_ptr<Stream> Open(std::string method, std::string request, Secret token) = 0;
};

}  // namespace yap::client
