#include "bench/flight.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <vector>

namespace yap::bench {
namespace {

using std::chrono::milliseconds;

const MonoTime kStart{};

// A channel, and what it is measured with.
struct Channel {
  Channel(std::size_t readers, std::size_t in_flight, Order order = Order::kAsSent)
      : flight({.readers = readers, .in_flight_max = in_flight, .order = order}, meter) {}
  Meter meter;
  Flight flight;
};

TEST(HistogramTest, WithoutValuesEveryQuantileIsZero) {
  EXPECT_EQ(Histogram().Quantile(0.99), Duration::zero());
}

RC_GTEST_PROP(HistogramTest, QuantileIsAtMostThreePercentTooLarge, ()) {
  auto values = *rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, 1L << 39)));
  Histogram histogram;
  for (const auto value : values) histogram.Add(Duration(value));
  std::ranges::sort(values);
  const auto exact = values[(values.size() + 1) / 2 - 1];
  const auto answer = histogram.Quantile(0.5).count();
  RC_ASSERT(answer >= exact);
  RC_ASSERT(static_cast<double>(answer) <= static_cast<double>(exact) * 1.032 + 1);
}

TEST(HistogramTest, ValuesOutOfRangeCountAsTheEnds) {
  Histogram histogram;
  histogram.Add(Duration(-5));
  EXPECT_EQ(histogram.Quantile(1).count(), 0);
  histogram.Add(std::chrono::hours(10));
  EXPECT_EQ(histogram.Quantile(1).count(), (1L << 40) - 1);
}

TEST(FlightTest, MessageLeavesTheFlightWhenItsLastReaderHasIt) {
  Channel channel(2, 3);
  Flight& flight = channel.flight;
  for (int i = 0; i < 3; ++i) flight.BeginSend(kStart);
  EXPECT_EQ(flight.Room(), 0U);
  flight.Advance(0, 3, kStart);
  EXPECT_EQ(flight.Room(), 0U);
  flight.Advance(0, 2, kStart);
  EXPECT_EQ(flight.Room(), 2U);
  EXPECT_FALSE(flight.AllComplete());
  EXPECT_EQ(flight.Laggards(), 1U);
  flight.Advance(2, 3, kStart);
  EXPECT_TRUE(flight.AllComplete());
  EXPECT_EQ(channel.meter.counts().deliveries, 6U);
}

RC_GTEST_PROP(FlightTest, CompleteIsWhereTheSlowestReaderIs, ()) {
  const auto readers = *rc::gen::inRange<std::size_t>(1, 6);
  Channel channel(readers, *rc::gen::inRange<std::size_t>(1, 20));
  Flight& flight = channel.flight;
  std::vector<std::uint64_t> places(readers, 0);
  for (int step = 0; step < 200; ++step) {
    while (flight.Room() > 0) flight.BeginSend(kStart);
    auto& place = places[*rc::gen::inRange<std::size_t>(0, readers)];
    const auto to = *rc::gen::inRange<std::uint64_t>(place, flight.named() + 1);
    flight.Advance(std::exchange(place, to), to, kStart);
    RC_ASSERT(flight.complete() == std::ranges::min(places));
  }
}

TEST(FlightTest, LatencyRunsFromTheSendingOfThatMessageAlsoInTheServersOrder) {
  Channel channel(1, 2, Order::kByServer);
  Flight& flight = channel.flight;
  flight.BeginSend(kStart);
  flight.BeginSend(kStart + milliseconds(100));
  channel.meter.StartMeasuring();
  ASSERT_TRUE(flight.Name(1));
  flight.Advance(0, 1, kStart + milliseconds(110));
  EXPECT_NEAR(static_cast<double>(channel.meter.latencies().Quantile(1).count()), 10e6, 0.4e6);
  ASSERT_TRUE(flight.Name(0));
  flight.Advance(1, 2, kStart + milliseconds(110));
  EXPECT_NEAR(static_cast<double>(channel.meter.latencies().Quantile(1).count()), 110e6, 4e6);
}

TEST(FlightTest, OnlyTheWindowIsMeasured) {
  Channel channel(1, 1);
  Flight& flight = channel.flight;
  auto deliver = [&, number = std::uint64_t{0}]() mutable {
    flight.BeginSend(kStart);
    flight.Advance(number, number + 1, kStart + milliseconds(1));
    ++number;
  };
  deliver();
  channel.meter.StartMeasuring();
  deliver();
  channel.meter.StopMeasuring();
  deliver();
  EXPECT_EQ(channel.meter.latencies().Count(), 1U);
}

TEST(FlightTest, UntimedReadersAreCountedAndNotMeasured) {
  Channel channel(2, 1);
  channel.meter.StartMeasuring();
  channel.flight.BeginSend(kStart);
  Reader timed(channel.flight, 0);
  Reader untimed(channel.flight, 1);
  untimed.SetTiming(Timing::kUntimed);
  for (Reader* reader : {&timed, &untimed}) {
    ASSERT_TRUE(reader->Take(0));
    reader->EndBatch(kStart + milliseconds(1));
  }
  EXPECT_EQ(channel.meter.counts().deliveries, 2U);
  EXPECT_EQ(channel.meter.latencies().Count(), 1U);
}

TEST(FlightTest, MessageThatNobodySentHasNoName) {
  Channel channel(1, 4, Order::kByServer);
  Flight& flight = channel.flight;
  EXPECT_FALSE(flight.Name(0));
  flight.BeginSend(kStart);
  EXPECT_FALSE(flight.Name(7));
  EXPECT_TRUE(flight.Name(0));
  EXPECT_FALSE(flight.Name(0)) << "one message, two places in the channel";
}

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() {
    for (int i = 0; i < 3; ++i) flight_.BeginSend(kStart);
  }
  Channel channel_{1, 4};
  Flight& flight_ = channel_.flight;
  Reader reader_{flight_, 0};
};

TEST_F(ReaderTest, TakesOneAfterTheOther) {
  EXPECT_TRUE(reader_.Take(0));
  EXPECT_TRUE(reader_.Take(1));
  reader_.EndBatch(kStart);
  EXPECT_EQ(flight_.complete(), 2U);
}

TEST_F(ReaderTest, RefusesAHoleADoubleAndWhatWasNeverSent) {
  EXPECT_FALSE(reader_.Take(1));
  EXPECT_TRUE(reader_.Take(0));
  EXPECT_FALSE(reader_.Take(0));
  EXPECT_TRUE(reader_.Take(1));
  EXPECT_TRUE(reader_.Take(2));
  EXPECT_FALSE(reader_.Take(3));
}

// Two readers see messages 0, 1, 2 as they were acknowledged.
class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    for (std::uint64_t i = 0; i < 3; ++i) {
      witness_.Sent(i, kStart);
      witness_.Answered(i, i, kStart + milliseconds(1));
      Deliver(0, i, i);
    }
  }
  void Deliver(std::size_t reader, std::uint64_t number, std::uint64_t index) {
    witness_.Delivered(reader, number, index, kStart + milliseconds(2));
  }
  Witness witness_{2};
};

TEST_F(WitnessTest, EqualStreamsAreGood) {
  for (std::uint64_t i = 0; i < 3; ++i) Deliver(1, i, i);
  const auto verdict = witness_.Judge(3);
  EXPECT_TRUE(verdict.Ok()) << verdict.Summary();
  EXPECT_EQ(verdict.sends, 3U);
  EXPECT_EQ(verdict.deliveries, 6U);
}

TEST_F(WitnessTest, ShortStreamHasLost) {
  Deliver(1, 0, 0);
  Deliver(1, 1, 1);
  EXPECT_EQ(witness_.Judge(3).lost, 1U);
}

TEST_F(WitnessTest, StreamsThatNameAnotherMessageForAPlaceDisagree) {
  Deliver(1, 0, 1);
  Deliver(1, 1, 0);
  Deliver(1, 2, 2);
  EXPECT_FALSE(witness_.Judge(3).Ok());
}

TEST_F(WitnessTest, WatchesAFewReadersUpToItsBound) {
  EXPECT_TRUE(witness_.Watches(1, kWitnessedMessagesMax - 1));
  EXPECT_FALSE(witness_.Watches(1, kWitnessedMessagesMax));
  EXPECT_FALSE(witness_.Watches(2, 0));
}

}  // namespace
}  // namespace yap::bench
