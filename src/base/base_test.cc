#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/guarded.h"
#include "base/io_threads.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/sim_clock.h"
#include "base/task.h"

namespace yap {
namespace {

using std::chrono::seconds;

RC_GTEST_PROP(EncodingTest, EveryEncodingReturnsItsBytes, (const std::string& bytes)) {
  RC_ASSERT(FromBase64(ToBase64(bytes)) == bytes);
  RC_ASSERT(FromBase64Url(ToBase64Url(bytes)) == bytes);
  RC_ASSERT(FromHex(ToHex(std::as_bytes(std::span(bytes)))) == bytes);
}

TEST(EncodingTest, RefusesWhatIsNotCanonical) {
  EXPECT_EQ(FromBase64("Zg=="), "f");
  EXPECT_EQ(FromBase64("Zg"), "f");  // gRPC peers leave the padding out.
  for (const char* bad : {"Z", "Zh", "Zg=", "Z===", "Zg==Zg==", "Z g="}) {
    EXPECT_EQ(FromBase64(bad), std::nullopt) << bad;
  }
}

Result<int> Half(int n) {
  if (n % 2 != 0) return Fail(Errc::kInvalidArgument, "ODD", "odd");
  return n / 2;
}
Result<int> Quarter(int n) {
  YAP_TRY(const int half, Half(n));
  YAP_TRY_VOID(Half(half));
  return Half(half);
}

TEST(ResultTest, TryReturnsTheFirstError) {
  EXPECT_EQ(Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().reason, "ODD");
}

TEST(SimClockTest, TimersFireInOrderAndOnlyWhenDue) {
  asio::io_context io;
  SimClock clock;
  auto late = clock.NewTimer(io.get_executor());
  auto early = clock.NewTimer(io.get_executor());
  auto cancelled = clock.NewTimer(io.get_executor());
  std::string order;
  late->Arm(clock.Mono() + seconds(5), [&] { order += 'l'; });
  early->Arm(clock.Mono() + seconds(1), [&] { order += 'e'; });
  cancelled->Arm(clock.Mono() + seconds(2), [&] { order += 'c'; });
  cancelled->Cancel();
  clock.RunFor(io, seconds(4));
  EXPECT_EQ(order, "e");
  clock.RunFor(io, seconds(4));
  EXPECT_EQ(order, "el");
}

TEST(SimClockTest, SleepingCoroutineResumesWithoutWaiting) {
  asio::io_context io;
  SimClock clock;
  bool done = false;
  Spawn(io.get_executor(), [](SimClock& c, bool& flag) -> asio::awaitable<void> {
    co_await SleepFor(c, std::chrono::hours(24));
    flag = true;
  }(clock, done));
  EXPECT_TRUE(clock.RunFor(io, std::chrono::hours(25), [&] { return done; }));
}

TEST(TimerTest, RealTimerCancelledFromAnotherHandlerStaysSilent) {
  asio::io_context io;
  auto timer = SystemClock().NewTimer(io.get_executor());
  bool fired = false;
  timer->Arm(SystemClock().Mono(), [&] { fired = true; });
  timer->Cancel();
  io.run();
  EXPECT_FALSE(fired);
}

TEST(TaskTest, CallbackFromAnotherThreadResumesOnTheOwnExecutor) {
  IoThreads threads(2);
  std::promise<bool> same;
  Spawn(threads.executor(0), [](IoThreads& t, std::promise<bool>& out) -> asio::awaitable<void> {
    const auto before = std::this_thread::get_id();
    auto result = co_await FromCallback<int>([&](Callback<int> done) {
      asio::post(t.executor(1), [done = std::move(done)]() mutable { done(7); });
    });
    out.set_value(result == 7 && before == std::this_thread::get_id());
  }(threads, same));
  EXPECT_TRUE(same.get_future().get());
}

// Who never calls back must not keep what waits for it.
TEST(TaskTest, CoroutineGoesWithACallbackThatIsDropped) {
  asio::io_context io;
  const auto held = std::make_shared<int>(7);
  Callback<int> callback;
  Spawn(io.get_executor(), [](std::shared_ptr<int>, Callback<int>& out) -> asio::awaitable<void> {
    (void)co_await FromCallback<int>([&](Callback<int> done) { out = std::move(done); });
    ADD_FAILURE() << "nobody called back";
  }(held, callback));
  io.poll();
  EXPECT_EQ(held.use_count(), 2);
  callback = nullptr;
  io.poll();  // A coroutine ends where it ran.
  EXPECT_EQ(held.use_count(), 1);
}

TEST(TaskTest, RunOnHopsThereAndBack) {
  IoThreads threads(2);
  std::promise<std::pair<bool, bool>> out;
  Spawn(threads.executor(0), [](IoThreads& t, auto& promise) -> asio::awaitable<void> {
    const auto here = std::this_thread::get_id();
    auto there = co_await RunOn(
        t.executor(1), []() -> Task<std::thread::id> { co_return std::this_thread::get_id(); }());
    promise.set_value({*there != here, std::this_thread::get_id() == here});
  }(threads, out));
  EXPECT_EQ(out.get_future().get(), std::pair(true, true));
}

class AwaitAllTest : public testing::Test {
 protected:
  // Takes `span`, and fails where that is `failing_`.
  Task<Duration> Work(Duration span) {
    most_ = std::max(most_, ++under_way_);
    co_await SleepFor(clock_, span);
    --under_way_;
    if (span == failing_) co_return Fail(Errc::kUnavailable, "LATE", "late");
    co_return span;
  }
  Result<std::vector<Duration>> Run(std::vector<int> spans_s, std::size_t at_once) {
    std::vector<Task<Duration>> todo;
    for (const int span : spans_s) todo.push_back(Work(seconds(span)));
    Result<std::vector<Duration>> out;
    Spawn(io_.get_executor(),
          [](Result<std::vector<Duration>>& answer, std::vector<Task<Duration>> tasks,
             std::size_t at_once_max) -> asio::awaitable<void> {
            answer = co_await AwaitAllOk(std::move(tasks), at_once_max);
          }(out, std::move(todo), at_once));
    clock_.RunFor(io_, seconds(60));
    return out;
  }

  asio::io_context io_;
  SimClock clock_;
  Duration failing_{};
  int under_way_ = 0;
  int most_ = 0;
};

TEST_F(AwaitAllTest, ResultsAreInOrderAndNoMoreThanAllowedAreUnderWay) {
  EXPECT_EQ(Run({5, 1, 4, 2, 3}, 2),
            (std::vector<Duration>{seconds(5), seconds(1), seconds(4), seconds(2), seconds(3)}));
  EXPECT_EQ(most_, 2);
}

TEST_F(AwaitAllTest, FailureIsTheAnswerOnceAllHaveEnded) {
  failing_ = seconds(1);
  EXPECT_EQ(Run({5, 1, 4}, 3).error().reason, "LATE");
  EXPECT_EQ(under_way_, 0);
}

TEST(BoundedQueueTest, RefusesWhenFullAndDrainsAfterClose) {
  BoundedQueue<int> queue(2);
  EXPECT_TRUE(queue.TryPush(1));
  EXPECT_TRUE(queue.TryPush(2));
  EXPECT_FALSE(queue.TryPush(3));
  queue.Close();
  EXPECT_FALSE(queue.TryPush(4));
  EXPECT_EQ(queue.PopSome(9), (std::vector{1, 2}));
  EXPECT_TRUE(queue.PopSome(9).empty());
}

TEST(RandomTest, SeedReplaysAndIdsFitASignedNumber) {
  SeededRandom a(42);
  SeededRandom b(42);
  for (int i = 0; i < 100; ++i) {
    const auto id = a.NextId();
    EXPECT_EQ(id, b.NextId());
    EXPECT_GT(id, 0U);
    EXPECT_LT(id, 1ULL << 63);
    EXPECT_LT(a.Below(7), 7U);
    b.Below(7);
  }
}

TEST(SecretTest, MoveLeavesNothingBehind) {
  Secret a{std::string("correct horse battery staple")};
  Secret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): that is what is tested.
  EXPECT_EQ(b.Reveal(), "correct horse battery staple");
}

TEST(LogTest, RemoteBytesCannotBreakTheLine) {
  const auto line = log::Render(log::Format::kJson, log::Level::kInfo, "peer said",
                                {{"what", "a\"b\\c\n\x1b[31m"}, {"n", 3}});
  EXPECT_NE(line.find(R"("what":"a\"b\\c\u000a\u001b[31m","n":"3"})"), std::string::npos) << line;
}

TEST(MetricsTest, TheSameNameAndLabelsAreTheSameSeries) {
  auto a = metrics::NewCounter("yap_test_total", "For a test.", {{"kind", "x"}});
  auto b = metrics::NewCounter("yap_test_total", "For a test.", {{"kind", "x"}});
  a.Add();
  b.Add(2);
  EXPECT_EQ(a.Value(), 3);
  EXPECT_NE(metrics::Text().find("yap_test_total{kind=\"x\"} 3"), std::string::npos);
}

}  // namespace
}  // namespace yap
