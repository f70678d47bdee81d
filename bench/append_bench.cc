// Appends through the EventLog of a cluster store: how many messages a second, and how long one
// append takes, by the size of a group and the number of channels at once.
//
//   append_bench HOST:PORT KEYSPACE [SECONDS]      the keyspace was migrated
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <string>
#include <vector>

#include "base/io_threads.h"
#include "base/random.h"
#include "store/scylla/scylla_store.h"

namespace yap {
namespace {

using std::chrono::seconds;
using Micros = std::vector<double>;

constexpr std::size_t kTextBytes = 200;

Deadline Soon() { return Deadline::After(SystemClock(), seconds(30)); }

std::vector<core::Draft> Messages(std::size_t count) {
  std::vector<core::Draft> drafts(count);
  for (core::Draft& draft : drafts) {
    draft.actor = {core::UserId(1), "ada"};
    SystemRandom().Fill(draft.key);
    draft.time = SystemClock().Now();
    draft.body = core::MessagePosted{std::string(kTextBytes, 'x'), core::Seq()};
  }
  return drafts;
}

// One channel's appends, one after the other, until `end`; how long each took.
Task<Micros> AppendUntil(store::Store& store, std::size_t per_append, MonoTime end) {
  core::ChannelRecord channel;
  channel.id = core::ChannelId(SystemRandom().NextId());
  channel.name = fmt::format("bench-{}", channel.id.value);
  YAP_CO_TRY_VOID(co_await store.channels().CreateChannel(channel, Soon()));
  Micros times;
  core::Seq head;
  while (SystemClock().Mono() < end) {
    const MonoTime begin = SystemClock().Mono();
    YAP_CO_TRY_VOID(co_await store.log().Append(channel.id, Messages(per_append), head, Soon()));
    head = head.Plus(per_append);
    const std::chrono::duration<double, std::micro> took = SystemClock().Mono() - begin;
    times.push_back(took.count());
  }
  co_return times;
}

double Quantile(const Micros& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))] / 1000;
}

// False where an append failed.
bool Measure(store::Store& store, IoThreads& threads, std::size_t per_append, std::size_t channels,
             seconds span) {
  const MonoTime begin = SystemClock().Mono();
  std::vector<std::future<Result<Micros>>> runs;
  for (std::size_t i = 0; i < channels; ++i) {
    runs.push_back(SpawnFuture(threads.executor(i % threads.size()),
                               AppendUntil(store, per_append, begin + span)));
  }
  Micros all;
  for (auto& run : runs) {
    const auto times = run.get();
    if (!times) {
      fmt::print(stderr, "append_bench: {}\n", times.error().message);
      return false;
    }
    all.insert(all.end(), times->begin(), times->end());
  }
  const std::chrono::duration<double> took = SystemClock().Mono() - begin;
  std::ranges::sort(all);
  fmt::print("{:>9} {:>9} {:>12.0f} {:>9.2f} {:>9.2f}\n", per_append, channels,
             static_cast<double>(all.size() * per_append) / took.count(), Quantile(all, 0.5),
             Quantile(all, 0.99));
  return true;
}

int Run(const std::string& host, const std::string& keyspace, seconds span) {
  IoThreads threads(2);
  store::ScyllaOptions options;
  options.hosts = {host};
  options.keyspace = keyspace;
  auto opened =
      SpawnFuture(threads.executor(0), store::OpenScyllaStore(std::move(options), Soon())).get();
  if (!opened) {
    fmt::print(stderr, "append_bench: {}\n", opened.error().message);
    return 1;
  }
  fmt::print("per group  channels   messages/s    p50 ms    p99 ms\n");
  bool done = true;
  for (const std::size_t channels : {1, 32}) {
    for (const std::size_t per_append : {1, 16, 64}) {
      done = done && Measure(**opened, threads, per_append, channels, span);
    }
  }
  opened->reset();
  return done ? 0 : 1;
}

}  // namespace
}  // namespace yap

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: append_bench HOST:PORT KEYSPACE [SECONDS]\n");
    return 2;
  }
  return yap::Run(argv[1], argv[2], std::chrono::seconds(argc > 3 ? std::atoi(argv[3]) : 10));
}
