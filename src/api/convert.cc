#include "api/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/limits.h"
#include "core/reasons.h"

namespace yap::api {
namespace {

using google::protobuf::Timestamp;

void ToProto(const core::Actor& actor, yap::v1::EventUser* out) {
  out->set_user_id(actor.user.value);
  out->set_username(actor.username);
}

yap::v1::Visibility VisibilityOf(core::ChannelKind kind) {
  return kind == core::ChannelKind::kPublic ? yap::v1::VISIBILITY_PUBLIC
                                            : yap::v1::VISIBILITY_PRIVATE;
}

yap::v1::EndReason ToProto(core::RemovalCause cause) {
  switch (cause) {
    case core::RemovalCause::kLeft:
      return yap::v1::END_REASON_LEFT;
    case core::RemovalCause::kRemoved:
      return yap::v1::END_REASON_REMOVED;
    case core::RemovalCause::kBanned:
      return yap::v1::END_REASON_BANNED;
  }
  return yap::v1::END_REASON_UNSPECIFIED;
}

// One overload for each body; the compiler finds a kind that has none.
struct BodyWriter {
  yap::v1::Event* out;

  void operator()(const core::MessagePosted& body) const {
    auto* posted = out->mutable_message_posted();
    posted->set_text(body.text);
    if (body.reply_to.value != 0) posted->set_reply_to_seq(body.reply_to.value);
  }
  void operator()(const core::MemberJoined& body) const {
    ToProto(body.member, out->mutable_member_joined()->mutable_user());
    out->mutable_member_joined()->set_role(api::ToProto(body.role));
  }
  void operator()(const core::MemberLeft& body) const {
    ToProto(body.member, out->mutable_member_left()->mutable_user());
  }
  void operator()(const core::MemberRemoved& body) const {
    ToProto(body.member, out->mutable_member_removed()->mutable_user());
    out->mutable_member_removed()->set_banned(body.banned);
  }
  void operator()(const core::MemberRoleChanged& body) const {
    ToProto(body.member, out->mutable_member_role_changed()->mutable_user());
    out->mutable_member_role_changed()->set_role(api::ToProto(body.role));
  }
  void operator()(const core::ChannelCreated& body) const {
    auto* created = out->mutable_channel_created();
    created->set_kind(api::ToProto(body.kind));
    created->set_name(body.name);
    created->set_topic(body.topic);
  }
  void operator()(const core::ChannelChanged& body) const {
    auto* changed = out->mutable_channel_changed();
    if (body.topic) changed->set_topic(*body.topic);
    if (body.kind) changed->set_visibility(VisibilityOf(*body.kind));
  }
  void operator()(const core::AddedToChannel& body) const {
    auto* added = out->mutable_added_to_channel();
    added->set_channel_id(body.channel.value);
    added->set_channel_name(body.channel_name);
    added->set_kind(api::ToProto(body.kind));
    added->set_join_seq(body.join_seq.value);
  }
  void operator()(const core::RemovedFromChannel& body) const {
    auto* removed = out->mutable_removed_from_channel();
    removed->set_channel_id(body.channel.value);
    removed->set_channel_name(body.channel_name);
    removed->set_seq(body.seq.value);
    removed->set_reason(ToProto(body.cause));
  }
  void operator()(const core::ReadMoved& body) const {
    auto* moved = out->mutable_read_moved();
    moved->set_channel_id(body.channel.value);
    moved->set_seq(body.seq.value);
    moved->set_countable(body.countable);
  }
  void operator()(const core::SessionRevoked& body) const {
    out->mutable_session_revoked()->set_session_id(body.session.value);
  }
};

Error Missing(std::string field, std::string what) {
  return MakeError(Errc::kInvalidArgument, core::reason::kFieldRequired, std::move(what))
      .InField(field);
}

Error Unknown(std::string field, int value, std::string what) {
  return MakeError(Errc::kInvalidArgument, core::reason::kFieldInvalid, std::move(what))
      .With("value", fmt::to_string(value))
      .InField(std::move(field));
}

// Direct channels and inboxes have internal names that nobody types.
bool HasPublicName(core::ChannelKind kind) {
  return kind == core::ChannelKind::kPublic || kind == core::ChannelKind::kPrivate;
}

}  // namespace

void ToProto(WallTime time, Timestamp* out) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<std::int32_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds).count()));
}

yap::v1::ChannelKind ToProto(core::ChannelKind kind) {
  switch (kind) {
    case core::ChannelKind::kPublic:
      return yap::v1::CHANNEL_KIND_PUBLIC;
    case core::ChannelKind::kPrivate:
      return yap::v1::CHANNEL_KIND_PRIVATE;
    case core::ChannelKind::kDirect:
      return yap::v1::CHANNEL_KIND_DIRECT;
    case core::ChannelKind::kInbox:
      return yap::v1::CHANNEL_KIND_INBOX;
  }
  return yap::v1::CHANNEL_KIND_UNSPECIFIED;
}

yap::v1::Role ToProto(core::Role role) {
  switch (role) {
    case core::Role::kNone:
      return yap::v1::ROLE_UNSPECIFIED;
    case core::Role::kMember:
      return yap::v1::ROLE_MEMBER;
    case core::Role::kModerator:
      return yap::v1::ROLE_MODERATOR;
    case core::Role::kOwner:
      return yap::v1::ROLE_OWNER;
  }
  return yap::v1::ROLE_UNSPECIFIED;
}

void ToProto(const core::Event& event, yap::v1::Event* out) {
  out->set_channel_id(event.channel.value);
  out->set_seq(event.seq.value);
  out->set_epoch(event.epoch.value);
  ToProto(event.time, out->mutable_time());
  if (event.actor.user) ToProto(event.actor, out->mutable_actor());
  if (!core::IsNone(event.key)) out->set_client_msg_id(event.key.data(), event.key.size());
  out->set_countable(event.countable);
  std::visit(BodyWriter{out}, event.body);
}

void ToProto(const core::UserView& user, yap::v1::User* out) {
  out->set_id(user.id.value);
  out->set_username(user.name);
  out->set_display_name(user.display_name);
  ToProto(user.create_time, out->mutable_create_time());
}

void ToProto(const core::SessionView& session, yap::v1::Session* out) {
  out->set_id(session.id.value);
  out->set_device_name(session.device_name);
  out->set_address(session.address);
  ToProto(session.create_time, out->mutable_create_time());
  ToProto(session.last_used_time, out->mutable_last_used_time());
  out->set_current(session.current);
}

void ToProto(const core::Tokens& tokens, yap::v1::Tokens* out) {
  out->set_access_token(std::string(tokens.access_token.Reveal()));
  ToProto(tokens.access_expire_time, out->mutable_access_expire_time());
  out->set_refresh_token(std::string(tokens.refresh_token.Reveal()));
  ToProto(tokens.refresh_expire_time, out->mutable_refresh_expire_time());
}

void ToProto(const core::ChannelRecord& channel, yap::v1::Channel* out) {
  out->set_id(channel.id.value);
  if (HasPublicName(channel.kind)) out->set_name(channel.name);
  out->set_kind(ToProto(channel.kind));
  out->set_topic(channel.topic);
  ToProto(channel.create_time, out->mutable_create_time());
  if (channel.creator) out->mutable_creator()->set_id(channel.creator.value);
  out->set_member_count(channel.member_count);
  out->set_head(channel.head.seq.value);
  out->set_epoch(channel.head.epoch.value);
}

void ToProto(const core::JoinedView& joined, yap::v1::JoinedChannel* out) {
  const core::JoinedRecord& record = joined.joined;
  ToProto(record.channel, out->mutable_channel());
  out->set_role(ToProto(record.role));
  out->set_read_seq(record.read_seq.value);
  out->set_read_countable(record.read_countable);
  out->set_unread(joined.unread);
  out->set_join_seq(record.joined_seq.value);
  if (!record.peer.user) return;
  out->mutable_peer()->set_id(record.peer.user.value);
  out->mutable_peer()->set_username(record.peer.username);
}

void ToProto(const core::MemberRecord& member, yap::v1::Member* out) {
  out->mutable_user()->set_id(member.user.value);
  out->mutable_user()->set_username(member.username);
  out->set_role(ToProto(member.role));
  out->set_join_seq(member.joined_seq.value);
}

Result<core::ChannelRef> FromProto(const yap::v1::ChannelRef& ref) {
  switch (ref.ref_case()) {
    case yap::v1::ChannelRef::kId:
      return core::ChannelRef(core::ChannelId(ref.id()));
    case yap::v1::ChannelRef::kName:
      return core::ChannelRef(ref.name());
    case yap::v1::ChannelRef::REF_NOT_SET:
      break;
  }
  return Fail(Missing("channel", "no channel was named: set channel.id or channel.name"));
}

Result<core::UserRef> FromProto(const yap::v1::UserRef& ref, std::string field) {
  switch (ref.ref_case()) {
    case yap::v1::UserRef::kId:
      return core::UserRef(core::UserId(ref.id()));
    case yap::v1::UserRef::kName:
      return core::UserRef(ref.name());
    case yap::v1::UserRef::REF_NOT_SET:
      break;
  }
  return Fail(Missing(std::move(field), "no user was named: set the id or the name"));
}

Result<core::Role> FromProto(yap::v1::Role role) {
  switch (role) {
    case yap::v1::ROLE_MEMBER:
      return core::Role::kMember;
    case yap::v1::ROLE_MODERATOR:
      return core::Role::kModerator;
    case yap::v1::ROLE_OWNER:
      return core::Role::kOwner;
    case yap::v1::ROLE_UNSPECIFIED:
      return Fail(Missing("role", "no role was named: member, moderator or owner"));
    default:
      return Fail(Unknown("role", role, "the role is not known: use member, moderator or owner"));
  }
}

Result<core::ChannelKind> FromProto(yap::v1::Visibility visibility, core::ChannelKind otherwise) {
  switch (visibility) {
    case yap::v1::VISIBILITY_UNSPECIFIED:
      return otherwise;
    case yap::v1::VISIBILITY_PUBLIC:
      return core::ChannelKind::kPublic;
    case yap::v1::VISIBILITY_PRIVATE:
      return core::ChannelKind::kPrivate;
    default:
      return Fail(
          Unknown("visibility", visibility, "the visibility is not known: use public or private"));
  }
}

Result<core::ClientKey> KeyFrom(const std::string& bytes, std::string field, bool required) {
  core::ClientKey key{};
  if (bytes.empty() && !required) return key;
  if (bytes.size() == key.size()) std::memcpy(key.data(), bytes.data(), key.size());
  if (bytes.size() != key.size() || core::IsNone(key)) {
    return Fail(MakeError(Errc::kInvalidArgument, core::reason::kKeyInvalid,
                          "a client key is 16 random bytes, made once and kept for every retry")
                    .InField(std::move(field)));
  }
  return key;
}

Result<core::PageRequest> PageFrom(std::int32_t size, const std::string& token) {
  if (size < 0) {
    return Fail(MakeError(Errc::kInvalidArgument, core::reason::kPageSizeInvalid,
                          "page_size is negative; leave it out for the default")
                    .InField("page_size"));
  }
  const auto wanted = size == 0 ? core::kPageSizeDefault : static_cast<std::size_t>(size);
  return core::PageRequest{std::min(wanted, core::kPageSizeMax), token};
}

}  // namespace yap::api
