// api/admission.h: the one place where a call is let in, and as whom. What proves it differs with
// where the call comes from: a client's token, or a gateway that proved itself and says who.
#pragma once

#include <chrono>
#include <expected>
#include <memory>

#include "base/clock.h"
#include "base/secret.h"
#include "core/accounts.h"
#include "core/principal.h"
#include "edge/call.h"
#include "edge/status.h"
#include "yap/v1/options.pb.h"

namespace yap::api {

// What a service method learns of its call.
struct Caller {
  core::Principal who;  // Of a PUBLIC method: empty.
  core::PeerAddress peer;
  Deadline deadline;
};

// A T, or how the call ends: a status of another process goes through as it is.
template <class T>
using Answer = std::expected<T, edge::Status>;

// How long a token check may take: streams have no deadline of their own.
inline constexpr auto kAdmitMax = std::chrono::seconds(10);

// Thread-safe.
class Admission {
 public:
  virtual ~Admission() = default;
  // The caller, where `policy` lets it in. MEMBER, MODERATOR and OWNER are judged by core, in the
  // order of the channel's log; here they mean "a user", as everything that is not PUBLIC does.
  // `call` outlives the coroutine.
  virtual asio::awaitable<Answer<Caller>> Admit(yap::v1::Policy policy, edge::Call& call) = 0;
};

// Who holds an access token. Thread-safe.
class TokenChecker {
 public:
  virtual ~TokenChecker() = default;
  // UNAUTHENTICATED only where the token was looked at; UNAVAILABLE where it could not be.
  virtual asio::awaitable<Answer<core::Principal>> Check(Secret access_token,
                                                         Deadline deadline) = 0;
};

// By the accounts of this process, which outlive it.
std::unique_ptr<TokenChecker> NewLocalTokenChecker(core::Accounts& accounts);

// By `authorization: Bearer TOKEN`; nothing else a client says about itself counts. Both outlive
// it.
std::unique_ptr<Admission> NewTokenAdmission(TokenChecker& tokens, Clock& clock);

// The caller without its user, and with a deadline that is finite even where a stream's is not.
Caller Anybody(edge::Call& call);
Deadline AdmitDeadline(edge::Call& call, const Clock& clock);

}  // namespace yap::api
