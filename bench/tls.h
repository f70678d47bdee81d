// bench/tls.h: the client side of TLS 1.3 for a load's connections, with ALPN "h2".
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace yap::bench {

// One connection. The handshake is a part of its first reads and writes.
class TlsStream {
 public:
  // As recv and send on a socket that does not block: the number of bytes, 0 at the end, or -1 and
  // errno, EAGAIN where the socket has to be waited for.
  ssize_t Read(char* into, std::size_t bytes_max);
  ssize_t Write(const char* bytes, std::size_t count);

 private:
  friend class TlsClient;
  struct Free {
    void operator()(ssl_st* ssl) const;
  };
  explicit TlsStream(ssl_st* ssl) : ssl_(ssl) {}
  ssize_t Outcome(int result, std::size_t done) const;

  std::unique_ptr<ssl_st, Free> ssl_;
};

class TlsClient {
 public:
  // `ca_file`: PEM, whose certificates are trusted. Errors: InvalidArgument.
  static Result<TlsClient> New(const std::string& ca_file);
  // Makes `fd` non-blocking; it stays the caller's. REQUIRES: connected.
  std::unique_ptr<TlsStream> NewStream(int fd) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsClient(ssl_ctx_st* context) : context_(context) {}

  std::unique_ptr<ssl_ctx_st, Free> context_;
};

}  // namespace yap::bench
