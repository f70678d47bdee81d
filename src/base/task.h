// base/task.h: coroutines over asio. Ports return Task<T>: straight lines instead of callbacks.
//
// A coroutine's parameters are values or outlive it. A coroutine resumes on the executor it was
// spawned on, whoever completes what it waits for.
#pragma once

#include <asio/associated_executor.hpp>
#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <future>
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

// Waits for a callback: calls `start(Callback<T>)` at once, on the caller's thread, and resumes the
// caller on its own executor once the callback was called.
template <class T, class Start>
Task<T> FromCallback(Start start) {
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(
      [](auto handler, Start begin) {
        auto executor = asio::get_associated_executor(handler);
        begin(Callback<T>([handler = std::move(handler), executor](Result<T> result) mutable {
          asio::post(executor,
                     [handler = std::move(handler), result = std::move(result)]() mutable {
                       handler(std::move(result));
                     });
        }));
      },
      asio::use_awaitable, std::move(start));
}

// Runs `task` on `executor` and resumes the caller on its own.
template <class T>
Task<T> RunOn(asio::any_io_executor executor, Task<T> task) {
  co_return co_await asio::co_spawn(executor, std::move(task), asio::use_awaitable);
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
