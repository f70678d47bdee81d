// base/task.h: coroutines over asio. Ports return Task<T>: straight lines instead of callbacks.
//
// A coroutine's parameters are values or outlive it. A coroutine resumes on the executor it was
// spawned on, whoever completes what it waits for.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace yap {

template <class T = void>
using Task = asio::awaitable<Result<T>>;

// Called exactly once, from any thread.
template <class T>
using Callback = std::move_only_function<void(Result<T>)>;

// A coroutine that waits, which this owns: resumed by the call, once and from any thread, on its
// own executor; gone with this if it was not.
class Waiting {
 public:
  using Handler = asio::async_result<asio::use_awaitable_t<>, void()>::handler_type;
  explicit Waiting(Handler handler) : handler_(std::move(handler)) {}
  void Resume();

 private:
  Handler handler_;
};

// Calls `start` at once, on the caller's thread, and ends when the coroutine is resumed. (No
// template, as Spawn is none: what asio needs for a wait is compiled once, not for each result.)
asio::awaitable<void> Wait(std::move_only_function<void(Waiting)> start);

// Waits for a callback: calls `start(Callback<T>)` at once, on the caller's thread, and resumes the
// caller on its own executor once the callback was called.
template <class T, class Start>
Task<T> FromCallback(Start start) {
  std::optional<Result<T>> result;  // Stays while `waiting` does: it owns this coroutine.
  co_await Wait([&](Waiting waiting) {
    start(Callback<T>([&result, waiting = std::move(waiting)](Result<T> r) mutable {
      result.emplace(std::move(r));
      waiting.Resume();
    }));
  });
  co_return *std::move(result);
}

// Starts `work` on `executor` and lets it go. An exception that leaves it ends the process:
// exceptions end inside the adapter that met them.
void Spawn(asio::any_io_executor executor, asio::awaitable<void> work);

// The same, and hands what it returns to `done(T)`, or `done()`, on `executor`. (Over Spawn: each
// further asio::co_spawn of a result or a handler of its own costs a second of compiling.)
template <class T, class Done>
void SpawnThen(asio::any_io_executor executor, asio::awaitable<T> work, Done done) {
  Spawn(std::move(executor), [](asio::awaitable<T> begun, Done end) -> asio::awaitable<void> {
    if constexpr (std::is_void_v<T>) {
      co_await std::move(begun);
      end();
    } else {
      end(co_await std::move(begun));
    }
  }(std::move(work), std::move(done)));
}

// Runs `task` on `executor` and resumes the caller on its own.
template <class T>
Task<T> RunOn(asio::any_io_executor executor, Task<T> task) {
  co_return co_await FromCallback<T>(
      [&](Callback<T> done) { SpawnThen(std::move(executor), std::move(task), std::move(done)); });
}

// Starts `work` on `executor`, for a thread that may block until it has ended: none of the
// executor.
template <class T>
std::future<T> SpawnFuture(asio::any_io_executor executor, asio::awaitable<T> work) {
  std::promise<T> promise;
  std::future<T> future = promise.get_future();
  SpawnThen(std::move(executor), std::move(work),
            [promise = std::move(promise)]<class... Result>(Result... result) mutable {
              promise.set_value(std::move(result)...);
            });
  return future;
}

// Resumes at or after `when`.
asio::awaitable<void> SleepUntil(Clock& clock, MonoTime when);
asio::awaitable<void> SleepFor(Clock& clock, Duration span);

}  // namespace yap
