// app/yapd/upkeep.h: what a process with a store does beside serving: its admin socket and its
// regular work.
#pragma once

#include <memory>

#include "app/yapd/admin_socket.h"
#include "app/yapd/config.h"
#include "app/yapd/node.h"

namespace yap::app {

// Streams are asked to come back within this long, so that they do not all come at once.
inline constexpr auto kReconnectSpread = std::chrono::seconds(2);

// None where the store is in memory: nobody else would find it.
Result<std::unique_ptr<AdminSocket>> OpenNodeAdmin(const Config& config, const DataPaths& paths,
                                                   Node& node);

// Ends idle and old sessions, about once a minute. Until its executor stops.
asio::awaitable<void> SweepSessions(core::Accounts& accounts);
// Role chat: a heartbeat on every topic, about once a second, with the newest head of the system
// log. Until its executor stops.
asio::awaitable<void> Beat(Node& node);

}  // namespace yap::app
