// api/remote_identity.h: who asks, and what a Subscribe may read, as a gateway learns it from
// chat-services.
#pragma once

#include <memory>
#include <vector>

#include "api/admission.h"
#include "api/authorise.h"
#include "api/replicas.h"

namespace yap::api {

// Remembers what held for kAuthCacheLife; that a token does not hold is asked anew each time.
class RemoteTokenChecker : public TokenChecker {
 public:
  // No token of these is known any more when this returns.
  virtual void Forget(const std::vector<core::SessionId>& sessions) = 0;
};
// Both outlive it.
std::unique_ptr<RemoteTokenChecker> NewRemoteTokenChecker(Replicas& replicas, Clock& clock);

std::unique_ptr<SubscribeAuthority> NewRemoteAuthority(Replicas& replicas);

}  // namespace yap::api
