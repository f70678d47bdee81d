// crypto/bounded_workers.h: private to crypto/: threads for blocking jobs behind a bounded queue.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"

namespace yap {

enum class Refusal : std::uint8_t { kQueueFull, kWaitedTooLong, kStopping };

// Thread-safe.
class BoundedWorkers {
 public:
  struct Options {
    std::size_t threads = 1;
    std::size_t queue_max = 32;
    Duration wait_max = std::chrono::seconds(2);
  };
  // Called exactly once: without a refusal on a worker, to do the work; with one on a worker or
  // inside Post, to say that it will not be done.
  using Job = std::move_only_function<void(std::optional<Refusal>)>;

  // REQUIRES: threads >= 1, queue_max >= 1. `clock` outlives this.
  BoundedWorkers(Options options, Clock& clock);
  // Refuses what waits; returns when the jobs that have begun are done.
  ~BoundedWorkers();
  BoundedWorkers(const BoundedWorkers&) = delete;
  BoundedWorkers& operator=(const BoundedWorkers&) = delete;

  // Jobs begin in the order of this call. One that no worker has begun within wait_max, or by
  // `deadline`, is refused when its turn comes, which is at most one job's length later.
  void Post(Deadline deadline, Job job);

 private:
  struct Waiting {
    MonoTime begin_by;
    Job job;
  };
  void Work();
  std::optional<Refusal> Judge(const Waiting& waiting) const;

  const Options options_;
  Clock& clock_;

  BoundedQueue<Waiting> queue_;
  std::atomic<bool> stopping_ = false;
  std::vector<std::jthread> threads_;  // Last: joined before anything above is gone.
};

}  // namespace yap
