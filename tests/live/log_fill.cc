// Appends messages to the log of a channel in a cluster store, in groups, past every rule: a log as
// long as a test needs it in minutes.
//
//   log_fill HOST:PORT KEYSPACE CHANNEL EVENTS       the channel is there, and nobody else writes
//   to it
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

#include "base/io_threads.h"
#include "core/limits.h"
#include "store/scylla/scylla_store.h"

namespace yap {
namespace {

constexpr std::size_t kTextBytes = 200;
constexpr int kFailuresMax = 100;

Deadline Soon() { return Deadline::After(SystemClock(), std::chrono::seconds(30)); }

template <class T>
Result<T> Run(asio::any_io_executor executor, Task<T> task) {
  return SpawnFuture(std::move(executor), std::move(task)).get();
}

// Without keys: nobody repeats them, and the store has half as much to write.
std::vector<core::Draft> Messages(std::size_t count) {
  std::vector<core::Draft> drafts(count);
  for (core::Draft& draft : drafts) {
    draft.actor = {core::UserId(1), "ada"};
    draft.time = SystemClock().Now();
    draft.body = core::MessagePosted{std::string(kTextBytes, 'x'), core::Seq()};
  }
  return drafts;
}

// Where the outcome of an append is not told, the log says how far it came.
Task<void> Fill(store::Store& store, core::ChannelId channel, std::uint64_t count) {
  YAP_CO_TRY(auto head, co_await store.log().ReadHead(channel, Soon()));
  const core::Seq target = head.seq.Plus(count);
  int failures = 0;
  while (head.seq < target) {
    const auto group = std::min<std::uint64_t>(core::kAppendBatchMax, target.Since(head.seq));
    const auto appended = co_await store.log().Append(channel, Messages(group), head.seq, Soon());
    if (!appended && ++failures > kFailuresMax) co_return Fail(appended.error());
    YAP_CO_TRY(head, co_await store.log().ReadHead(channel, Soon()));
  }
  co_return Result<>();
}

Result<> Main(const std::string& host, const std::string& keyspace, core::ChannelId channel,
              std::uint64_t count) {
  IoThreads threads(1);
  store::ScyllaOptions options;
  options.hosts = {host};
  options.keyspace = keyspace;
  YAP_TRY(const auto store, Run(threads.executor(0), store::OpenScyllaStore(options, Soon())));
  return Run(threads.executor(0), Fill(*store, channel, count));
}

}  // namespace
}  // namespace yap

int main(int argc, char** argv) {
  if (argc != 5) {
    fmt::print(stderr, "usage: log_fill HOST:PORT KEYSPACE CHANNEL EVENTS\n");
    return 2;
  }
  const yap::core::ChannelId channel(std::strtoull(argv[3], nullptr, 10));
  const auto done = yap::Main(argv[1], argv[2], channel, std::strtoull(argv[4], nullptr, 10));
  if (!done) fmt::print(stderr, "log_fill: {}\n", done.error().message);
  return done ? 0 : 1;
}
