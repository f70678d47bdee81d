// client/wire_model.h: what the server says of channels, as the model has it, and the way back.
#pragma once

#include <cstdint>
#include <string>

#include "client/model.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/types.pb.h"

namespace yap::client {

// A channel as people and the outbox call it: "deck", "id:N".
v1::ChannelRef RefOf(const std::string& ref);
v1::ChannelRef RefOf(std::uint64_t id);
// What the outbox calls it: its name, or "id:N" where it has none.
std::string RefNameOf(const v1::Channel& channel);

// Without lines; events come after the head.
ChannelModel ModelOf(const v1::JoinedChannel& joined);

v1::Role ToProto(MemberRole role);

}  // namespace yap::client
