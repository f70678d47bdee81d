#include "api/remote_identity.h"

#include "api/ask.h"
#include "api/errors.h"
#include "api/internal_convert.h"
#include "api/routing.h"
#include "base/guarded.h"
#include "core/reasons.h"
#include "core/session_cache.h"
#include "core/tokens.h"

namespace yap::api {
namespace {

namespace pb = yap::internal::v1;

edge::Status TokenInvalid() {
  return ToStatus(MakeError(Errc::kUnauthenticated, core::reason::kTokenInvalid,
                            "this is no access token: log in, or refresh the session"));
}

core::Principal PrincipalOf(const pb::CheckTokenResponse& response) {
  return {.user = core::UserId(response.user_id()),
          .username = response.username(),
          .session = core::SessionId(response.session_id()),
          .admin = response.admin()};
}

class RemoteTokens final : public RemoteTokenChecker {
 public:
  RemoteTokens(Replicas& replicas, Clock& clock) : replicas_(replicas), clock_(clock) {}

  asio::awaitable<Answer<core::Principal>> Check(Secret token, Deadline deadline) override {
    const auto hash = core::AccessTokenHash(token.Reveal());
    if (!hash) co_return std::unexpected(TokenInvalid());
    const MonoTime now = clock_.Mono();
    const auto [known, ticket] = cache_.With([&](const core::SessionCache& cache) {
      return std::pair(cache.Find(*hash, now), cache.Ask(now));
    });
    if (known) co_return known->who;
    auto who = co_await Ask(std::move(token), deadline);
    if (!who) co_return std::unexpected(std::move(who).error());
    // When the token ends is the chat-service's to say, by a clock of its own: in at most a second.
    cache_.With([&](core::SessionCache& cache) {
      cache.Put(*hash, {.who = *who, .expire_time = WallTime::max()}, ticket);
    });
    co_return who;
  }

  void Forget(const std::vector<core::SessionId>& sessions) override {
    cache_.With([&](core::SessionCache& cache) { cache.ForgetSessions(sessions); });
  }

 private:
  asio::awaitable<Answer<core::Principal>> Ask(Secret token, Deadline deadline) {
    pb::CheckTokenRequest request;
    request.set_access_token(std::string(token.Reveal()));
    auto answer = co_await api::Ask<pb::CheckTokenResponse>(
        replicas_, RouteKey(token.Reveal()), "CheckToken", std::move(request), {}, deadline);
    if (!answer) co_return std::unexpected(std::move(answer).error().status);
    co_return PrincipalOf(*answer);
  }

  Replicas& replicas_;
  Clock& clock_;
  Guarded<core::SessionCache> cache_{core::SessionCache({})};
};

class RemoteAuthority final : public SubscribeAuthority {
 public:
  explicit RemoteAuthority(Replicas& replicas) : replicas_(replicas) {}

  asio::awaitable<Answer<hub::SubscribeOptions>> Authorise(Caller caller,
                                                           yap::v1::SubscribeRequest subscribe,
                                                           Deadline deadline) override {
    const core::UserId user = caller.who.user;
    const core::SessionId session = caller.who.session;
    const auto key = RouteKey(caller.who.username);
    pb::AuthorizeRequest request;
    *request.mutable_subscribe() = std::move(subscribe);
    auto answer = co_await Ask<pb::AuthorizeResponse>(
        replicas_, key, "Authorize", std::move(request), std::move(caller), deadline);
    if (!answer) co_return std::unexpected(std::move(answer).error().status);
    hub::SubscribeOptions options = FromProto(*answer);
    options.user = user;
    options.session = session;
    co_return options;
  }

 private:
  Replicas& replicas_;
};

}  // namespace

std::unique_ptr<RemoteTokenChecker> NewRemoteTokenChecker(Replicas& replicas, Clock& clock) {
  return std::make_unique<RemoteTokens>(replicas, clock);
}

std::unique_ptr<SubscribeAuthority> NewRemoteAuthority(Replicas& replicas) {
  return std::make_unique<RemoteAuthority>(replicas);
}

}  // namespace yap::api
