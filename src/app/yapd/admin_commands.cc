#include "app/yapd/admin_commands.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/encoding.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "core/tokens.h"

namespace yap::app {
namespace {

using nlohmann::json;

constexpr std::size_t kListMax = core::kPageSizeMax;
constexpr std::size_t kInviteNameDigits = 12;

std::string TimeText(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(time))));
}

json ToJson(const core::UserView& user) {
  return {{"user_id", std::to_string(user.id.value)}, {"name", user.name}, {"admin", user.admin}};
}
json ToJson(const core::UserRecord& user) {
  return {{"user_id", std::to_string(user.id.value)},
          {"name", user.name},
          {"admin", user.admin},
          {"locked", user.locked},
          {"created", TimeText(user.create_time)}};
}
json ToJson(const core::SessionView& session) {
  return {{"session_id", std::to_string(session.id.value)},
          {"device", session.device_name},
          {"address", session.address},
          {"created", TimeText(session.create_time)},
          {"last_used", TimeText(session.last_used_time)}};
}
std::string_view KindName(core::ChannelKind kind) {
  switch (kind) {
    case core::ChannelKind::kPublic:
      return "public";
    case core::ChannelKind::kPrivate:
      return "private";
    case core::ChannelKind::kDirect:
      return "direct";
    case core::ChannelKind::kInbox:
      return "inbox";
  }
  return "unknown";
}
json ToJson(const core::ChannelRecord& channel) {
  return {{"channel_id", std::to_string(channel.id.value)},
          {"name", channel.name},
          {"kind", KindName(channel.kind)},
          {"topic", channel.topic},
          {"members", channel.member_count},
          {"head", channel.head.seq.value},
          {"created", TimeText(channel.create_time)}};
}
template <class T>
json ToJson(const std::vector<T>& items) {
  json list = json::array();
  for (const auto& item : items) list.push_back(ToJson(item));
  return list;
}

// One request on its way: the ports, the arguments, the deadline.
struct Context {
  AdminPorts ports;
  AdminRequest request;
  Deadline deadline;

  const std::string& Argument(std::size_t i) const { return request.arguments[i]; }
  std::optional<std::string> Flag(std::string_view name) const {
    for (const auto& flag : request.flags) {
      if (flag == name) return "";
      if (flag.starts_with(std::string(name) + "=")) return flag.substr(name.size() + 1);
    }
    return std::nullopt;
  }
};

Error Usage(std::string message) {
  return MakeError(Errc::kInvalidArgument, "USAGE", std::move(message));
}

template <class Number>
Result<Number> NumberFlag(const Context& context, std::string_view name, Number otherwise) {
  const auto text = context.Flag(name);
  if (!text) return otherwise;
  Number value{};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) {
    return Fail(Usage(fmt::format("--{} takes a number, not '{}'", name, *text)));
  }
  return value;
}

json Done(std::string what) { return {{"done", std::move(what)}}; }

Task<json> UserAdd(Context c) {
  YAP_CO_TRY(const auto user,
             co_await c.ports.accounts.AdminCreateUser(c.Argument(0), c.request.password,
                                                       c.Flag("admin").has_value(), c.deadline));
  co_return ToJson(user);
}
Task<json> UserPasswd(Context c) {
  YAP_CO_TRY_VOID(
      co_await c.ports.accounts.AdminSetPassword(c.Argument(0), c.request.password, c.deadline));
  co_return Done(fmt::format("password of {} set; all its sessions have ended", c.Argument(0)));
}
Task<json> UserLock(Context c) {
  YAP_CO_TRY_VOID(co_await c.ports.accounts.AdminSetLocked(c.Argument(0), true, c.deadline));
  co_return Done(fmt::format("{} is locked; all its sessions have ended", c.Argument(0)));
}
Task<json> UserUnlock(Context c) {
  YAP_CO_TRY_VOID(co_await c.ports.accounts.AdminSetLocked(c.Argument(0), false, c.deadline));
  co_return Done(fmt::format("{} is unlocked", c.Argument(0)));
}
Task<json> UserPromote(Context c) {
  YAP_CO_TRY_VOID(co_await c.ports.accounts.AdminSetAdmin(c.Argument(0), true, c.deadline));
  co_return Done(fmt::format("{} is an administrator", c.Argument(0)));
}
Task<json> UserDemote(Context c) {
  YAP_CO_TRY_VOID(co_await c.ports.accounts.AdminSetAdmin(c.Argument(0), false, c.deadline));
  co_return Done(fmt::format("{} is no administrator any more", c.Argument(0)));
}
Task<json> UserList(Context c) {
  YAP_CO_TRY(const auto users, co_await c.ports.accounts.AdminListUsers(
                                   c.Flag("after").value_or(""), kListMax, c.deadline));
  co_return ToJson(users);
}

Task<json> SessionList(Context c) {
  YAP_CO_TRY(const auto sessions,
             co_await c.ports.accounts.AdminListSessions(c.Argument(0), c.deadline));
  co_return ToJson(sessions);
}
Task<json> SessionRevoke(Context c) {
  YAP_CO_TRY(const auto id, NumberFlag<std::uint64_t>(c, "session", 0));
  std::optional<core::SessionId> session;
  if (id != 0) session = core::SessionId(id);
  YAP_CO_TRY(const std::size_t ended,
             co_await c.ports.accounts.AdminRevokeSessions(c.Argument(0), session, c.deadline));
  co_return json{{"ended", ended}};
}
Task<json> SessionOpen(Context c) {
  YAP_CO_TRY(const auto opened, co_await c.ports.accounts.AdminOpenSession(
                                    c.Argument(0), c.Flag("device").value_or("admin"), c.deadline));
  json answer = ToJson(opened.user);
  answer["session_id"] = std::to_string(opened.session.value);
  answer["access_token"] = opened.tokens.access_token.Reveal();
  answer["refresh_token"] = opened.tokens.refresh_token.Reveal();
  co_return answer;
}

Task<json> InviteCreate(Context c) {
  YAP_CO_TRY(const auto uses, NumberFlag<std::uint32_t>(c, "uses", 1));
  YAP_CO_TRY(const auto days, NumberFlag<std::uint32_t>(c, "days", 7));
  YAP_CO_TRY(const auto code, co_await c.ports.accounts.AdminCreateInvite(
                                  uses, std::chrono::hours(24) * days, c.deadline));
  co_return json{{"code", code.Reveal()}, {"uses", uses}, {"days", days}};
}

// The codes themselves are nowhere, so the first of their hash tells them apart.
std::string InviteName(const core::InviteRecord& invite) {
  return ToHex(invite.code_hash).substr(0, kInviteNameDigits);
}

Task<json> InviteList(Context c) {
  YAP_CO_TRY(const auto invites, co_await c.ports.user_store.ListInvites(c.deadline));
  json answer = json::array();
  for (const auto& invite : invites) {
    answer.push_back({{"invite", InviteName(invite)},
                      {"uses_left", invite.uses_left},
                      {"created", TimeText(invite.create_time)},
                      {"expires", TimeText(invite.expire_time)}});
  }
  co_return answer;
}

Task<json> InviteWithdraw(Context c) {
  const std::string& code = c.Argument(0);
  YAP_CO_TRY(const auto invites, co_await c.ports.user_store.ListInvites(c.deadline));
  const auto found = std::ranges::find_if(
      invites, [&, code_hash = core::InviteCodeHash(code)](const core::InviteRecord& invite) {
        return invite.code_hash == code_hash || InviteName(invite) == code;
      });
  if (found == invites.end()) {
    co_return Fail(MakeError(Errc::kNotFound, core::reason::kInviteInvalid,
                             "there is no such invitation; 'yapd admin invite list' shows all"));
  }
  if (found->uses_left == 0) {
    co_return Fail(MakeError(Errc::kNotFound, core::reason::kInviteInvalid,
                             "this invitation is used up: there is nothing to withdraw"));
  }
  YAP_CO_TRY_VOID(co_await c.ports.user_store.WithdrawInvite(found->code_hash, c.deadline));
  co_return Done(fmt::format("invitation {} is withdrawn", InviteName(*found)));
}

Task<json> ChannelList(Context c) {
  YAP_CO_TRY(const auto channels, co_await c.ports.channel_store.ListPublic(
                                      "", c.Flag("after").value_or(""), kListMax, c.deadline));
  co_return ToJson(channels);
}
Task<json> ChannelShow(Context c) {
  YAP_CO_TRY(const auto channel, co_await c.ports.channels.AdminGet(c.Argument(0), c.deadline));
  YAP_CO_TRY(const auto members,
             co_await c.ports.channel_store.ListMembers(channel.id, "", kListMax, c.deadline));
  json answer = ToJson(channel);
  answer["member_names"] = json::array();
  for (const auto& member : members) answer["member_names"].push_back(member.username);
  co_return answer;
}
Task<json> Remove(Context c, bool ban) {
  YAP_CO_TRY(const auto written,
             co_await c.ports.channels.AdminRemove(c.Argument(0), c.Argument(1), ban, c.deadline));
  co_return json{{"channel", c.Argument(0)}, {"user", c.Argument(1)}, {"seq", written.seq.value}};
}
Task<json> ChannelRemoveMember(Context c) { return Remove(std::move(c), false); }
Task<json> ChannelBan(Context c) { return Remove(std::move(c), true); }
Task<json> ChannelSetRole(Context c) {
  const std::string& name = c.Argument(2);
  const auto role = name == "owner"       ? core::Role::kOwner
                    : name == "moderator" ? core::Role::kModerator
                    : name == "member"    ? core::Role::kMember
                                          : core::Role::kNone;
  if (role == core::Role::kNone) {
    co_return Fail(Usage(fmt::format("'{}' is no role: owner, moderator or member", name)));
  }
  YAP_CO_TRY(const auto written, co_await c.ports.channels.AdminSetRole(
                                     c.Argument(0), c.Argument(1), role, c.deadline));
  co_return json{{"channel", c.Argument(0)},
                 {"user", c.Argument(1)},
                 {"role", name},
                 {"seq", written.seq.value}};
}

struct Entry {
  AdminCommand command;
  Task<json> (*run)(Context);
};

const std::vector<Entry>& Table() {
  static const std::vector<Entry> table = {
      {{"user add", "NAME", "Makes an account.", true, {"admin"}}, UserAdd},
      {{"user passwd", "NAME", "Sets a password and ends all sessions.", true, {}}, UserPasswd},
      {{"user lock", "NAME", "Ends all sessions and refuses logins.", false, {}}, UserLock},
      {{"user unlock", "NAME", "Lets a locked account log in again.", false, {}}, UserUnlock},
      {{"user promote", "NAME", "Makes the user an administrator.", false, {}}, UserPromote},
      {{"user demote", "NAME", "Takes that back.", false, {}}, UserDemote},
      {{"user list", "", "Lists accounts by name, 200 at a time.", false, {"after=NAME"}},
       UserList},
      {{"session list", "USER", "Lists the sessions of a user.", false, {}}, SessionList},
      {{"session revoke", "USER", "Ends all sessions of a user, or one.", false, {"session=ID"}},
       SessionRevoke},
      {{"session open",
        "USER",
        "Opens a session without a password, for bots and load tests; prints "
        "its tokens.",
        false,
        {"device=NAME"}},
       SessionOpen},
      {{"invite create",
        "",
        "Makes a code that lets people register.",
        false,
        {"uses=N", "days=N"}},
       InviteCreate},
      {{"invite list", "", "Lists the codes made so far, by a part of their hash.", false, {}},
       InviteList},
      {{"invite withdraw",
        "CODE",
        "Makes a code worthless; CODE is the code, or what 'invite list' shows of it.",
        false,
        {}},
       InviteWithdraw},
      {{"channel list", "", "Lists public channels by name, 200 at a time.", false, {"after=NAME"}},
       ChannelList},
      {{"channel show", "CHANNEL", "Shows a channel and its members.", false, {}}, ChannelShow},
      {{"channel remove-member", "CHANNEL USER", "Removes a member.", false, {}},
       ChannelRemoveMember},
      {{"channel ban", "CHANNEL USER", "Removes a member and keeps it out.", false, {}},
       ChannelBan},
      {{"channel set-role",
        "CHANNEL USER ROLE",
        "Makes a member owner, moderator or member.",
        false,
        {}},
       ChannelSetRole},
  };
  return table;
}

std::size_t ArgumentCount(const AdminCommand& command) {
  if (command.arguments.empty()) return 0;
  return static_cast<std::size_t>(std::ranges::count(command.arguments, ' ')) + 1;
}

Result<> CheckUsage(const AdminCommand& command, const AdminRequest& request) {
  if (request.arguments.size() != ArgumentCount(command)) {
    return Fail(Usage(fmt::format("usage: yapd admin {} {}", command.words, command.arguments)));
  }
  for (const auto& flag : request.flags) {
    const auto name = flag.substr(0, flag.find('='));
    const bool known = std::ranges::any_of(command.flags, [&](std::string_view allowed) {
      return allowed.substr(0, allowed.find('=')) == name &&
             allowed.contains('=') == flag.contains('=');
    });
    if (!known) return Fail(Usage(fmt::format("'{}' has no flag --{}", command.words, flag)));
  }
  return {};
}

// What a user is told to do may not be for whoever runs the server.
Error ForOperators(Error error) {
  if (error.reason != core::reason::kChannelNotFound) return error;
  error.message = "there is no such channel; 'yapd admin channel list' shows the public ones";
  return error;
}

}  // namespace

std::span<const AdminCommand> AdminCommands() {
  static const auto commands = [] {
    std::vector<AdminCommand> all;
    for (const auto& entry : Table()) all.push_back(entry.command);
    return all;
  }();
  return commands;
}

Task<json> RunAdmin(AdminPorts ports, AdminRequest request, Deadline deadline) {
  const std::string words = fmt::format("{}", fmt::join(request.command, " "));
  const auto& table = Table();
  const auto entry =
      std::ranges::find(table, words, [](const Entry& e) { return e.command.words; });
  if (entry == table.end()) {
    co_return Fail(
        Usage(fmt::format("there is no 'yapd admin {}'; see 'yapd admin --help'", words)));
  }
  YAP_CO_TRY_VOID(CheckUsage(entry->command, request));
  auto answer = co_await entry->run(Context{ports, std::move(request), deadline});
  if (!answer) co_return Fail(ForOperators(std::move(answer).error()));
  co_return answer;
}

std::string AdminText(const json& answer) {
  if (answer.is_array()) {
    std::string out;
    for (const auto& item : answer) out += AdminText(item);
    return out;
  }
  if (answer.contains("done")) return answer["done"].get<std::string>() + "\n";
  std::string out;
  for (const auto& [name, value] : answer.items()) {
    out += fmt::format("{}{}={}", out.empty() ? "" : "  ", name,
                       value.is_string() ? value.get<std::string>() : value.dump());
  }
  return out + "\n";
}

}  // namespace yap::app
