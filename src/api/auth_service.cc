#include <algorithm>

#include "api/convert.h"
#include "api/services.h"
#include "yap/v1/auth_service.pb.h"

namespace yap::api {
namespace {

using namespace yap::v1;  // NOLINT: the messages of one service.

// The user and the tokens of `signed_in`, as both RegisterResponse and LoginResponse carry them.
template <class Response>
Response SignedInResponse(const core::SignedIn& signed_in) {
  Response response;
  ToProto(signed_in.user, response.mutable_user());
  ToProto(signed_in.tokens, response.mutable_tokens());
  return response;
}

// Moves a password or token out of a message, so that no copy of it stays behind.
Secret TakeSecret(std::string* field) {
  Secret secret{std::string(*field)};
  Wipe(*field);
  return secret;
}

Task<RegisterResponse> Register(core::Accounts& accounts, Caller caller, RegisterRequest request) {
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  core::RegisterRequest wanted{.username = request.username(),
                               .password = TakeSecret(request.mutable_password()),
                               .display_name = request.display_name(),
                               .invite_code = TakeSecret(request.mutable_invite_code()),
                               .device_name = request.device_name(),
                               .request_id = key,
                               .peer = caller.peer};
  YAP_CO_TRY(const auto signed_in, co_await accounts.Register(std::move(wanted), caller.deadline));
  co_return SignedInResponse<RegisterResponse>(signed_in);
}

Task<LoginResponse> Login(core::Accounts& accounts, Caller caller, LoginRequest request) {
  core::LoginRequest wanted{
      .username = request.username(),
      .password = TakeSecret(request.mutable_password()),
      .device_name = request.device_name(),
      .known_refresh_token = TakeSecret(request.mutable_known_refresh_token()),
      .peer = caller.peer};
  YAP_CO_TRY(const auto signed_in, co_await accounts.Login(std::move(wanted), caller.deadline));
  co_return SignedInResponse<LoginResponse>(signed_in);
}

Task<RefreshResponse> Refresh(core::Accounts& accounts, Caller caller, RefreshRequest request) {
  Secret token = TakeSecret(request.mutable_refresh_token());
  YAP_CO_TRY(const auto signed_in,
             co_await accounts.Refresh(std::move(token), caller.peer, caller.deadline));
  RefreshResponse response;
  ToProto(signed_in.tokens, response.mutable_tokens());
  co_return response;
}

Task<LogoutResponse> Logout(core::Accounts& accounts, Caller caller, LogoutRequest) {
  YAP_CO_TRY_VOID(co_await accounts.Logout(caller.who, caller.deadline));
  co_return LogoutResponse();
}

Task<WhoAmIResponse> WhoAmI(core::Accounts& accounts, Caller caller, WhoAmIRequest) {
  YAP_CO_TRY(const auto user, co_await accounts.WhoAmI(caller.who, caller.deadline));
  YAP_CO_TRY(const auto sessions, co_await accounts.ListSessions(caller.who, caller.deadline));
  WhoAmIResponse response;
  ToProto(user, response.mutable_user());
  response.set_admin(user.admin);
  response.set_inbox_channel_id(user.inbox.value);
  const auto current = std::ranges::find_if(sessions, &core::SessionView::current);
  if (current != sessions.end()) ToProto(*current, response.mutable_session());
  co_return response;
}

Task<ListSessionsResponse> ListSessions(core::Accounts& accounts, Caller caller,
                                        ListSessionsRequest) {
  YAP_CO_TRY(const auto sessions, co_await accounts.ListSessions(caller.who, caller.deadline));
  ListSessionsResponse response;
  for (const auto& session : sessions) ToProto(session, response.add_sessions());
  co_return response;
}

Task<RevokeSessionResponse> RevokeSession(core::Accounts& accounts, Caller caller,
                                          RevokeSessionRequest request) {
  YAP_CO_TRY_VOID(co_await accounts.RevokeSession(caller.who, core::SessionId(request.session_id()),
                                                  caller.deadline));
  co_return RevokeSessionResponse();
}

Task<ChangePasswordResponse> ChangePassword(core::Accounts& accounts, Caller caller,
                                            ChangePasswordRequest request) {
  Secret old_password = TakeSecret(request.mutable_old_password());
  Secret new_password = TakeSecret(request.mutable_new_password());
  YAP_CO_TRY(const std::size_t ended,
             co_await accounts.ChangePassword(caller.who, std::move(old_password),
                                              std::move(new_password), caller.deadline));
  ChangePasswordResponse response;
  response.set_sessions_ended(static_cast<std::uint32_t>(ended));
  co_return response;
}

}  // namespace

void AddAuthService(MethodTable& table, core::Accounts& accounts) {
  Service<core::Accounts> service(table, "/yap.v1.AuthService/", accounts);
  service.Unary("Register", Register);
  service.Unary("Login", Login);
  service.Unary("Refresh", Refresh);
  service.Unary("Logout", Logout);
  service.Unary("WhoAmI", WhoAmI);
  service.Unary("ListSessions", ListSessions);
  service.Unary("RevokeSession", RevokeSession);
  service.Unary("ChangePassword", ChangePassword);
}

}  // namespace yap::api
