#include "crypto/bounded_workers.h"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <memory>
#include <thread>

#include "base/sim_clock.h"

namespace yap {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Outcome = std::optional<Refusal>;

class BoundedWorkersTest : public testing::Test {
 protected:
  Deadline Later() { return Deadline::After(clock_, seconds(60)); }

  // Posts a job that keeps its worker until `release_`, and returns when it has begun.
  void Occupy() {
    auto begun = std::make_shared<std::latch>(1);
    workers_->Post(Later(), [this, begun](Outcome) {
      begun->count_down();
      release_.wait();
    });
    begun->wait();
  }

  std::future<Outcome> Ask(Deadline deadline) {
    auto promise = std::make_shared<std::promise<Outcome>>();
    auto future = promise->get_future();
    workers_->Post(deadline, [promise](Outcome refusal) { promise->set_value(refusal); });
    return future;
  }

  SimClock clock_;  // Moved only while the worker is kept.
  std::latch release_{1};
  std::unique_ptr<BoundedWorkers> workers_ = std::make_unique<BoundedWorkers>(
      BoundedWorkers::Options{.threads = 1, .queue_max = 2, .wait_max = seconds(2)}, clock_);
};

TEST_F(BoundedWorkersTest, JobsRunOnAnotherThread) {
  std::promise<std::thread::id> where;
  workers_->Post(Later(), [&](Outcome) { where.set_value(std::this_thread::get_id()); });
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
  release_.count_down();
}

TEST_F(BoundedWorkersTest, FullQueueRefusesAtOnceAndServesWhatItTook) {
  Occupy();
  auto first = Ask(Later());
  auto second = Ask(Later());
  EXPECT_EQ(Ask(Later()).get(), Refusal::kQueueFull);
  release_.count_down();
  EXPECT_EQ(first.get(), std::nullopt);
  EXPECT_EQ(second.get(), std::nullopt);
}

TEST_F(BoundedWorkersTest, WaitBeyondTheLimitOrTheDeadlineIsRefused) {
  Occupy();
  auto patient = Ask(Later());
  auto hasty = Ask(Deadline::After(clock_, milliseconds(1999)));
  clock_.Advance(milliseconds(1999));
  release_.count_down();
  EXPECT_EQ(patient.get(), std::nullopt);
  EXPECT_EQ(hasty.get(), Refusal::kWaitedTooLong);
}

TEST_F(BoundedWorkersTest, WaitOfExactlyTheLimitIsRefused) {
  Occupy();
  auto patient = Ask(Later());
  clock_.Advance(seconds(2));
  release_.count_down();
  EXPECT_EQ(patient.get(), Refusal::kWaitedTooLong);
}

TEST_F(BoundedWorkersTest, DestructionRefusesWhatWaitsAndFinishesWhatRuns) {
  Occupy();
  auto waiting = Ask(Later());
  // The destructor cannot end before `release_`, so the main thread may still ask.
  BoundedWorkers* const workers = workers_.release();
  std::jthread destroyer([workers] { delete workers; });
  Outcome last;
  while (last != Refusal::kStopping) {
    workers->Post(Later(), [&last](Outcome refusal) { last = refusal; });
    std::this_thread::yield();
  }
  release_.count_down();
  destroyer.join();
  EXPECT_EQ(waiting.get(), Refusal::kStopping);
}

}  // namespace
}  // namespace yap
