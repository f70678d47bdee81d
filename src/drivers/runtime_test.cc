#include "drivers/runtime.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "drivers/drivers_testing.h"
#include "drivers/internal/call.h"
#include "drivers/limits.h"

namespace yap::drivers {
namespace {

// Counts its answers; a second one would be seen.
struct Answers {
  std::atomic<int> calls = 0;
  std::atomic<int> cancelled = 0;
  std::atomic<int> panics = 0;

  static void Count(void* ctx, const yd_outcome* outcome) noexcept {
    TsanAcquire(ctx);
    auto& self = *static_cast<Answers*>(ctx);
    if (outcome->status == YD_CANCELLED) ++self.cancelled;
    if (outcome->status == YD_PANIC) ++self.panics;
    ++self.calls;
    TsanRelease(ctx);
  }
  void Ask(Runtime& runtime, yd_test_kind kind, std::uint32_t ms) {
    TsanRelease(this);
    yd_test_task(runtime.get(), kind, ms, &Count, this);
  }
};

class RuntimeTest : public DriversTest {
 protected:
  Task<> Ask(yd_test_kind kind, std::uint32_t ms) {
    YAP_CO_TRY_VOID(co_await Call<Nothing>([&](yd_callback callback, void* ctx) {
      yd_test_task(runtime_->get(), kind, ms, callback, ctx);
    }));
    co_return Result<>();
  }
};

TEST_F(RuntimeTest, WaitResumesOnTheExecutorThatAsked) {
  const auto here = std::this_thread::get_id();
  std::thread::id resumed;
  const auto note_where = [](Task<> task, std::thread::id* out) -> Task<> {
    YAP_CO_TRY_VOID(co_await std::move(task));
    *out = std::this_thread::get_id();
    co_return Result<>();
  };
  ASSERT_TRUE(Run(note_where(Ask(YD_TEST_WAIT, 1), &resumed)));
  EXPECT_EQ(resumed, here);
  // It counts as live until it has returned, which is after it posted.
  EXPECT_TRUE(RunUntil([] { return yd_live_callbacks() == 0; }));
}

TEST_F(RuntimeTest, PanicIsAnErrorWithItsTextAndTheNextCallWorks) {
  const Error error = FailureOf(Ask(YD_TEST_PANIC, 0));
  EXPECT_EQ(error.reason, kPanic);
  EXPECT_NE(error.message.find("asked to by a test"), std::string::npos) << error.message;
  EXPECT_FALSE(NothingDone(error));
  EXPECT_TRUE(Run(Ask(YD_TEST_WAIT, 1)));
}

TEST_F(RuntimeTest, EachCallIsAnsweredOnce) {
  constexpr int kCalls = 5'000;
  Answers answers;
  for (int i = 0; i < kCalls; ++i) {
    answers.Ask(*runtime_, i % 100 == 0 ? YD_TEST_PANIC : YD_TEST_WAIT, i % 3);
  }
  ASSERT_TRUE(RunUntil([&] { return answers.calls == kCalls && yd_live_callbacks() == 0; }));
  EXPECT_EQ(answers.panics, kCalls / 100);
  EXPECT_EQ(answers.cancelled, 0);
}

TEST_F(RuntimeTest, ShutdownAnswersAllThatIsInFlight) {
  constexpr int kCalls = 2'000;
  constexpr std::uint32_t kHourMs = 3'600'000;
  Answers answers;
  for (int i = 0; i < kCalls; ++i) answers.Ask(*runtime_, YD_TEST_WAIT, kHourMs);
  EXPECT_EQ(yd_live_callbacks(), static_cast<std::uint64_t>(kCalls));
  const auto begun = std::chrono::steady_clock::now();
  runtime_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kShutdownMax);
  EXPECT_EQ(answers.calls, kCalls);
  EXPECT_EQ(answers.cancelled, kCalls);
  EXPECT_EQ(yd_live_callbacks(), 0U);
}

TEST_F(RuntimeTest, SharedOneLivesAsLongAsSomebodyHoldsIt) {
  auto first = Runtime::Shared();
  EXPECT_EQ(Runtime::Shared(), first);
  const std::weak_ptr<Runtime> gone = first;
  first.reset();
  EXPECT_TRUE(gone.expired());
  EXPECT_NE(Runtime::Shared(), nullptr);
}

struct Lines {
  std::atomic<int> count = 0;
  static void Write(void* ctx, std::int32_t level, yd_text target, yd_text line) noexcept {
    TsanAcquire(ctx);
    if (level == YD_LOG_WARN && target.length > 0 && line.length > 0) {
      ++static_cast<Lines*>(ctx)->count;
    }
  }
};

TEST_F(RuntimeTest, FloodOfLogLinesIsCutShort) {
  Lines lines;
  TsanRelease(&lines);
  yd_set_log(&Lines::Write, &lines, YD_LOG_INFO);
  EXPECT_TRUE(Run(Ask(YD_TEST_LOG, 10'000)));
  EXPECT_GE(lines.count, YD_LOG_BURST);
  EXPECT_LE(lines.count, 2 * YD_LOG_BURST);  // Some seconds' worth, on a slow machine.
  yd_set_log(&Lines::Write, &lines, YD_LOG_ERROR);
  lines.count = 0;
  EXPECT_TRUE(Run(Ask(YD_TEST_LOG, 100)));
  EXPECT_EQ(lines.count, 0);
  yd_set_log(nullptr, nullptr, 0);
}

TEST_F(RuntimeTest, EveryReasonSaysWhetherAnythingWasDone) {
  const auto error_of = [](yd_status status) {
    return ErrorOf({status, 0x1100, {"x", 1}, nullptr});
  };
  for (const yd_status status : {YD_TIMEOUT, YD_CANCELLED, YD_PANIC, YD_BROKEN, YD_FAILED}) {
    EXPECT_FALSE(NothingDone(error_of(status))) << status;
  }
  for (const yd_status status :
       {YD_INVALID, YD_FULL, YD_NOT_SENT, YD_REFUSED, YD_CLOSED, YD_AUTH}) {
    EXPECT_TRUE(NothingDone(error_of(status))) << status;
  }
  EXPECT_FALSE(NothingDone(error_of(99)));  // Of a newer library.
  EXPECT_EQ(ServerCode(error_of(YD_FAILED)), 0x1100);
  EXPECT_EQ(ServerCode(ErrorOf({YD_BROKEN, -1, {"x", 1}, nullptr})), -1);
}

}  // namespace
}  // namespace yap::drivers
