// api/internal_convert.h: yap.internal.v1 ↔ core and hub, both ways: a chat-service encodes what a
// gateway decodes. Pure.
#pragma once

#include "base/result.h"
#include "core/append_journal.h"
#include "core/event_log.h"
#include "core/revocations.h"
#include "hub/hub.h"
#include "yap/internal/v1/internal_service.pb.h"

namespace yap::api {

void ToProto(core::ChannelId channel, const core::Head& head, yap::internal::v1::ChannelHead* out);
core::Head HeadFromProto(const yap::internal::v1::ChannelHead& head);

void ToProto(const hub::SubscribeOptions& options, yap::internal::v1::AuthorizeResponse* out);
// Without user and session, which the asker knows.
hub::SubscribeOptions FromProto(const yap::internal::v1::AuthorizeResponse& response);

void ToProto(const core::EventPage& page, core::ChannelId channel,
             yap::internal::v1::ReadEventsResponse* out);
// Errors: Corruption.
Result<core::EventPage> FromProto(const yap::internal::v1::ReadEventsResponse& response);

void ToProto(const core::AppendJournal::Since& since, yap::internal::v1::HeadsSinceResponse* out);
std::vector<core::ChannelHead> FromProto(const yap::internal::v1::HeadsSinceResponse& response);

void ToProto(const core::RevocationPage& page, yap::internal::v1::ReadRevocationsResponse* out);
core::RevocationPage FromProto(const yap::internal::v1::ReadRevocationsResponse& response);

}  // namespace yap::api
