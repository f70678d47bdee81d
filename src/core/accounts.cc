#include "core/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/account_errors.h"
#include "core/accounts_impl.h"
#include "core/after_write.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "unicode/text_rules.h"

namespace yap::core {
namespace {

Result<std::string> CheckOptionalLine(std::string_view line, std::size_t bytes_max,
                                      std::string_view field) {
  auto checked = unicode::CheckLine(
      line, {.bytes_max = bytes_max, .marks_per_base_max = kTextMarksMax, .empty_allowed = true});
  if (!checked) return Fail(std::move(checked).error().InField(std::string(field)));
  return checked;
}

SessionView ViewOf(const SessionRecord& session, SessionId current) {
  return {.id = session.id,
          .device_name = session.device_name,
          .address = session.address,
          .create_time = session.create_time,
          .last_used_time = session.last_used_time,
          .current = session.id == current};
}

Result<> CheckCount(std::size_t users) {
  if (users <= kUsersPerCallMax) return {};
  return Fail(MakeError(Errc::kInvalidArgument, reason::kListTooLong,
                        fmt::format("{} users in one call are too many: ask for at most {} at a "
                                    "time.",
                                    users, kUsersPerCallMax))
                  .InField("users")
                  .With("count", std::to_string(users))
                  .With("count_max", std::to_string(kUsersPerCallMax)));
}

}  // namespace

std::unique_ptr<Accounts> NewAccounts(AccountPorts ports, AccountOptions options) {
  return std::make_unique<AccountsImpl>(std::move(ports), options);
}

AccountsImpl::AccountsImpl(AccountPorts ports, AccountOptions options)
    : ports_(std::move(ports)),
      options_(options),
      logins_(metrics::NewCounter("yap_logins_total", "Sessions opened.")),
      door_(options_, ports_.clock),
      sessions_(ports_, {options_.access_life, options_.record_revocations}) {
  YAP_CHECK(ports_.token_key.Reveal().size() >= kTokenKeyBytesMin);
}

Result<std::string> CheckDeviceName(std::string_view name) {
  return CheckOptionalLine(name, kDeviceNameBytesMax, "device_name");
}
Result<std::string> CheckDisplayName(std::string_view name) {
  return CheckOptionalLine(name, kDisplayNameBytesMax, "display_name");
}

Task<SignedIn> AccountsImpl::Refresh(Secret refresh_token, PeerAddress peer, Deadline deadline) {
  co_return co_await sessions_.Refresh(std::move(refresh_token), std::move(peer), deadline);
}

Task<void> AccountsImpl::Logout(Principal who, Deadline deadline) {
  co_return co_await sessions_.End(who.user, {who.session}, deadline);
}

Task<Principal> AccountsImpl::Authenticate(Secret access_token, Deadline deadline) {
  co_return co_await sessions_.Authenticate(std::move(access_token), deadline);
}

Task<UserView> AccountsImpl::WhoAmI(Principal who, Deadline deadline) {
  YAP_CO_TRY(const UserRecord user, co_await ports_.users.GetUser(who.user, deadline));
  co_return ViewOf(user);
}

Task<std::vector<UserView>> AccountsImpl::GetUsers(std::vector<UserRef> users, Deadline deadline) {
  YAP_CO_TRY_VOID(CheckCount(users.size()));
  std::vector<UserView> views;
  for (const UserRef& ref : users) {
    const auto* id = std::get_if<UserId>(&ref);
    auto user = id != nullptr
                    ? co_await ports_.users.GetUser(*id, deadline)
                    : co_await ports_.users.FindUser(std::get<std::string>(ref), deadline);
    if (!user && user.error().code == Errc::kNotFound) continue;
    if (!user) co_return Fail(std::move(user).error());
    const bool seen = std::ranges::find(views, user->id, &UserView::id) != views.end();
    if (!seen) views.push_back(ViewOf(*user));
  }
  co_return views;
}

Task<UserView> AccountsImpl::UpdateProfile(Principal who, std::string display_name,
                                           Deadline deadline) {
  YAP_CO_TRY(display_name, CheckDisplayName(display_name));
  const auto change = [display_name](UserRecord& user) -> Result<> {
    user.display_name = display_name;
    return {};
  };
  YAP_CO_TRY(const UserRecord user, co_await ModifyUser(who.user, change, deadline));
  co_return ViewOf(user);
}

Task<std::vector<SessionView>> AccountsImpl::ListSessions(Principal who, Deadline deadline) {
  co_return co_await ViewSessions(who.user, who.session, deadline);
}

Task<std::vector<SessionView>> AccountsImpl::ViewSessions(UserId user, SessionId current,
                                                          Deadline deadline) {
  YAP_CO_TRY(const auto sessions, co_await sessions_.List(user, deadline));
  std::vector<SessionView> views;
  for (const SessionRecord& session : sessions) views.push_back(ViewOf(session, current));
  co_return views;
}

Task<void> AccountsImpl::RevokeSession(Principal who, SessionId session, Deadline deadline) {
  co_return co_await EndOne(who.user, session, deadline);
}

Task<void> AccountsImpl::EndOne(UserId user, SessionId session, Deadline deadline) {
  const auto found = co_await ports_.sessions.GetSession(session, deadline);
  if (!found && found.error().code != Errc::kNotFound) co_return Fail(found.error());
  if (!found || found->user != user) co_return Fail(SessionNotFound(session));
  co_return co_await sessions_.End(user, {session}, deadline);
}

void AccountsImpl::OnSessionsEnded(std::function<void(const std::vector<SessionId>&)> listener) {
  sessions_.AddListener(std::move(listener));
}

Task<void> AccountsImpl::Sweep(Deadline deadline) { co_return co_await sessions_.Sweep(deadline); }

Task<std::optional<UserRecord>> AccountsImpl::FindIfAny(std::string name, Deadline deadline) {
  auto user = co_await ports_.users.FindUser(std::move(name), deadline);
  if (user) co_return std::move(*user);
  if (user.error().code == Errc::kNotFound) co_return std::nullopt;
  co_return Fail(std::move(user).error());
}

Task<UserRecord> AccountsImpl::FindByName(std::string name, Deadline deadline) {
  YAP_CO_TRY(auto user, co_await FindIfAny(name, deadline));
  if (!user) co_return Fail(UserNotFound(name));
  co_return std::move(*user);
}

UserRecord AccountsImpl::NewUser(std::string name) const {
  UserRecord user;
  user.id = UserId(ports_.random.NextId());
  user.name = std::move(name);
  user.inbox = ChannelId(ports_.random.NextId());
  user.create_time = ports_.clock.Now();
  return user;
}

Task<UserRecord> AccountsImpl::ModifyUser(UserId user, UserChange change, Deadline deadline) {
  for (int tries = 0; tries < kUserWriteTriesMax; ++tries) {
    YAP_CO_TRY(UserRecord record, co_await ports_.users.GetUser(user, deadline));
    YAP_CO_TRY_VOID(change(record));
    auto written = co_await ports_.users.UpdateUser(record, deadline);
    if (written) co_return record;
    if (written.error().code != Errc::kConflict) co_return Fail(std::move(written).error());
  }
  co_return Fail(UserWriteConflict());
}

Task<UserRecord> AccountsImpl::StorePassword(UserId user, std::string hash, UserChange check,
                                             Deadline deadline) {
  const auto change = [hash = std::move(hash),
                       check = std::move(check)](UserRecord& record) -> Result<> {
    YAP_TRY_VOID(check(record));
    record.password_hash = hash;
    return {};
  };
  co_return co_await ModifyUser(user, change, deadline);
}

Task<std::size_t> AccountsImpl::EndAllAfterWrite(UserId user, SessionId kept, Deadline deadline) {
  co_return AfterWrite(co_await sessions_.EndAll(user, kept, FollowUp(deadline)));
}

Deadline AccountsImpl::FollowUp(Deadline deadline) const {
  return std::max(deadline, Deadline::After(ports_.clock, kFollowUpPatience));
}

}  // namespace yap::core
