// client/engine.h: what people do to channels and members.
#include <fmt/format.h>

#include <utility>

#include "client/engine.h"
#include "client/wire_model.h"
#include "unicode/names.h"

namespace yap::client {
namespace {

constexpr auto kActionMax = 10s;
constexpr int kPage = 200;

v1::UserRef UserNamed(const std::string& name) {
  v1::UserRef ref;
  ref.set_name(name.starts_with('@') ? name.substr(1) : name);
  return ref;
}

std::string ChannelName(const std::string& name) {
  return name.starts_with('#') ? name.substr(1) : name;
}

}  // namespace

void Engine::Run(const Act& command) { Spawn(executor_, RunAction(shared_from_this(), command)); }

asio::awaitable<void> Engine::RunAction(std::shared_ptr<Engine> self, Act act) {
  Task<Done> work =
      std::visit([&](const auto& action) { return self->Perform(action); }, act.action);
  const auto done = co_await std::move(work);
  ActionDone answer{.id = act.id, .why = {}, .channel = 0};
  if (done) {
    answer.channel = done->channel;
  } else {
    answer.why = done.error();
  }
  self->Tell(answer);
}

Task<Engine::Done> Engine::Perform(CreateChannel what) {
  v1::CreateChannelRequest request;
  request.set_name(ChannelName(what.name));
  YAP_CO_TRY_VOID(unicode::CheckChannelName(request.name()));
  request.set_visibility(what.is_private ? v1::VISIBILITY_PRIVATE : v1::VISIBILITY_PUBLIC);
  request.set_topic(what.topic);
  request.set_request_id(session_.NewKey());
  const std::string ref = request.name();
  YAP_CO_TRY(const auto answer,
             co_await session_.Call(kCreateChannel, std::move(request), In(kActionMax)));
  Opened(answer.joined(), ref);
  co_return Done{answer.joined().channel().id()};
}

// A channel that is not there: the nearest one that is, or how to make it.
Task<Engine::Done> Engine::Perform(JoinChannel what) {
  v1::JoinChannelRequest request;
  const std::string name = ChannelName(what.name);
  YAP_CO_TRY_VOID(unicode::CheckChannelName(name));
  request.mutable_channel()->set_name(name);
  request.set_request_id(session_.NewKey());
  auto answer = co_await session_.Call(kJoinChannel, std::move(request), In(kActionMax));
  if (answer) {
    Opened(answer->joined(), name);
    co_return Done{answer->joined().channel().id()};
  }
  if (answer.error().code != Errc::kNotFound) co_return Fail(std::move(answer).error());
  std::vector<std::string> names;
  if (const auto publics = co_await Publics("")) {
    for (const auto& channel : *publics) names.push_back(channel.name);
  }
  const auto nearest = unicode::Nearest(name, names);
  answer.error().message = fmt::format("there is no channel #{}; {}", name,
                                       nearest ? fmt::format("did you mean #{}?", *nearest)
                                               : fmt::format("/create {} makes it", name));
  co_return Fail(std::move(answer).error());
}

Task<Engine::Done> Engine::Perform(LeaveChannel what) {
  v1::LeaveChannelRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  request.set_request_id(session_.NewKey());
  YAP_CO_TRY_VOID(co_await session_.Call(kLeaveChannel, std::move(request), In(kActionMax)));
  Closed(what.channel, "you left");
  co_return Done{what.channel};
}

Task<Engine::Done> Engine::Perform(OpenDirect what) {
  v1::OpenDirectRequest request;
  *request.mutable_user() = UserNamed(what.user);
  YAP_CO_TRY_VOID(unicode::CheckUserName(request.user().name()));
  request.set_request_id(session_.NewKey());
  YAP_CO_TRY(const auto answer,
             co_await session_.Call(kOpenDirect, std::move(request), In(kActionMax)));
  Opened(answer.joined(), RefNameOf(answer.joined().channel()));
  co_return Done{answer.joined().channel().id()};
}

Task<Engine::Done> Engine::Perform(InviteUser what) {
  v1::InviteMemberRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  *request.mutable_user() = UserNamed(what.user);
  request.set_request_id(session_.NewKey());
  YAP_CO_TRY_VOID(co_await session_.Call(kInviteMember, std::move(request), In(kActionMax)));
  co_return Done{what.channel};
}

Task<Engine::Done> Engine::Perform(RemoveUser what) {
  v1::RemoveMemberRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  *request.mutable_user() = UserNamed(what.user);
  request.set_ban(what.ban);
  request.set_request_id(session_.NewKey());
  YAP_CO_TRY_VOID(co_await session_.Call(kRemoveMember, std::move(request), In(kActionMax)));
  co_return Done{what.channel};
}

Task<Engine::Done> Engine::Perform(SetUserRole what) {
  v1::SetRoleRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  *request.mutable_user() = UserNamed(what.user);
  request.set_role(ToProto(what.role));
  request.set_request_id(session_.NewKey());
  YAP_CO_TRY_VOID(co_await session_.Call(kSetRole, std::move(request), In(kActionMax)));
  co_return Done{what.channel};
}

Task<Engine::Done> Engine::Perform(SetTopic what) {
  v1::UpdateChannelRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  request.set_topic(what.topic);
  request.set_request_id(session_.NewKey());
  YAP_CO_TRY_VOID(co_await session_.Call(kUpdateChannel, std::move(request), In(kActionMax)));
  co_return Done{what.channel};
}

// --- The public channels ---

void Engine::Run(const ListPublics& command) {
  Spawn(executor_, ListPublicsOf(shared_from_this(), command.prefix));
}

asio::awaitable<void> Engine::ListPublicsOf(std::shared_ptr<Engine> self, std::string prefix) {
  auto publics = co_await self->Publics(std::move(prefix));
  if (publics) {
    self->Tell(PublicsListed{*std::move(publics), {}});
  } else {
    self->Tell(PublicsListed{{}, publics.error()});
  }
}

Task<std::vector<PublicChannel>> Engine::Publics(std::string prefix) {
  v1::ListChannelsRequest request;
  request.set_prefix(std::move(prefix));
  request.set_page_size(kPage);
  std::vector<PublicChannel> out;
  do {
    YAP_CO_TRY(const auto page, co_await session_.Call(kListChannels, request, In(kActionMax)));
    for (const auto& channel : page.channels()) {
      out.push_back({channel.name(), channel.topic(), channel.member_count(),
                     joined_.contains(channel.id())});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && out.size() < kPublicsMax);
  co_return out;
}

}  // namespace yap::client
