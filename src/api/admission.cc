#include "api/admission.h"

#include <algorithm>
#include <string>

#include "api/errors.h"
#include "core/reasons.h"

namespace yap::api {
namespace {

constexpr std::string_view kBearer = "Bearer ";

Result<Secret> BearerToken(const edge::Call& call) {
  const auto header = call.Get("authorization");
  if (!header) {
    return Fail(
        Errc::kUnauthenticated, core::reason::kTokenMissing,
        "this call needs an access token: log in, then send 'authorization: Bearer <token>'");
  }
  if (!header->starts_with(kBearer)) {
    return Fail(Errc::kUnauthenticated, core::reason::kTokenInvalid,
                "the authorization header is not 'Bearer <access token>'");
  }
  return Secret(std::string(header->substr(kBearer.size())));
}

Error AdminsOnly() {
  return MakeError(Errc::kPermissionDenied, core::reason::kPermissionRequired,
                   "this call is for administrators; 'yapd admin user promote' makes one");
}

class LocalTokenChecker final : public TokenChecker {
 public:
  explicit LocalTokenChecker(core::Accounts& accounts) : accounts_(accounts) {}

  asio::awaitable<Answer<core::Principal>> Check(Secret token, Deadline deadline) override {
    auto who = co_await accounts_.Authenticate(std::move(token), deadline);
    if (!who) co_return std::unexpected(ToStatus(who.error()));
    co_return *std::move(who);
  }

 private:
  core::Accounts& accounts_;
};

class TokenAdmission final : public Admission {
 public:
  TokenAdmission(TokenChecker& tokens, Clock& clock) : tokens_(tokens), clock_(clock) {}

  asio::awaitable<Answer<Caller>> Admit(yap::v1::Policy policy, edge::Call& call) override {
    Caller caller = Anybody(call);
    if (policy == yap::v1::POLICY_PUBLIC) co_return caller;
    auto token = BearerToken(call);
    if (!token) co_return std::unexpected(ToStatus(token.error()));
    auto who = co_await tokens_.Check(*std::move(token), AdmitDeadline(call, clock_));
    if (!who) co_return std::unexpected(std::move(who).error());
    caller.who = *std::move(who);
    if (policy == yap::v1::POLICY_ADMIN && !caller.who.admin) {
      co_return std::unexpected(ToStatus(AdminsOnly()));
    }
    co_return caller;
  }

 private:
  TokenChecker& tokens_;
  Clock& clock_;
};

}  // namespace

Caller Anybody(edge::Call& call) {
  const edge::Peer& peer = call.GetPeer();
  return {{}, {peer.address, peer.loopback}, call.GetDeadline()};
}

Deadline AdmitDeadline(edge::Call& call, const Clock& clock) {
  return std::min(call.GetDeadline(), Deadline::After(clock, kAdmitMax));
}

std::unique_ptr<TokenChecker> NewLocalTokenChecker(core::Accounts& accounts) {
  return std::make_unique<LocalTokenChecker>(accounts);
}

std::unique_ptr<Admission> NewTokenAdmission(TokenChecker& tokens, Clock& clock) {
  return std::make_unique<TokenAdmission>(tokens, clock);
}

}  // namespace yap::api
