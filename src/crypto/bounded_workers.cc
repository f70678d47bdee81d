#include "crypto/bounded_workers.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace yap {

BoundedWorkers::BoundedWorkers(Options options, Clock& clock)
    : options_(options), clock_(clock), queue_(options.queue_max) {
  YAP_CHECK(options_.threads >= 1 && options_.queue_max >= 1);
  threads_.reserve(options_.threads);
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Work(); });
}

BoundedWorkers::~BoundedWorkers() {
  stopping_ = true;
  queue_.Close();
  threads_.clear();
}

void BoundedWorkers::Post(Deadline deadline, Job job) {
  const auto wait_max = std::chrono::duration_cast<MonoTime::duration>(options_.wait_max);
  Waiting waiting{std::min(deadline.at, clock_.Mono() + wait_max), std::move(job)};
  if (queue_.TryPush(std::move(waiting))) return;
  // NOLINTNEXTLINE(bugprone-use-after-move): TryPush moves only when it answers true.
  waiting.job(stopping_ ? Refusal::kStopping : Refusal::kQueueFull);
}

std::optional<Refusal> BoundedWorkers::Judge(const Waiting& waiting) const {
  if (stopping_) return Refusal::kStopping;
  if (clock_.Mono() >= waiting.begin_by) return Refusal::kWaitedTooLong;
  return std::nullopt;
}

void BoundedWorkers::Work() {
  for (;;) {
    std::vector<Waiting> next = queue_.PopSome(1);
    if (next.empty()) return;
    Waiting& waiting = next.front();
    waiting.job(Judge(waiting));
  }
}

}  // namespace yap
