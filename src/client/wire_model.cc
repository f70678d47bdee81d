#include "client/wire_model.h"

#include <fmt/format.h>

#include <charconv>

namespace yap::client {
namespace {

ChannelKind KindOf(v1::ChannelKind kind) {
  if (kind == v1::CHANNEL_KIND_DIRECT) return ChannelKind::kDirect;
  return kind == v1::CHANNEL_KIND_PUBLIC ? ChannelKind::kPublic : ChannelKind::kPrivate;
}

}  // namespace

v1::ChannelRef RefOf(const std::string& ref) {
  std::uint64_t id = 0;
  if (ref.starts_with("id:")) {
    std::from_chars(ref.data() + 3, ref.data() + ref.size(), id);
    return RefOf(id);
  }
  v1::ChannelRef out;
  out.set_name(ref);
  return out;
}

v1::ChannelRef RefOf(std::uint64_t id) {
  v1::ChannelRef out;
  out.set_id(id);
  return out;
}

std::string RefNameOf(const v1::Channel& channel) {
  return channel.name().empty() ? fmt::format("id:{}", channel.id()) : channel.name();
}

ChannelModel ModelOf(const v1::JoinedChannel& joined) {
  const v1::Channel& channel = joined.channel();
  ChannelModel out;
  out.id = channel.id();
  out.ref = RefNameOf(channel);
  out.kind = KindOf(channel.kind());
  const bool direct = out.kind == ChannelKind::kDirect;
  out.name = direct ? joined.peer().username() : channel.name();
  out.title = (direct ? "@" : "#") + out.name;
  out.topic = channel.topic();
  out.role = FromProto(joined.role());
  out.member_count = channel.member_count();
  out.epoch = channel.epoch();
  out.last_seq = out.head = channel.head();
  out.read_seq = joined.read_seq();
  out.read_countable = joined.read_countable();
  out.countable = out.read_countable + joined.unread();
  return out;
}

v1::Role ToProto(MemberRole role) {
  switch (role) {
    case MemberRole::kMember:
      return v1::ROLE_MEMBER;
    case MemberRole::kModerator:
      return v1::ROLE_MODERATOR;
    case MemberRole::kOwner:
      return v1::ROLE_OWNER;
  }
  return v1::ROLE_MEMBER;
}

}  // namespace yap::client
