// app/yapd/cluster_proof.h: how the processes of a cluster prove themselves to each other, as
// configured: certificates, or a file on one machine.
#pragma once

#include "api/identity.h"
#include "api/upstream_grpc.h"
#include "app/yapd/config.h"
#include "edge/server.h"

namespace yap::app {

// Whom a chat-service believes. Makes the secret file where there is none. Errors: those of the
// file.
Result<api::PeerTrust> TrustOf(const Config& config);
// The listener for gateways.
edge::ListenerOptions InternalListenerOf(const Config& config, const HostPort& at);

// What a gateway shows. Errors: those of the files.
Result<api::GrpcUpstreamOptions> ProofOptionsOf(const Config& config);

}  // namespace yap::app
