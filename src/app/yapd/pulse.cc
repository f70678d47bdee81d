#include "app/yapd/pulse.h"

#include <asio/post.hpp>
#include <utility>

namespace yap::app {

Pulse::Pulse(std::vector<asio::any_io_executor> executors)
    : executors_(std::move(executors)), silent_(std::make_shared<std::atomic<std::size_t>>(0)) {}

bool Pulse::Beats() {
  if (silent_->load() > 0) return false;
  silent_->store(executors_.size());
  for (const auto& executor : executors_) {
    asio::post(executor, [silent = silent_] { silent->fetch_sub(1); });
  }
  return true;
}

}  // namespace yap::app
