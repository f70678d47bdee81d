// base/io_threads.h: the process's I/O threads, one asio::io_context each. State that belongs to a
// thread has no lock; other threads reach it with asio::post.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace yap {

class IoThreads {
 public:
  // Starts `count` threads. REQUIRES: count >= 1.
  explicit IoThreads(std::size_t count);
  // Stops and joins.
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  std::size_t size() const { return contexts_.size(); }
  asio::any_io_executor executor(std::size_t index) { return contexts_[index]->get_executor(); }
  asio::io_context& context(std::size_t index) { return *contexts_[index]; }
  // The executors in order; what a room that knows nothing of threads takes.
  std::vector<asio::any_io_executor> executors();

  // Ends the loops once their current handlers return; pending work is dropped. Idempotent.
  void Stop();

 private:
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards_;
  std::vector<std::jthread> threads_;
};

}  // namespace yap
