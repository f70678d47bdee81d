// app/yapd/pulse.h: whether the I/O threads still run what is given to them.
#pragma once

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <cstddef>
#include <memory>
#include <vector>

namespace yap::app {

// One thread, which is none of theirs.
class Pulse {
 public:
  // Each of `executors` is run by a thread of its own.
  explicit Pulse(std::vector<asio::any_io_executor> executors);
  // Whether every thread has answered the question of the call before; then all are asked anew.
  // The first call has asked nobody, and answers true.
  bool Beats();

 private:
  const std::vector<asio::any_io_executor> executors_;
  const std::shared_ptr<std::atomic<std::size_t>> silent_;  // Those asked who have not answered.
};

}  // namespace yap::app
