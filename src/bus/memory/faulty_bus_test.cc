#include "bus/memory/faulty_bus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/sim_clock.h"
#include "bus/memory/memory_bus.h"

namespace yap::bus {
namespace {

using namespace std::chrono_literals;
using core::EventPtr;

class FaultyBusTest : public ::testing::Test {
 protected:
  // The seqs that a subscriber sees of 1 … `count`, published 1 ms apart.
  std::vector<std::uint64_t> Publish(std::uint64_t seed, const BusFaults& faults,
                                     std::uint64_t count) {
    asio::io_context io;
    SimClock clock;
    auto inner = NewMemoryBus();
    auto bus = NewFaultyBus(*inner, clock, io.get_executor(), seed, faults);
    std::vector<std::uint64_t> seen;
    auto subscription = bus->Subscribe([&](const core::Envelope& envelope) {
      for (const EventPtr& event : envelope.events) seen.push_back(event->seq.value);
    });
    for (std::uint64_t seq = 1; seq <= count; ++seq) {
      core::Event event;
      event.seq = core::Seq(seq);
      const EventPtr shared = std::make_shared<const core::Event>(event);
      bus->Publish({.events = {&shared, 1}});
      clock.RunFor(io, 1ms);
    }
    clock.RunFor(io, 10s);
    stats_ = bus->stats();
    return seen;
  }

  FaultyBus::Stats stats_;
};

TEST_F(FaultyBusTest, WithoutFaultsItPassesAllOnInOrder) {
  const auto seen = Publish(1, {}, 100);
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST_F(FaultyBusTest, DropsAboutTheShareAskedFor) {
  const auto seen = Publish(2, {.drop = 0.3}, 2000);
  EXPECT_EQ(seen.size() + stats_.dropped, 2000U);
  EXPECT_NEAR(static_cast<double>(stats_.dropped), 600, 100);
}

TEST_F(FaultyBusTest, RepeatsComeTwice) {
  EXPECT_EQ(Publish(3, {.repeat = 1}, 2), (std::vector<std::uint64_t>{1, 1, 2, 2}));
}

TEST_F(FaultyBusTest, DelayedEventsComeLateAndOutOfOrderButCome) {
  auto seen = Publish(4, {.delay = 0.5, .delay_min = 1ms, .delay_max = 50ms}, 200);
  EXPECT_FALSE(std::ranges::is_sorted(seen));
  std::ranges::sort(seen);
  for (std::uint64_t seq = 1; seq <= 200; ++seq) EXPECT_EQ(seen[seq - 1], seq);
  EXPECT_GT(stats_.delayed, 50U);
}

TEST_F(FaultyBusTest, SameSeedSameRun) {
  const BusFaults all{.drop = 0.1, .repeat = 0.2, .delay = 0.3, .delay_min = 1ms, .delay_max = 9ms};
  EXPECT_EQ(Publish(5, all, 300), Publish(5, all, 300));
  EXPECT_NE(Publish(5, all, 300), Publish(6, all, 300));
}

TEST_F(FaultyBusTest, DownLosesWhatIsUnderWayAndUpDeliversAgain) {
  asio::io_context io;
  SimClock clock;
  auto inner = NewMemoryBus();
  auto bus = NewFaultyBus(*inner, clock, io.get_executor(), 7,
                          {.delay = 1, .delay_min = 5ms, .delay_max = 5ms});
  int seen = 0;
  auto subscription = bus->Subscribe([&](const core::Envelope&) { ++seen; });
  const EventPtr event = std::make_shared<const core::Event>();
  bus->Publish({.events = {&event, 1}});
  bus->SetDown(true);
  bus->Publish({.events = {&event, 1}});
  clock.RunFor(io, 1s);
  EXPECT_EQ(seen, 0);
  bus->SetDown(false);
  bus->Publish({.events = {&event, 1}});
  clock.RunFor(io, 1s);
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace yap::bus
