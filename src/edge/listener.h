// edge/listener.h: accepts connections and deals them to the workers in turn.
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "edge/server_state.h"
#include "edge/worker.h"

namespace yap::edge {

// One thread, its executor's, apart from Open and Close.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  // Binds, and accepts from now on. Errors as Server::Listen. Any thread.
  static Result<std::shared_ptr<Listener>> Open(std::shared_ptr<ServerState> server,
                                                std::shared_ptr<ListenerState> state,
                                                std::vector<std::shared_ptr<Worker>> workers,
                                                asio::any_io_executor executor);
  ~Listener();

  std::uint16_t port() const { return port_; }
  ListenerState& state() { return *state_; }
  // Stops accepting; soon, on its own thread. Any thread.
  void Close();
  // The same, at once. REQUIRES: its thread, or that thread has stopped.
  void CloseNow();

 private:
  Listener(std::shared_ptr<ServerState> server, std::shared_ptr<ListenerState> state,
           std::vector<std::shared_ptr<Worker>> workers, asio::any_io_executor executor);

  Result<> Bind();
  void WaitForConnection();
  void AcceptSome();
  // One connection; false when there is none for now.
  bool AcceptOne();
  void Deal(int socket, const asio::ip::tcp::endpoint& from);
  // Out of descriptors: takes one connection with the reserve and drops it, so that the backlog
  // moves and the peer hears something.
  void DropOne();
  void RetryLater();

  const std::shared_ptr<ServerState> server_;
  const std::shared_ptr<ListenerState> state_;
  const std::vector<std::shared_ptr<Worker>> workers_;
  const asio::any_io_executor executor_;
  std::uint16_t port_ = 0;
  asio::ip::tcp::acceptor acceptor_;
  std::unique_ptr<Timer> retry_timer_;
  int reserve_fd_ = -1;
  std::size_t next_worker_ = 0;
};

}  // namespace yap::edge
