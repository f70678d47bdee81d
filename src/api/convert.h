// api/convert.h: proto ↔ core, nothing else. Pure.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "base/result.h"
#include "core/accounts.h"
#include "core/channels.h"
#include "core/event.h"
#include "yap/v1/event.pb.h"
#include "yap/v1/types.pb.h"

namespace yap::api {

void ToProto(WallTime time, google::protobuf::Timestamp* out);
yap::v1::ChannelKind ToProto(core::ChannelKind kind);
yap::v1::Role ToProto(core::Role role);

void ToProto(const core::Event& event, yap::v1::Event* out);
void ToProto(const core::UserView& user, yap::v1::User* out);
void ToProto(const core::SessionView& session, yap::v1::Session* out);
void ToProto(const core::Tokens& tokens, yap::v1::Tokens* out);
void ToProto(const core::ChannelRecord& channel, yap::v1::Channel* out);
void ToProto(const core::JoinedView& joined, yap::v1::JoinedChannel* out);
void ToProto(const core::MemberRecord& member, yap::v1::Member* out);

// Errors: InvalidArgument "FIELD_REQUIRED" with the field's name.
Result<core::ChannelRef> FromProto(const yap::v1::ChannelRef& ref);
Result<core::UserRef> FromProto(const yap::v1::UserRef& ref, std::string field);
Result<core::Role> FromProto(yap::v1::Role role);
// Public or private; unspecified is `otherwise`.
Result<core::ChannelKind> FromProto(yap::v1::Visibility visibility, core::ChannelKind otherwise);

// A client key is 16 bytes. Absent: none, unless required. InvalidArgument "KEY_INVALID".
Result<core::ClientKey> KeyFrom(const std::string& bytes, std::string field, bool required);

// 0 is the default; negative is InvalidArgument "PAGE_SIZE_INVALID"; too large is capped.
Result<core::PageRequest> PageFrom(std::int32_t size, const std::string& token);

}  // namespace yap::api
