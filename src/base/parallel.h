// base/parallel.h: several tasks at once, from one coroutine.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/task.h"

namespace yap {

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

// All results, in order; at most `at_once` of the tasks are under way. Runs on the caller's
// executor, which runs one thing at a time.
template <class T>
asio::awaitable<std::vector<Result<T>>> AwaitAll(std::vector<Task<T>> todo, std::size_t at_once) {
  if (todo.empty()) co_return std::vector<Result<T>>();
  const auto executor = co_await asio::this_coro::executor;
  auto tasks = std::make_shared<Tasks<T>>();
  tasks->results.resize(todo.size());
  tasks->workers = std::min(todo.size(), at_once);
  tasks->todo = std::move(todo);
  co_await FromCallback<void>([&](Callback<void> done) {
    tasks->done = std::move(done);
    const std::size_t workers = tasks->workers;
    for (std::size_t i = 0; i < workers; ++i) Spawn(executor, WorkOn(tasks));
  });
  co_return std::move(tasks->results);
}

// All of them, or the first error; none is left out because another one failed.
template <class T>
Task<std::vector<T>> AwaitAllOk(std::vector<Task<T>> todo, std::size_t at_once) {
  auto results = co_await AwaitAll(std::move(todo), at_once);
  std::vector<T> out;
  for (auto& result : results) {
    YAP_CO_TRY(auto value, std::move(result));
    out.push_back(std::move(value));
  }
  co_return out;
}
inline Task<> AwaitAllOk(std::vector<Task<>> todo, std::size_t at_once) {
  for (auto& result : co_await AwaitAll(std::move(todo), at_once)) {
    YAP_CO_TRY_VOID(std::move(result));
  }
  co_return Result<>();
}

}  // namespace yap
