// client/grpc_transport.h: Transport over libgrpc++. One connection per transport, opened with the
// first call and again by itself.
#pragma once

#include <memory>
#include <string>

#include "client/server_address.h"
#include "client/transport.h"

namespace yap::client {

struct GrpcOptions {
  ServerAddress server;
  // PEM text of the certificate authorities to trust; empty: the system's. Only used with TLS.
  std::string roots_pem;
  std::string user_agent;
  // Also spoken for by the server: an event of 16 KiB of text with room to spare, times the largest
  // page (200).
  int message_bytes_max = 8 * 1024 * 1024;
};

// Its destructor ends what is under way and waits until that is answered, so that no answer reaches
// an executor that is gone.
std::unique_ptr<Transport> MakeGrpcTransport(const GrpcOptions& options);

}  // namespace yap::client
