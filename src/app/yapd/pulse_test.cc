#include "app/yapd/pulse.h"

#include <gtest/gtest.h>

#include <asio/post.hpp>
#include <future>

#include "base/io_threads.h"

namespace yap::app {
namespace {

void WaitFor(const asio::any_io_executor& executor) {
  std::promise<void> ran;
  asio::post(executor, [&] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(PulseTest, OneThreadThatHangsStopsIt) {
  IoThreads threads(2);
  Pulse pulse(threads.executors());
  std::promise<void> released;
  std::promise<void> hangs;
  asio::post(threads.executor(1), [&] {
    hangs.set_value();
    released.get_future().wait();
  });
  hangs.get_future().wait();
  EXPECT_TRUE(pulse.Beats());  // Nobody was asked before.
  WaitFor(threads.executor(0));
  EXPECT_FALSE(pulse.Beats());
  released.set_value();
  WaitFor(threads.executor(1));
  EXPECT_TRUE(pulse.Beats());
}

}  // namespace
}  // namespace yap::app
