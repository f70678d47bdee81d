// who, invite, kick, role.
#include <fmt/format.h>

#include "app/yap/channel_ref.h"
#include "app/yap/event_text.h"
#include "app/yap/registry.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

using unicode::Visible;

std::string_view RoleWord(v1::Role role) {
  if (role == v1::ROLE_OWNER) return "owner";
  return role == v1::ROLE_MODERATOR ? "moderator" : "member";
}

void Show(Cli& cli, const v1::Member& member) {
  if (cli.globals().json) {
    cli.Data(JsonLine({{"user", member.user().username()},
                       {"user_id", std::to_string(member.user().id())},
                       {"name", member.user().display_name()},
                       {"role", RoleWord(member.role())}}));
    return;
  }
  cli.Data(fmt::format("{:<32} {:<9} {}", Visible(member.user().username()),
                       RoleWord(member.role()), Visible(member.user().display_name())));
}

Task<int> Who(Cli& cli, std::string name) {
  v1::ListMembersRequest request;
  request.set_page_size(200);
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, name));
  do {
    const auto page = co_await cli.Call(client::kListMembers, request);
    if (!page) co_return Fail(co_await WithNearest(cli, page.error(), name));
    for (const auto& member : page->members()) Show(cli, member);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  co_return kExitOk;
}

struct MemberFlags {
  std::string channel;
  std::string user;
  bool ban = false;
};

Task<int> Invite(Cli& cli, MemberFlags flags) {
  v1::InviteMemberRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, flags.channel));
  YAP_CO_TRY(*request.mutable_user(), ResolveUser(flags.user));
  request.set_request_id(cli.NewKey());
  const auto answer = co_await cli.Call(client::kInviteMember, std::move(request));
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), flags.channel));
  cli.Say(fmt::format("{} {} in {}", flags.user,
                      answer->already_member() ? "was already" : "is now", flags.channel));
  co_return kExitOk;
}

Task<int> Kick(Cli& cli, MemberFlags flags) {
  v1::RemoveMemberRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, flags.channel));
  YAP_CO_TRY(*request.mutable_user(), ResolveUser(flags.user));
  request.set_ban(flags.ban);
  request.set_request_id(cli.NewKey());
  const auto answer = co_await cli.Call(client::kRemoveMember, std::move(request));
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), flags.channel));
  cli.Say(fmt::format("{} is {} {}", flags.user, flags.ban ? "banned from" : "removed from",
                      flags.channel));
  co_return kExitOk;
}

struct RoleFlags {
  MemberFlags member;
  std::string role;
};

Task<int> SetRole(Cli& cli, RoleFlags flags) {
  v1::SetRoleRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, flags.member.channel));
  YAP_CO_TRY(*request.mutable_user(), ResolveUser(flags.member.user));
  request.set_role(flags.role == "owner"       ? v1::ROLE_OWNER
                   : flags.role == "moderator" ? v1::ROLE_MODERATOR
                                               : v1::ROLE_MEMBER);
  request.set_request_id(cli.NewKey());
  const auto answer = co_await cli.Call(client::kSetRole, std::move(request));
  if (!answer) co_return Fail(co_await WithNearest(cli, answer.error(), flags.member.channel));
  if (cli.globals().json) Show(cli, answer->member());
  cli.Say(fmt::format("{} is {} of {}", flags.member.user, flags.role, flags.member.channel));
  co_return kExitOk;
}

void AddMember(CLI::App& command, MemberFlags& flags) {
  command.add_option("CHANNEL", flags.channel, "The channel's name")->required()->type_name("");
  command.add_option("USER", flags.user, "The user's name")->required()->type_name("");
}

}  // namespace

void AddMemberCommands(Registry& registry) {
  auto name = std::make_shared<std::string>();
  auto& who =
      registry.Add("who", "List the members of a channel", {"yap who deck", "yap who deck --json"});
  who.add_option("CHANNEL", *name, "The channel's name")->required()->type_name("");
  registry.On(who, [name](Cli& cli) { return Who(cli, *name); });

  auto invited = std::make_shared<MemberFlags>();
  auto& invite = registry.Add("invite", "Make somebody a member of a channel; lifts a ban",
                              {"yap invite deck bob"});
  AddMember(invite, *invited);
  registry.On(invite, [invited](Cli& cli) { return Invite(cli, *invited); });

  auto kicked = std::make_shared<MemberFlags>();
  auto& kick = registry.Add("kick", "Remove a member from a channel",
                            {"yap kick deck mallory", "yap kick deck mallory --ban"});
  AddMember(kick, *kicked);
  kick.add_flag("--ban", kicked->ban, "And keep the user out until invited again");
  registry.On(kick, [kicked](Cli& cli) { return Kick(cli, *kicked); });

  auto made = std::make_shared<RoleFlags>();
  auto& role = registry.Add("role", "Make a member owner, moderator or member",
                            {"yap role deck bob moderator", "yap role deck bob owner"});
  AddMember(role, made->member);
  role.add_option("ROLE", made->role, "owner, moderator or member")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"owner", "moderator", "member"}));
  registry.On(role, [made](Cli& cli) { return SetRole(cli, *made); });
}

}  // namespace yap::app
