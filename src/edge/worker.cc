#include "edge/worker.h"

#include <unistd.h>

#include <array>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <utility>

#include "base/metrics.h"
#include "edge/connection.h"

namespace yap::edge {

namespace {

metrics::Counter SentBytes() {
  static auto counter =
      metrics::NewCounter("yap_edge_sent_bytes_total", "Bytes written to clients");
  return counter;
}

}  // namespace

Accepted::~Accepted() {
  if (fd < 0) return;
  ::close(fd);
  state_->ConnectionClosed();
}

Worker::Worker(std::shared_ptr<ServerState> state, asio::any_io_executor executor)
    : state_(std::move(state)),
      executor_(std::move(executor)),
      read_buffer_(std::make_unique_for_overwrite<char[]>(kReadBytesMax)) {
  // asio opens a context's epoll and eventfd with its first socket, and throws if it cannot: now is
  // the time, not when descriptors have run out.
  const asio::ip::tcp::socket first(executor_);
}

Worker::~Worker() = default;

void Worker::Adopt(std::unique_ptr<Accepted> accepted) {
  asio::post(executor_, [self = shared_from_this(), accepted = std::move(accepted)] {
    if (!self->stopped_) self->Start(*accepted);
  });
}

void Worker::Start(Accepted& accepted) {
  auto connection = std::make_shared<Connection>(shared_from_this(), accepted);
  connections_.insert(connection);
  connection->Start();
  if (draining_) connection->Drain(*draining_);
}

void Worker::Drain(Duration grace) {
  asio::post(executor_, [self = shared_from_this(), grace] {
    self->draining_ = grace;
    const auto connections = self->connections_;  // One that drains may leave at once.
    for (const auto& connection : connections) connection->Drain(grace);
  });
}

void Worker::Stop() {
  stopped_ = true;
  for (const auto& connection : std::exchange(connections_, {})) connection->Close();
  dirty_.clear();
}

void Worker::WantFlush(Connection& connection) {
  dirty_.push_back(connection.shared_from_this());
  PostPass();
}

// Behind what is ready already: what this turn still brings goes out with it.
void Worker::PostPass() {
  if (std::exchange(pass_posted_, true)) return;
  asio::post(executor_, [self = shared_from_this()] { self->RunPass(); });
}

void Worker::Remove(Connection& connection) { connections_.erase(connection.shared_from_this()); }

// All sessions first, then all sockets: system calls in a row find the kernel's code in the cache,
// and a reader on this machine is woken once for some of them, not once for each.
void Worker::RunPass() {
  pass_posted_ = false;
  if (stopped_) return;
  std::array<std::shared_ptr<Connection>, kPassFlushesMax> writers;
  std::size_t writes = 0;  // What only had to be looked at, after a WINDOW_UPDATE say, is none.
  for (std::size_t left = dirty_.size(); left > 0 && !dirty_.empty() && writes < kPassFlushesMax;
       --left) {
    auto connection = std::move(dirty_.front());
    dirty_.pop_front();
    connection->Gather(outputs_[writes]);
    if (!outputs_[writes].empty()) writers[writes++] = std::move(connection);
  }
  for (std::size_t i = 0; i < writes; ++i) writers[i]->Write(outputs_[i]);
  SentBytes().Add(static_cast<double>(std::exchange(sent_bytes_, 0)));
  if (state_->options.after_pass) state_->options.after_pass();
  if (!dirty_.empty()) PostPass();
}

}  // namespace yap::edge
