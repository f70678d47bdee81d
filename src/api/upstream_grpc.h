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

class GrpcUpstreamFactory : public UpstreamFactory {
 public:
  // From the next call on every connection, also those that were opened before, is made with these.
  // Calls under way end on the old ones. Any thread.
  virtual void Use(UpstreamTls tls) = 0;
};

// The library's own lines are silenced, unless GRPC_VERBOSITY is set: what is wrong is in `why`.
std::unique_ptr<GrpcUpstreamFactory> NewGrpcUpstreams(GrpcUpstreamOptions options);

}  // namespace yap::api
