#include "api/internal_convert.h"

#include "core/event_codec.h"

namespace yap::api {
namespace {

namespace pb = yap::internal::v1;

void ToProto(const hub::StartCursor& cursor, pb::GrantedCursor* out) {
  api::ToProto(cursor.channel, cursor.grant_head, out->mutable_grant());
  out->set_after_seq(cursor.after.value);
  out->set_epoch(cursor.epoch.value);
}

hub::StartCursor FromProto(const pb::GrantedCursor& cursor) {
  return {.channel = core::ChannelId(cursor.grant().channel_id()),
          .grant_head = HeadFromProto(cursor.grant()),
          .after = core::Seq(cursor.after_seq()),
          .epoch = core::Epoch(cursor.epoch())};
}

}  // namespace

void ToProto(core::ChannelId channel, const core::Head& head, pb::ChannelHead* out) {
  out->set_channel_id(channel.value);
  out->set_seq(head.seq.value);
  out->set_epoch(head.epoch.value);
  out->set_countable(head.countable);
  out->set_time_us(head.time.time_since_epoch().count());
}

core::Head HeadFromProto(const pb::ChannelHead& head) {
  return {.seq = core::Seq(head.seq()),
          .epoch = core::Epoch(head.epoch()),
          .countable = head.countable(),
          .time = WallTime(WallTime::duration(head.time_us()))};
}

void ToProto(const hub::SubscribeOptions& options, pb::AuthorizeResponse* out) {
  for (const auto& cursor : options.cursors) ToProto(cursor, out->add_cursors());
  if (options.follow_inbox) ToProto(*options.follow_inbox, out->mutable_inbox());
}

hub::SubscribeOptions FromProto(const pb::AuthorizeResponse& response) {
  hub::SubscribeOptions options;
  for (const auto& cursor : response.cursors()) options.cursors.push_back(FromProto(cursor));
  if (response.has_inbox()) options.follow_inbox = FromProto(response.inbox());
  return options;
}

void ToProto(const core::EventPage& page, core::ChannelId channel, pb::ReadEventsResponse* out) {
  for (const auto& event : page.events) out->add_events(core::EncodeEvent(*event));
  ToProto(channel, page.head, out->mutable_head());
  out->set_first_available(page.first_available.value);
}

Result<core::EventPage> FromProto(const pb::ReadEventsResponse& response) {
  core::EventPage page;
  for (const auto& bytes : response.events()) {
    YAP_TRY(auto event, core::DecodeEvent(bytes));
    page.events.push_back(std::make_shared<const core::Event>(std::move(event)));
  }
  page.head = HeadFromProto(response.head());
  page.first_available = core::Seq(response.first_available());
  return page;
}

void ToProto(const core::AppendJournal::Since& since, pb::HeadsSinceResponse* out) {
  out->set_life(since.token.life);
  out->set_position(since.token.position);
  out->set_incomplete(since.incomplete);
  for (const auto& head : since.heads) {
    auto* one = out->add_heads();
    one->set_channel_id(head.channel.value);
    one->set_seq(head.seq.value);
    one->set_epoch(head.epoch.value);
  }
}

std::vector<core::ChannelHead> FromProto(const pb::HeadsSinceResponse& response) {
  std::vector<core::ChannelHead> heads;
  for (const auto& head : response.heads()) {
    heads.push_back(
        {core::ChannelId(head.channel_id()), core::Seq(head.seq()), core::Epoch(head.epoch())});
  }
  return heads;
}

void ToProto(const core::RevocationPage& page, pb::ReadRevocationsResponse* out) {
  for (const auto session : page.sessions) out->add_session_ids(session.value);
  out->set_last_seq(page.read.seq.value);
  out->set_head_seq(page.head.value);
  out->set_epoch(page.read.epoch.value);
}

core::RevocationPage FromProto(const pb::ReadRevocationsResponse& response) {
  core::RevocationPage page;
  for (const auto id : response.session_ids()) page.sessions.emplace_back(id);
  page.read = {core::Seq(response.last_seq()), core::Epoch(response.epoch())};
  page.head = core::Seq(response.head_seq());
  return page;
}

}  // namespace yap::api
