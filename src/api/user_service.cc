#include "api/convert.h"
#include "api/services.h"
#include "yap/v1/user_service.pb.h"

namespace yap::api {
namespace {

using namespace yap::v1;  // NOLINT: the messages of one service.

Task<GetUsersResponse> GetUsers(core::Accounts& accounts, Caller caller, GetUsersRequest request) {
  std::vector<core::UserRef> wanted;
  for (const auto& user : request.users()) {
    YAP_CO_TRY(auto ref, FromProto(user, "users"));
    wanted.push_back(std::move(ref));
  }
  YAP_CO_TRY(const auto users, co_await accounts.GetUsers(std::move(wanted), caller.deadline));
  GetUsersResponse response;
  for (const auto& user : users) ToProto(user, response.add_users());
  co_return response;
}

Task<UpdateProfileResponse> UpdateProfile(core::Accounts& accounts, Caller caller,
                                          UpdateProfileRequest request) {
  UpdateProfileResponse response;
  if (request.has_display_name()) {
    YAP_CO_TRY(const auto user, co_await accounts.UpdateProfile(caller.who, request.display_name(),
                                                                caller.deadline));
    ToProto(user, response.mutable_user());
    co_return response;
  }
  YAP_CO_TRY(const auto user, co_await accounts.WhoAmI(caller.who, caller.deadline));
  ToProto(user, response.mutable_user());
  co_return response;
}

}  // namespace

void AddUserService(MethodTable& table, core::Accounts& accounts) {
  Service<core::Accounts> service(table, "/yap.v1.UserService/", accounts);
  service.Unary("GetUsers", GetUsers);
  service.Unary("UpdateProfile", UpdateProfile);
}

}  // namespace yap::api
