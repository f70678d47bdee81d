// api/identity.h: how a gateway tells a chat-service for whom it calls, and why that is believed
// (docs/cluster.md, "Identity"). The key of a machine's own gateways never travels: each call
// carries an HMAC over its path and identity.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/admission.h"
#include "base/secret.h"

namespace yap::api {

// Of every call to a chat-service.
inline constexpr std::string_view kIdentityHeader = "yap-identity-bin";  // yap.internal.v1.Identity
inline constexpr std::string_view kProofHeader = "yap-proof-bin";
// In the trailers of a call that was refused because the peer is not trusted: a mistake in the
// configuration, and nothing about the user.
inline constexpr std::string_view kRefusedTrailer = "yap-peer-refused";

std::string EncodeIdentity(const Caller& caller);
// REQUIRES: !key.empty().
std::string ProofOf(const Secret& key, std::string_view path, std::string_view identity);

// Which peers may say for whom they call.
struct PeerTrust {
  // With a key: those that prove they have it. Without: those whose certificate the listener
  // verified, and, where there are `names`, that has one of them.
  Secret key;
  std::vector<std::string> names;
};

// By identity metadata of a trusted peer. A PUBLIC method needs the proof, too, but no user.
// Errors: Unauthenticated "PEER_UNTRUSTED", with the trailer.
std::unique_ptr<Admission> NewIdentityAdmission(PeerTrust trust);

}  // namespace yap::api
