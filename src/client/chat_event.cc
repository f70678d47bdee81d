#include "client/chat_event.h"

#include <fmt/format.h>

#include "yap/v1/event.pb.h"

namespace yap::client {
namespace {

const v1::EventUser* SubjectUser(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kMemberJoined:
      return &event.member_joined().user();
    case v1::Event::kMemberLeft:
      return &event.member_left().user();
    case v1::Event::kMemberRemoved:
      return &event.member_removed().user();
    case v1::Event::kMemberRoleChanged:
      return &event.member_role_changed().user();
    default:
      return nullptr;
  }
}

std::string_view RoleName(v1::Role role) {
  if (role == v1::ROLE_OWNER) return "owner";
  return role == v1::ROLE_MODERATOR ? "moderator" : "member";
}

std::string Changed(const v1::ChannelChanged& change) {
  std::string out;
  if (change.has_topic()) {
    out = change.topic().empty() ? "removed the topic"
                                 : fmt::format("set the topic: {}", change.topic());
  }
  if (change.has_visibility()) {
    out += fmt::format("{}made the channel {}", out.empty() ? "" : ", ",
                       change.visibility() == v1::VISIBILITY_PUBLIC ? "public" : "private");
  }
  return out;
}

EventKind KindOf(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kMessagePosted:
      return EventKind::kMessage;
    case v1::Event::kMemberJoined:
      return EventKind::kJoined;
    case v1::Event::kMemberLeft:
    case v1::Event::kMemberRemoved:
      return EventKind::kGone;
    case v1::Event::kMemberRoleChanged:
      return EventKind::kRole;
    case v1::Event::kChannelChanged:
      return event.channel_changed().has_topic() ? EventKind::kTopic : EventKind::kOther;
    default:
      return EventKind::kOther;
  }
}

std::string TextOf(const v1::Event& event) {
  if (event.has_channel_changed()) return event.channel_changed().topic();
  if (!event.has_message_posted()) return {};
  const bool plain = event.message_posted().content_case() == v1::MessagePosted::kText;
  return plain ? event.message_posted().text() : "(encrypted)";
}

}  // namespace

std::string SubjectOf(const v1::Event& event) {
  const auto* subject = SubjectUser(event);
  return subject ? subject->username() : "";
}

std::string AuthorOf(const v1::Event& event) {
  if (!event.actor().username().empty()) return event.actor().username();
  switch (event.body_case()) {
    case v1::Event::kMemberJoined:
    case v1::Event::kMemberLeft:
      return SubjectOf(event);
    case v1::Event::kMemberRemoved:
    case v1::Event::kMemberRoleChanged:
      return "the administrator";
    default:
      return "server";  // It made the lobby.
  }
}

std::string NewsOf(const v1::Event& event) {
  const auto* subject = SubjectUser(event);
  const bool own = subject && subject->user_id() == event.actor().user_id();
  const std::string who = SubjectOf(event);
  switch (event.body_case()) {
    case v1::Event::kMemberJoined:
      return own || !event.has_actor() ? "joined" : fmt::format("invited {}", who);
    case v1::Event::kMemberLeft:
      return "left";
    case v1::Event::kMemberRemoved:
      return fmt::format("{} {}", event.member_removed().banned() ? "banned" : "removed", who);
    case v1::Event::kMemberRoleChanged:
      return fmt::format("made {} {}", who, RoleName(event.member_role_changed().role()));
    case v1::Event::kChannelCreated:
      return "created the channel";
    case v1::Event::kChannelChanged:
      return Changed(event.channel_changed());
    default:
      return {};
  }
}

MemberRole FromProto(v1::Role role) {
  if (role == v1::ROLE_OWNER) return MemberRole::kOwner;
  return role == v1::ROLE_MODERATOR ? MemberRole::kModerator : MemberRole::kMember;
}

ChatEvent FromProto(const v1::Event& event) {
  ChatEvent out;
  out.channel = event.channel_id();
  out.epoch = event.epoch();
  out.seq = event.seq();
  out.time = WallTime(std::chrono::seconds(event.time().seconds()) +
                      std::chrono::microseconds(event.time().nanos() / 1000));
  out.user_id = event.actor().user_id();
  out.user = AuthorOf(event);
  out.key = event.client_msg_id();
  out.countable = event.countable();
  out.kind = KindOf(event);
  out.text = TextOf(event);
  out.subject = SubjectOf(event);
  out.news = NewsOf(event);
  if (event.has_member_joined()) out.role = FromProto(event.member_joined().role());
  if (event.has_member_role_changed()) out.role = FromProto(event.member_role_changed().role());
  return out;
}

}  // namespace yap::client
