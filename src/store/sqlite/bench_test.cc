// How fast this store is on this machine; off unless asked for:
//   store_sqlite_test --gtest_also_run_disabled_tests --gtest_filter='SqliteBench.*'
#include <fmt/format.h>

#include <algorithm>

#include "store/sqlite/internal/sqlite_testing.h"

namespace yap::store::sqlite {
namespace {

using namespace core;  // NOLINT: the ports under test.

constexpr std::size_t kTextBytes = 128;

struct Measured {
  std::vector<Duration> latencies;  // Of each append.
};

Task<void> AppendTimes(EventLog& log, ChannelId channel, std::size_t times, std::size_t group,
                       Measured& out) {
  Seq head;
  for (std::size_t i = 0; i < times; ++i) {
    std::vector<Draft> drafts;
    for (std::size_t n = 1; n <= group; ++n) {
      drafts.push_back(Message(head.value + n, std::string(kTextBytes, 'x')));
    }
    const MonoTime begin = SystemClock().Mono();
    YAP_CO_TRY_VOID(co_await log.Append(channel, std::move(drafts), head, Soon()));
    out.latencies.push_back(SystemClock().Mono() - begin);
    head = head.Plus(group);
  }
  co_return Result<>();
}

Task<std::size_t> ReadAll(EventLog& log, ChannelId channel, std::size_t page_size) {
  std::size_t events = 0;
  while (true) {
    YAP_CO_TRY(const EventPage page, co_await log.Read(channel, Seq(events), page_size, Soon()));
    events += page.events.size();
    if (page.events.empty()) co_return events;
  }
}

double Seconds(MonoTime begin) {
  return std::chrono::duration<double>(SystemClock().Mono() - begin).count();
}

class SqliteBench : public SqliteTest {
 protected:
  SqliteBench() { Open(); }

  // `channels` channels at once, each `times` appends of `group` messages.
  void Appends(const char* what, std::uint64_t channels, std::size_t times, std::size_t group) {
    for (std::uint64_t id = 1; id <= channels; ++id) NewChannel(first_ + id);
    std::vector<Measured> measured(channels);
    std::vector<std::future<Result<>>> done;
    const MonoTime begin = SystemClock().Mono();
    for (std::uint64_t id = 1; id <= channels; ++id) {
      done.push_back(runner_.Start(
          AppendTimes(store_->log(), ChannelId(first_ + id), times, group, measured[id - 1])));
    }
    for (auto& one : done) EXPECT_TRUE(one.get());
    const double seconds = Seconds(begin);
    first_ += channels;
    std::vector<Duration> all;
    for (const Measured& m : measured)
      all.insert(all.end(), m.latencies.begin(), m.latencies.end());
    std::ranges::sort(all);
    const auto milliseconds = [&](double share) {
      const auto index = static_cast<std::size_t>(share * static_cast<double>(all.size() - 1));
      return std::chrono::duration<double, std::milli>(all[index]).count();
    };
    fmt::print("{:<44} {:>8.0f} messages/s  append p50 {:.2f} ms p99 {:.2f} ms\n", what,
               static_cast<double>(channels * times * group) / seconds, milliseconds(0.5),
               milliseconds(0.99));
  }

  std::uint64_t first_ = 0;  // Of the next round's channels.
};

TEST_F(SqliteBench, DISABLED_Appends) {
  Appends("1 channel, 1 message an append", 1, 3000, 1);
  Appends("1 channel, 64 messages an append", 1, 1000, 64);
  Appends("64 channels at once, 1 message an append", 64, 500, 1);
  Appends("1000 channels at once, 1 message an append", 1000, 50, 1);
}

TEST_F(SqliteBench, DISABLED_Reads) {
  Appends("(filling)", 1, 2000, 64);
  for (const std::size_t page : {50, 200, 1000}) {
    const MonoTime begin = SystemClock().Mono();
    const auto events = Run(ReadAll(store_->log(), ChannelId(1), page));
    fmt::print("pages of {:<4} {:>8.0f} events/s\n", page,
               static_cast<double>(*events) / Seconds(begin));
  }
}

}  // namespace
}  // namespace yap::store::sqlite
