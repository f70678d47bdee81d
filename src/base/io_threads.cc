#include "base/io_threads.h"

#include <pthread.h>

#include <string>

#include "base/check.h"

namespace yap {

IoThreads::IoThreads(std::size_t count) {
  YAP_CHECK(count >= 1);
  for (std::size_t i = 0; i < count; ++i) {
    // One thread per context: asio may then skip its internal locking hints.
    contexts_.push_back(std::make_unique<asio::io_context>(1));
    guards_.push_back(asio::make_work_guard(*contexts_.back()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, i] {
      ::pthread_setname_np(::pthread_self(), ("yap-io-" + std::to_string(i)).c_str());
      contexts_[i]->run();
    });
  }
}

IoThreads::~IoThreads() { Stop(); }

std::vector<asio::any_io_executor> IoThreads::executors() {
  std::vector<asio::any_io_executor> out;
  out.reserve(contexts_.size());
  for (auto& context : contexts_) out.push_back(context->get_executor());
  return out;
}

void IoThreads::Stop() {
  for (auto& context : contexts_) context->stop();
  threads_.clear();
}

}  // namespace yap
