// api/upstream_grpc.h: Upstream over libgrpc++, one connection each, all on one thread of their
// own.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "api/upstream.h"
#include "base/secret.h"

namespace yap::api {

// PEM texts. Both sides show a certificate (mTLS).
struct UpstreamTls {
  std::string ca;
  std::string certificate;
  Secret key;
};

struct GrpcUpstreamOptions {
  std::optional<UpstreamTls> tls;
  Secret key;  // Of the proof (api/identity.h); empty: the certificate proves enough.
};

std::unique_ptr<UpstreamFactory> NewGrpcUpstreams(GrpcUpstreamOptions options);

}  // namespace yap::api
