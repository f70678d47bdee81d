// Real threads: a writer and readers on different ones, segments that are dropped as fast as they
// are filled, streams that come and go. Meant for the thread sanitizer; exact under any.
#include <gtest/gtest.h>

#include <future>

#include "base/io_threads.h"
#include "hub/hub_testing.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kChannel = 7;
constexpr std::uint64_t kEvents = 20'000;

// Lives on one I/O thread and reads as the edge does: a pass per handler. Reconnects every so
// often, where asked to.
class ThreadReader {
 public:
  ThreadReader(Hub& hub, TestLog& log, asio::any_io_executor executor, std::size_t quota,
               std::uint64_t reconnect_every)
      : hub_(hub),
        log_(log),
        executor_(std::move(executor)),
        quota_(quota),
        reconnect_every_(reconnect_every) {}

  void Start() {
    asio::post(executor_, [this] { Subscribe(); });
  }
  void Stop() {
    std::promise<void> stopped;
    asio::post(executor_, [&] {
      stream_.reset();
      stopped.set_value();
    });
    stopped.get_future().wait();
  }
  std::uint64_t last() const { return last_; }

 private:
  void Subscribe() {
    stream_.reset();
    sink_ = PassSink();
    bytes_.clear();
    SubscribeOptions options{UserId(5), SessionId(50), {}, {}};
    options.cursors.push_back(
        {ChannelId(kChannel), log_.HeadNow(ChannelId(kChannel)), Seq(last_), {}});
    stream_ = hub_.Subscribe(std::move(options), executor_, [this] { Schedule(); });
  }

  void Schedule() {
    if (std::exchange(scheduled_, true)) return;
    asio::post(executor_, [this] {
      scheduled_ = false;
      if (stream_) Pass();
    });
  }

  void Pass() {
    const std::size_t n = stream_->Available(quota_);
    if (n == 0) return;
    stream_->Take(n, sink_);
    sink_.MoveTo(bytes_);
    hub_.EndPass();
    const std::uint64_t before = last_;
    for (const Frame& frame : Decode(bytes_)) {
      if (frame.kind != 'E') continue;
      ASSERT_EQ(frame.seq, last_ + 1);
      last_ = frame.seq;
    }
    if (reconnect_every_ > 0 && last_ / reconnect_every_ != before / reconnect_every_) Subscribe();
    Schedule();
  }

  Hub& hub_;
  TestLog& log_;
  const asio::any_io_executor executor_;
  const std::size_t quota_;
  const std::uint64_t reconnect_every_;
  std::atomic<std::uint64_t> last_ = 0;
  PassSink sink_;
  std::string bytes_;
  bool scheduled_ = false;
  std::unique_ptr<Subscriber> stream_;
};

TEST(HubThreadsTest, ReadersOnSeveralThreadsGetEveryEventWhileSegmentsComeAndGo) {
  TestLog log(SystemClock());
  TestBus bus;
  TestEncoder encoder;
  IoThreads threads(3);
  auto hub = NewHub({log, bus, encoder, SystemClock(), SystemRandom(), threads.executors()},
                    {.tail_bytes_max = 8000, .tail_events_max = 64});
  std::vector<std::unique_ptr<ThreadReader>> readers;
  const std::size_t quotas[] = {64 * 1024, 3000, 700};
  for (std::size_t i = 0; i < 9; ++i) {
    readers.push_back(std::make_unique<ThreadReader>(*hub, log, threads.executor(i % 3),
                                                     quotas[i / 3], i / 3 == 1 ? 700 : 0));
    readers.back()->Start();
  }
  for (std::uint64_t i = 0; i < kEvents; ++i) {
    const auto event =
        log.Put(ChannelId(kChannel), core::MessagePosted{std::string(i % 90, 'x'), {}});
    bus.Publish({.events = std::span(&event, 1)});
    if (i % 5000 == 0) hub->EndSessions({SessionId(i + 1)});
    if (i % 64 == 0) std::this_thread::yield();
  }
  const auto all_done = [&] {
    return std::ranges::all_of(readers, [](const auto& r) { return r->last() == kEvents; });
  };
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  while (!all_done() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  for (auto& reader : readers) {
    EXPECT_EQ(reader->last(), kEvents);
    reader->Stop();
  }
  EXPECT_EQ(hub->GetStats().subscribers, 0U);
  hub.reset();
}

}  // namespace
}  // namespace yap::hub
