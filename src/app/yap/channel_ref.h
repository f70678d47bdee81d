// app/yap/channel_ref.h: channels as people name them.
#pragma once

#include <string>

#include "app/yap/cli.h"
#include "yap/v1/types.pb.h"

namespace yap::app {

// "deck", "#deck", or "@ada" for the direct channel with ada (which is opened).
// Errors: InvalidArgument NAME_INVALID; those of OpenDirect.
Task<v1::ChannelRef> ResolveChannel(Cli& cli, std::string name);

// The channel itself, with its head and epoch.
Task<v1::Channel> GetChannel(Cli& cli, std::string name);

// `error` as it is, or where it says that there is no channel `name`: with that name and the
// nearest one that there is.
asio::awaitable<Error> WithNearest(Cli& cli, Error error, std::string name);

// "ada" or "@ada". Errors: InvalidArgument NAME_INVALID.
Result<v1::UserRef> ResolveUser(const std::string& name);

// "#deck", "@ada" of a direct channel.
std::string TitleOf(const v1::JoinedChannel& joined);

}  // namespace yap::app
