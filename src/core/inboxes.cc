#include "core/inboxes.h"

#include <fmt/format.h>

#include "core/reasons.h"

namespace yap::core {
namespace {

ChannelRecord InboxRecord(const UserRecord& user, WallTime now) {
  ChannelRecord record;
  record.id = user.inbox;
  record.kind = ChannelKind::kInbox;
  record.name = fmt::format("inbox:{}", user.id.value);
  record.creator = user.id;
  record.create_time = now;
  return record;
}

}  // namespace

Task<void> Inboxes::Ensure(UserRecord user, Deadline deadline) {
  YAP_CO_TRY(auto made,
             co_await channels_.CreateChannel(InboxRecord(user, clock_.Now()), deadline));
  if (made.channel.id == user.inbox) co_return Result<>();
  co_return Fail(Errc::kInternal, reason::kInternalError,
                 fmt::format("user {} has two inboxes, {} and {}", user.id.value, user.inbox.value,
                             made.channel.id.value));
}

Task<ChannelId> Inboxes::IdOf(UserId user, Deadline deadline) {
  if (const auto id = ids_.Find(user)) co_return *id;
  YAP_CO_TRY(const auto record, co_await users_.GetUser(user, deadline));
  ids_.Put(user, record.inbox);
  co_return record.inbox;
}

// A user whose inbox is missing was made by a registration that did not end, and has not logged in
// since.
Task<void> Inboxes::Deliver(UserId user, Actor actor, Body body, ClientKey key, Deadline deadline) {
  YAP_CO_TRY(const auto inbox, co_await IdOf(user, deadline));
  // With a key it may be a replay.
  const Command command{std::move(actor), Authority::kServer, DeliverEvent{std::move(body)}, key,
                        !IsNone(key)};
  auto written = co_await write_(inbox, command, deadline);
  if (!written && written.error().code == Errc::kNotFound) {
    YAP_CO_TRY(auto record, co_await users_.GetUser(user, deadline));
    YAP_CO_TRY_VOID(co_await Ensure(std::move(record), deadline));
    written = co_await write_(inbox, command, deadline);
  }
  YAP_CO_TRY_VOID(std::move(written));
  co_return Result<>();
}

}  // namespace yap::core
