// edge/worker.h: the edge's part of one I/O thread: its connections, the buffers they share, and
// the pass that writes for all of them once per loop turn.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>
#include <unordered_set>
#include <vector>

#include "edge/frame_buffer.h"
#include "edge/output.h"
#include "edge/server_state.h"

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
  FrameBuffer& frame_buffer() { return frame_buffer_; }

  // --- For connections.
  // The connection writes in the next pass.
  void WantFlush(Connection& connection);
  // Forgets it; it stays alive until the pass that may still know it is over.
  void Remove(Connection& connection);

 private:
  void Start(Accepted& accepted);
  void RunPass();

  const std::shared_ptr<ServerState> state_;
  const asio::any_io_executor executor_;
  std::unique_ptr<char[]> read_buffer_;
  FrameBuffer frame_buffer_;
  Output output_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  std::vector<Connection*> dirty_;
  std::vector<Connection*> pass_;
  std::vector<std::shared_ptr<Connection>> removed_;
  bool pass_posted_ = false;
  bool stopped_ = false;
  std::optional<Duration> draining_;
};

}  // namespace yap::edge
