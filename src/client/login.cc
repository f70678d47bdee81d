#include "client/login.h"

#include <fmt/format.h>
#include <unistd.h>

#include "unicode/sanitize.h"

namespace yap::client {
namespace {

std::string DeviceName() {
  char host[64] = {};
  if (::gethostname(host, sizeof host - 1) != 0) return "yap";
  return fmt::format("yap on {}", unicode::Visible(host));
}

std::string Bare(const std::string& name) { return name.starts_with('@') ? name.substr(1) : name; }

struct Answer {
  v1::User user;
  v1::Tokens tokens;
};

Task<Answer> Register(Session& session, Account account, Deadline deadline) {
  v1::RegisterRequest request;
  request.set_username(Bare(account.name));
  request.set_password(std::string(account.password.Reveal()));
  request.set_device_name(DeviceName());
  request.set_request_id(session.NewKey());
  if (!account.invite.empty()) request.set_invite_code(account.invite);
  YAP_CO_TRY(const auto response, co_await session.Call(kRegister, std::move(request), deadline));
  co_return Answer{response.user(), response.tokens()};
}

Task<Answer> Login(Session& session, Account account, Deadline deadline) {
  v1::LoginRequest request;
  request.set_username(Bare(account.name));
  request.set_password(std::string(account.password.Reveal()));
  request.set_device_name(DeviceName());
  if (const auto who = session.Who(); who && who->username == request.username()) {
    request.set_known_refresh_token(std::string(who->refresh_token.Reveal()));
  }
  YAP_CO_TRY(const auto response, co_await session.Call(kLogin, std::move(request), deadline));
  co_return Answer{response.user(), response.tokens()};
}

}  // namespace

Task<void> LogInAs(Session& session, Account account, Deadline deadline) {
  const auto before = session.Who();
  auto answer = account.create ? co_await Register(session, std::move(account), deadline)
                               : co_await Login(session, std::move(account), deadline);
  if (!answer) co_return Fail(std::move(answer).error());
  YAP_CO_TRY_VOID(
      co_await session.Adopt(std::move(answer->user), std::move(answer->tokens), deadline));
  // Best effort: a session that cannot be ended now ends by itself.
  if (before) (void)co_await session.End(*before, deadline);
  co_return Result<void>();
}

Task<void> LogOutOf(Session& session, Deadline deadline) {
  // The device's session it is, whichever process has renewed its tokens last.
  if (const auto who = session.Who()) (void)session.TakeOther(who->access_token);
  const auto answer = co_await session.Call(kLogout, {}, deadline);
  YAP_CO_TRY_VOID(co_await session.Forget(deadline));
  if (answer) co_return Result<void>();
  const Error why = UnknownUnlessYapds(answer.error());
  if (why.code != Errc::kUnauthenticated) co_return Fail(why);
  co_return Result<void>();
}

}  // namespace yap::client
