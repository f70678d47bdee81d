// edge/server_state.h: what the parts of one server share across threads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/task.h"
#include "edge/address.h"
#include "edge/connection_counts.h"
#include "edge/server.h"
#include "edge/tls.h"

namespace yap::edge {

struct ServerState {
  ServerState(ServerOptions the_options, Router& the_router, Clock& the_clock, Random& the_random)
      : options(std::move(the_options)), router(the_router), clock(the_clock), random(the_random) {}

  // Constant after construction.
  const ServerOptions options;
  Router& router;
  Clock& clock;
  Random& random;

  // Self-synchronised.
  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> violations{0};
  std::atomic<std::size_t> open{0};  // Connections, from accept to close.
  std::atomic<std::size_t> calls{0};
  Guarded<std::vector<Callback<void>>> when_idle;  // Drain waits here for open == 0.

  void ConnectionClosed() {
    if (open.fetch_sub(1) != 1) return;
    auto waiting = when_idle.With([](auto& list) { return std::exchange(list, {}); });
    for (auto& done : waiting) done({});
  }
};

// One listener's rules, as its connections see them.
struct ListenerState {
  ListenerOptions options;
  NetworkSet trusted_proxies;
  bool v6 = false;  // The family of its sockets.
  std::shared_ptr<ConnectionCounts> counts;
  Guarded<std::shared_ptr<const TlsContext>> tls;  // Null in the clear; replaced by a reload.

  bool Serves(const asio::ip::address& peer) const {
    return !options.proxies_only || peer.is_loopback() || trusted_proxies.Contains(peer);
  }
};

// A connection just accepted: its socket and where it came from.
class Accepted {
 public:
  Accepted(std::shared_ptr<ServerState> state, int socket) : state_(std::move(state)), fd(socket) {
    state_->open.fetch_add(1);
  }
  ~Accepted();
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;
  int Release() { return std::exchange(fd, -1); }

 private:
  std::shared_ptr<ServerState> state_;

 public:
  int fd;  // -1 once released to a connection.
  asio::ip::address address;
  std::uint16_t port = 0;
  std::shared_ptr<ListenerState> listener;
  std::unique_ptr<ConnectionCounts::Slot> slot;
};

}  // namespace yap::edge
