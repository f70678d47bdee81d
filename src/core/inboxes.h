// core/inboxes.h: the way into users' inboxes, which only the server writes.
#pragma once

#include <functional>

#include "core/channel_rules.h"
#include "core/channels.h"
#include "core/id_cache.h"

namespace yap::core {

// Writes to a channel through its sequencer.
using ChannelWriter =
    std::function<Task<Written>(ChannelId channel, Command command, Deadline deadline)>;

// Thread-safe. What it is made of outlives it.
class Inboxes {
 public:
  Inboxes(UserStore& users, ChannelStore& channels, Clock& clock, ChannelWriter write)
      : users_(users), channels_(channels), clock_(clock), write_(std::move(write)) {}

  // Idempotent.
  Task<void> Ensure(UserRecord user, Deadline deadline);
  // Appends an event to the user's inbox, which is made if it is missing. NotFound
  // "USER_NOT_FOUND".
  Task<void> Deliver(UserId user, Actor actor, Body body, ClientKey key, Deadline deadline);
  Task<ChannelId> IdOf(UserId user, Deadline deadline);

 private:
  UserStore& users_;
  ChannelStore& channels_;
  Clock& clock_;
  const ChannelWriter write_;
  IdCache<UserId, ChannelId> ids_{kNameCacheMax};
};

}  // namespace yap::core
