#include "base/task.h"

#include "base/check.h"

namespace yap {

void Waiting::Resume() {
  const auto executor = asio::get_associated_executor(handler_);
  asio::post(executor, std::move(handler_));
}

asio::awaitable<void> Wait(std::move_only_function<void(Waiting)> start) {
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [start = std::move(start)](Waiting::Handler handler) mutable {
        start(Waiting(std::move(handler)));
      },
      asio::use_awaitable);
}

void Spawn(asio::any_io_executor executor, asio::awaitable<void> work) {
  asio::co_spawn(executor, std::move(work), [](std::exception_ptr failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      CheckFailed(__FILE__, __LINE__, "exception left a coroutine:", e.what());
    }
  });
}

asio::awaitable<void> SleepUntil(Clock& clock, MonoTime when) {
  auto executor = co_await asio::this_coro::executor;
  auto timer = clock.NewTimer(executor);
  co_await FromCallback<void>([&](Callback<void> done) {
    timer->Arm(when, [done = std::move(done)]() mutable { done({}); });
  });
}

asio::awaitable<void> SleepFor(Clock& clock, Duration span) {
  co_await SleepUntil(clock, clock.Mono() + std::chrono::duration_cast<MonoTime::duration>(span));
}

}  // namespace yap
