#include "app/yap/channel_ref.h"

#include <fmt/format.h>

#include <vector>

#include "unicode/names.h"

namespace yap::app {

Result<v1::UserRef> ResolveUser(const std::string& name) {
  const std::string bare = name.starts_with('@') ? name.substr(1) : name;
  const auto fits = unicode::CheckUserName(bare);
  if (!fits && fits.error().reason == unicode::kNameReserved) {
    return Fail(Errc::kNotFound, "USER_NOT_FOUND", fmt::format("there is no user \"{}\"", bare));
  }
  YAP_TRY_VOID(fits);
  v1::UserRef ref;
  ref.set_name(bare);
  return ref;
}

Task<v1::ChannelRef> ResolveChannel(Cli& cli, std::string name) {
  v1::ChannelRef ref;
  if (name.starts_with('@')) {
    v1::OpenDirectRequest request;
    YAP_CO_TRY(*request.mutable_user(), ResolveUser(name));
    request.set_request_id(cli.NewKey());
    YAP_CO_TRY(const auto response, co_await cli.Call(client::kOpenDirect, std::move(request)));
    ref.set_id(response.joined().channel().id());
    co_return ref;
  }
  const std::string bare = name.starts_with('#') ? name.substr(1) : name;
  YAP_CO_TRY_VOID(unicode::CheckChannelName(bare));
  ref.set_name(bare);
  co_return ref;
}

Task<v1::Channel> GetChannel(Cli& cli, std::string name) {
  v1::GetChannelRequest request;
  YAP_CO_TRY(*request.mutable_channel(), co_await ResolveChannel(cli, name));
  const auto response = co_await cli.Call(client::kGetChannel, std::move(request));
  if (!response) co_return Fail(co_await WithNearest(cli, response.error(), name));
  co_return response->channel();
}

asio::awaitable<Error> WithNearest(Cli& cli, Error error, std::string name) {
  if (error.reason != "CHANNEL_NOT_FOUND") co_return error;
  std::vector<std::string> names;
  v1::ListJoinedChannelsRequest joined;
  joined.set_page_size(200);
  if (const auto page = co_await cli.Call(client::kListJoinedChannels, std::move(joined))) {
    for (const auto& at : page->channels()) names.push_back(at.channel().name());
  }
  v1::ListChannelsRequest all;
  all.set_page_size(200);
  if (const auto page = co_await cli.Call(client::kListChannels, std::move(all))) {
    for (const auto& at : page->channels()) names.push_back(at.name());
  }
  const auto nearest = unicode::Nearest(name, names);
  error.message = fmt::format("there is no channel \"{}\" for you{}", name,
                              nearest ? fmt::format("; did you mean \"{}\"?", *nearest)
                                      : "; `yap channels --all` lists those there are");
  co_return error;
}

std::string TitleOf(const v1::JoinedChannel& joined) {
  if (joined.channel().kind() == v1::CHANNEL_KIND_DIRECT) return "@" + joined.peer().username();
  return "#" + joined.channel().name();
}

}  // namespace yap::app
