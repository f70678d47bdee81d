// drivers/drivers_testing.h: a loop and a runtime for tests, and tasks run to their end.
#pragma once

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/task.h"
#include "drivers/error.h"
#include "drivers/runtime.h"

namespace yap::drivers {

using namespace std::chrono_literals;  // NOLINT: literals only.

inline Deadline In(Duration span) { return Deadline::After(SystemClock(), span); }

class DriversTest : public testing::Test {
 protected:
  // How long a test waits for what should come, on a busy machine.
  static constexpr auto kPatience = 30s;

  // Turns the loop until `done` or until patience ends; says which.
  template <class Done>
  bool RunUntil(Done done) {
    io_.restart();
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io_.run_one_for(10ms);
      io_.restart();
    }
    return true;
  }

  template <class T>
  Result<T> Run(Task<T> task) {
    std::optional<Result<T>> result;
    SpawnThen(io_.get_executor(), std::move(task),
              [&result](Result<T> r) { result = std::move(r); });
    if (!RunUntil([&] { return result.has_value(); })) {
      ADD_FAILURE() << "the task did not end";
      return Fail(Errc::kInternal, "STUCK", "the task did not end");
    }
    return *std::move(result);
  }

  // The error of a task that must fail.
  template <class T>
  Error FailureOf(Task<T> task) {
    auto result = Run(std::move(task));
    EXPECT_FALSE(result.has_value()) << "it succeeded";
    return result ? Error{} : std::move(result).error();
  }

  asio::io_context io_{1};
  // Destroyed first: what is in flight is answered on the loop above.
  std::shared_ptr<Runtime> runtime_ = std::make_shared<Runtime>();
};

}  // namespace yap::drivers
