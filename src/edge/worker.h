// edge/worker.h: the edge's part of one I/O thread: its connections, the buffers they share, and
// the passes that write for them.
//
// Connections that may have something to write stand in a queue; a pass takes them until
// kPassFlushesMax have written, and between two passes the thread does whatever else is ready. So a
// round over a thousand readers holds up no request, and what is published meanwhile goes out with
// the later ones.
#pragma once

#include <array>
#include <asio/any_io_executor.hpp>
#include <deque>
#include <memory>
#include <unordered_set>

#include "edge/output.h"
#include "edge/server_state.h"
#include "edge/session_memory.h"

namespace yap::edge {

class Connection;

// Adopt may be called from any thread; all else is for the executor's.
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(std::shared_ptr<ServerState> state, asio::any_io_executor executor);
  ~Worker();

  // Makes a connection of it, on the worker's thread.
  void Adopt(std::unique_ptr<Accepted> accepted);
  // Tells all connections, present and to come, to finish within `grace`. Any thread.
  void Drain(Duration grace);
  // Closes everything, at once, for good.
  void Stop();

  ServerState& state() { return *state_; }
  const std::shared_ptr<ServerState>& shared_state() const { return state_; }
  const asio::any_io_executor& executor() const { return executor_; }
  std::span<char> read_buffer() { return {read_buffer_.get(), kReadBytesMax}; }
  SessionMemory& memory() { return memory_; }

  // --- For connections.
  // The connection writes when its turn comes. REQUIRES: it is not in the queue already.
  void WantFlush(Connection& connection);
  // Bytes written to a client; the metric hears of them after the pass.
  void CountSent(std::size_t bytes) { sent_bytes_ += bytes; }
  // Forgets it; it lives on until its turn, if it has one.
  void Remove(Connection& connection);

 private:
  void Start(Accepted& accepted);
  void PostPass();
  void RunPass();

  const std::shared_ptr<ServerState> state_;
  const asio::any_io_executor executor_;
  std::unique_ptr<char[]> read_buffer_;
  SessionMemory memory_;
  std::array<Output, kPassFlushesMax> outputs_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::deque<std::shared_ptr<Connection>> dirty_;
  std::size_t sent_bytes_ = 0;
  bool pass_posted_ = false;
  bool stopped_ = false;
  std::optional<Duration> draining_;
};

}  // namespace yap::edge
