// store/scylla/internal/parallel.h: several tasks at once, from one coroutine.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/task.h"

namespace yap::store::scylla {

// Requests of one call that are under way at once: enough to hide the round trips of a long list,
// few enough not to crowd out everybody else.
inline constexpr std::size_t kParallelMax = 32;

template <class T>
struct Tasks {
  std::vector<Task<T>> todo;
  std::vector<Result<T>> results;
  std::size_t next = 0;
  std::size_t workers = 0;
  Callback<void> done;
};

template <class T>
asio::awaitable<void> WorkOn(std::shared_ptr<Tasks<T>> tasks) {
  while (tasks->next < tasks->todo.size()) {
    const std::size_t index = tasks->next++;
    tasks->results[index] = co_await std::move(tasks->todo[index]);
  }
  if (--tasks->workers == 0) tasks->done({});
}

// All results, in order. Runs on the caller's executor, which runs one thing at a time.
template <class T>
asio::awaitable<std::vector<Result<T>>> AwaitAll(std::vector<Task<T>> todo) {
  if (todo.empty()) co_return std::vector<Result<T>>();
  const auto executor = co_await asio::this_coro::executor;
  auto tasks = std::make_shared<Tasks<T>>();
  tasks->results.resize(todo.size());
  tasks->workers = std::min(todo.size(), kParallelMax);
  tasks->todo = std::move(todo);
  co_await FromCallback<void>([&](Callback<void> done) {
    tasks->done = std::move(done);
    const std::size_t workers = tasks->workers;
    for (std::size_t i = 0; i < workers; ++i) Spawn(executor, WorkOn(tasks));
  });
  co_return std::move(tasks->results);
}

// All of them, or the first error.
template <class T>
Task<std::vector<T>> AwaitAllOk(std::vector<Task<T>> todo) {
  auto results = co_await AwaitAll(std::move(todo));
  std::vector<T> out;
  for (auto& result : results) {
    YAP_CO_TRY(auto value, std::move(result));
    out.push_back(std::move(value));
  }
  co_return out;
}

}  // namespace yap::store::scylla
