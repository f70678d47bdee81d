#include "yap/v1/channel_service.pb.h"

#include <algorithm>
#include <map>
#include <span>

#include "api/convert.h"
#include "api/services.h"
#include "core/after_write.h"
#include "core/limits.h"

namespace yap::api {
namespace {

using namespace yap::v1;  // NOLINT: the messages of one service.

struct Rooms {
  core::Channels& channels;
  core::Accounts& accounts;
};

// Every creator once.
std::vector<core::UserId> CreatorsOf(const std::vector<Channel*>& channels) {
  std::vector<core::UserId> creators;
  for (const Channel* channel : channels) {
    if (channel->has_creator()) creators.emplace_back(channel->creator().id());
  }
  std::ranges::sort(creators);
  const auto repeats = std::ranges::unique(creators);
  creators.erase(repeats.begin(), repeats.end());
  return creators;
}

// Fills in the name of each channel's creator, with as few look-ups as there can be. A creator that
// cannot be looked up keeps only the id: a name is no reason to fail the call.
asio::awaitable<void> NameCreators(core::Accounts& accounts, std::vector<Channel*> channels,
                                   Deadline deadline) {
  const auto creators = CreatorsOf(channels);
  std::map<core::UserId, std::string> names;
  for (std::size_t i = 0; i < creators.size(); i += core::kUsersPerCallMax) {
    const std::size_t count = std::min(core::kUsersPerCallMax, creators.size() - i);
    const auto some = std::span(creators).subspan(i, count);
    auto users =
        co_await accounts.GetUsers(std::vector<core::UserRef>(some.begin(), some.end()), deadline);
    if (!users) co_return;
    for (core::UserView& user : *users) names.emplace(user.id, std::move(user.name));
  }
  for (Channel* channel : channels) {
    const auto name = names.find(core::UserId(channel->creator().id()));
    if (name != names.end()) channel->mutable_creator()->set_username(name->second);
  }
}

template <class Response>
Task<Response> JoinedResponse(Rooms& rooms, core::JoinedView joined, Deadline deadline) {
  Response response;
  ToProto(joined, response.mutable_joined());
  co_await NameCreators(rooms.accounts, {response.mutable_joined()->mutable_channel()}, deadline);
  co_return response;
}

Task<CreateChannelResponse> CreateChannel(Rooms& rooms, Caller caller,
                                          CreateChannelRequest request) {
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(const auto kind, FromProto(request.visibility(), core::ChannelKind::kPublic));
  YAP_CO_TRY(
      const auto created,
      co_await rooms.channels.Create(
          caller.who,
          core::CreateChannelRequest{
              .name = request.name(), .topic = request.topic(), .kind = kind, .request_id = key},
          caller.deadline));
  YAP_CO_TRY(auto joined, core::AfterWrite(co_await rooms.channels.GetJoined(caller.who, created.id,
                                                                             caller.deadline)));
  co_return co_await JoinedResponse<CreateChannelResponse>(rooms, std::move(joined),
                                                           caller.deadline);
}

Task<GetChannelResponse> GetChannel(Rooms& rooms, Caller caller, GetChannelRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto channel, co_await rooms.channels.Get(caller.who, ref, caller.deadline));
  GetChannelResponse response;
  ToProto(channel, response.mutable_channel());
  co_await NameCreators(rooms.accounts, {response.mutable_channel()}, caller.deadline);
  const auto joined = co_await rooms.channels.GetJoined(caller.who, channel.id, caller.deadline);
  if (joined) ToProto(*joined, response.mutable_joined());
  co_return response;
}

Task<ListChannelsResponse> ListChannels(Rooms& rooms, Caller caller, ListChannelsRequest request) {
  YAP_CO_TRY(auto wanted, PageFrom(request.page_size(), request.page_token()));
  YAP_CO_TRY(const auto page, co_await rooms.channels.ListPublic(
                                  request.prefix(), std::move(wanted), caller.deadline));
  ListChannelsResponse response;
  std::vector<Channel*> listed;
  for (const auto& channel : page.items) {
    listed.push_back(response.add_channels());
    ToProto(channel, listed.back());
  }
  co_await NameCreators(rooms.accounts, std::move(listed), caller.deadline);
  response.set_next_page_token(page.next_page_token);
  co_return response;
}

Task<ListJoinedChannelsResponse> ListJoinedChannels(Rooms& rooms, Caller caller,
                                                    ListJoinedChannelsRequest request) {
  YAP_CO_TRY(auto wanted, PageFrom(request.page_size(), request.page_token()));
  YAP_CO_TRY(const auto page,
             co_await rooms.channels.ListJoined(caller.who, std::move(wanted), caller.deadline));
  ListJoinedChannelsResponse response;
  std::vector<Channel*> listed;
  for (const auto& joined : page.items) {
    ToProto(joined, response.add_channels());
    listed.push_back(response.mutable_channels()->rbegin()->mutable_channel());
  }
  co_await NameCreators(rooms.accounts, std::move(listed), caller.deadline);
  response.set_next_page_token(page.next_page_token);
  co_return response;
}

Task<JoinChannelResponse> JoinChannel(Rooms& rooms, Caller caller, JoinChannelRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(const auto written,
             co_await rooms.channels.Join(caller.who, ref, key, caller.deadline));
  YAP_CO_TRY(auto joined, core::AfterWrite(co_await rooms.channels.GetJoined(
                              caller.who, written.channel, caller.deadline)));
  co_return co_await JoinedResponse<JoinChannelResponse>(rooms, std::move(joined), caller.deadline);
}

Task<LeaveChannelResponse> LeaveChannel(Rooms& rooms, Caller caller, LeaveChannelRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(const auto written,
             co_await rooms.channels.Leave(caller.who, ref, key, caller.deadline));
  LeaveChannelResponse response;
  response.set_seq(written.seq.value);
  co_return response;
}

Task<ListMembersResponse> ListMembers(Rooms& rooms, Caller caller, ListMembersRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(auto wanted, PageFrom(request.page_size(), request.page_token()));
  YAP_CO_TRY(const auto page, co_await rooms.channels.ListMembers(
                                  caller.who, ref, std::move(wanted), caller.deadline));
  ListMembersResponse response;
  for (const auto& member : page.items) ToProto(member, response.add_members());
  response.set_next_page_token(page.next_page_token);
  co_return response;
}

Task<OpenDirectResponse> OpenDirect(Rooms& rooms, Caller caller, OpenDirectRequest request) {
  YAP_CO_TRY(const auto user, FromProto(request.user(), "user"));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(auto joined,
             co_await rooms.channels.OpenDirect(caller.who, user, key, caller.deadline));
  co_return co_await JoinedResponse<OpenDirectResponse>(rooms, std::move(joined), caller.deadline);
}

Task<UpdateChannelResponse> UpdateChannel(Rooms& rooms, Caller caller,
                                          UpdateChannelRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  std::optional<std::string> topic;
  if (request.has_topic()) topic = request.topic();
  std::optional<core::ChannelKind> kind;
  if (request.has_visibility() && request.visibility() != VISIBILITY_UNSPECIFIED) {
    YAP_CO_TRY(kind, FromProto(request.visibility(), core::ChannelKind::kPublic));
  }
  YAP_CO_TRY(const auto written, co_await rooms.channels.Update(caller.who, ref, std::move(topic),
                                                                kind, key, caller.deadline));
  YAP_CO_TRY(const auto channel, core::AfterWrite(co_await rooms.channels.Get(
                                     caller.who, written.channel, caller.deadline)));
  UpdateChannelResponse response;
  ToProto(channel, response.mutable_channel());
  co_await NameCreators(rooms.accounts, {response.mutable_channel()}, caller.deadline);
  co_return response;
}

Task<InviteMemberResponse> InviteMember(Rooms& rooms, Caller caller, InviteMemberRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto user, FromProto(request.user(), "user"));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(const auto written,
             co_await rooms.channels.Invite(caller.who, ref, user, key, caller.deadline));
  YAP_CO_TRY(const auto member, core::AfterWrite(co_await rooms.channels.GetMember(
                                    caller.who, written.channel, user, caller.deadline)));
  InviteMemberResponse response;
  ToProto(member, response.mutable_member());
  response.set_already_member(written.already);
  co_return response;
}

Task<RemoveMemberResponse> RemoveMember(Rooms& rooms, Caller caller, RemoveMemberRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto user, FromProto(request.user(), "user"));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(const auto written, co_await rooms.channels.Remove(
                                     caller.who, ref, user, request.ban(), key, caller.deadline));
  RemoveMemberResponse response;
  response.set_seq(written.seq.value);
  co_return response;
}

Task<SetRoleResponse> SetRole(Rooms& rooms, Caller caller, SetRoleRequest request) {
  YAP_CO_TRY(const auto ref, FromProto(request.channel()));
  YAP_CO_TRY(const auto user, FromProto(request.user(), "user"));
  YAP_CO_TRY(const auto role, FromProto(request.role()));
  YAP_CO_TRY(const auto key, KeyFrom(request.request_id(), "request_id", false));
  YAP_CO_TRY(const auto written,
             co_await rooms.channels.SetRole(caller.who, ref, user, role, key, caller.deadline));
  YAP_CO_TRY(const auto member, core::AfterWrite(co_await rooms.channels.GetMember(
                                    caller.who, written.channel, user, caller.deadline)));
  SetRoleResponse response;
  ToProto(member, response.mutable_member());
  co_return response;
}

}  // namespace

void AddChannelService(MethodTable& table, core::Channels& channels, core::Accounts& accounts) {
  auto rooms = std::make_shared<Rooms>(Rooms{channels, accounts});
  Service<Rooms> service(table, "/yap.v1.ChannelService/", std::move(rooms));
  service.Unary("CreateChannel", CreateChannel);
  service.Unary("GetChannel", GetChannel);
  service.Unary("ListChannels", ListChannels);
  service.Unary("ListJoinedChannels", ListJoinedChannels);
  service.Unary("JoinChannel", JoinChannel);
  service.Unary("LeaveChannel", LeaveChannel);
  service.Unary("ListMembers", ListMembers);
  service.Unary("OpenDirect", OpenDirect);
  service.Unary("UpdateChannel", UpdateChannel);
  service.Unary("InviteMember", InviteMember);
  service.Unary("RemoveMember", RemoveMember);
  service.Unary("SetRole", SetRole);
}

}  // namespace yap::api
