// bus/pulsar/internal/env.h: what all parts of the bus share. One executor, one thread at a time.
#pragma once

#include <asio/any_io_executor.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/random.h"
#include "base/secret.h"
#include "bus/pulsar/internal/link.h"
#include "bus/pulsar/internal/retry.h"

namespace yap::bus::pulsar {

struct Env {
  // Constant.
  asio::any_io_executor executor;
  Clock& clock;
  Random& random;
  Secret key;

  // Any thread.
  std::atomic<std::uint32_t> ready = 0;  // Producers and consumers that work.
  Guarded<std::string> last_error;

  // The executor's thread.
  int attempts = 0;  // To connect or to open, under way.
  FailureLog failures;
  // This connection opens nothing any more: make another one. May be called for one that is gone.
  std::function<void(const std::shared_ptr<Link>&)> suspect;

  // Writes down a failure that others have not told of, in one line.
  void Report(const Error& error);
  MonoTime In(Duration span) const { return Deadline::After(clock, span).at; }
};

// Counts as an attempt while it lives: its answer comes on the executor, which must not be gone.
class Attempt {
 public:
  explicit Attempt(std::shared_ptr<Env> env) : env_(std::move(env)) { ++env_->attempts; }
  ~Attempt() { --env_->attempts; }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  const std::shared_ptr<Env> env_;
};

// A topic: its number in envelopes, and its whole name.
struct TopicName {
  std::uint32_t index = 0;
  std::string name;
};

}  // namespace yap::bus::pulsar
