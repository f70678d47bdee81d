#include "edge/worker.h"

#include <unistd.h>

#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <utility>

#include "edge/connection.h"

namespace yap::edge {

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
  removed_.clear();
}

void Worker::WantFlush(Connection& connection) {
  dirty_.push_back(&connection);
  if (std::exchange(pass_posted_, true)) return;
  // Behind what is ready already: what this turn still brings goes out with it.
  asio::post(executor_, [self = shared_from_this()] { self->RunPass(); });
}

void Worker::Remove(Connection& connection) {
  const auto found = connections_.find(connection.shared_from_this());
  if (found == connections_.end()) return;
  removed_.push_back(*found);
  connections_.erase(found);
  if (!pass_posted_) {
    pass_posted_ = true;
    asio::post(executor_, [self = shared_from_this()] { self->RunPass(); });
  }
}

void Worker::RunPass() {
  pass_posted_ = false;
  if (stopped_) return;
  std::swap(pass_, dirty_);
  const auto removed = std::exchange(removed_, {});
  for (Connection* connection : pass_) connection->Flush(output_);
  pass_.clear();
  if (state_->options.after_pass) state_->options.after_pass();
}

}  // namespace yap::edge
