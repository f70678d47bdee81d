// edge/tls.h: TLS 1.3 with ALPN "h2" for listeners. OpenSSL stays in tls.cc.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "edge/server.h"
#include "edge/transport.h"

namespace yap::edge {

// A certificate and its key, loaded. Immutable and thread-safe.
class TlsContext {
 public:
  virtual ~TlsContext() = default;
  virtual std::unique_ptr<Transport> NewTransport(int socket) const = 0;

  // Errors: InvalidArgument; the message names the file and what to do.
  static Result<std::shared_ptr<const TlsContext>> Load(const TlsOptions& options);
};

// Whether `file` can be used as CA file: a readable PEM file with a certificate. Errors as Load.
Result<> CheckCaFile(const std::string& file);

}  // namespace yap::edge
