// The hub of a gateway: somebody else compares the heads, and streams flush only while ended
// sessions are known.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hub/hub_testing.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

HubOptions NeverSweeps() {
  HubOptions options;
  options.sweep_interval = Duration::max();
  return options;
}

core::ChannelHead HeadOf(std::uint64_t channel, std::uint64_t seq, std::uint64_t epoch = 1) {
  return {ChannelId(channel), Seq(seq), Epoch(epoch)};
}

class HubGatewayTest : public ::testing::Test {
 protected:
  HubGatewayTest() {
    w_.Run();
    EXPECT_FALSE(w_.gate.Checked(w_.clock.Mono()));
  }
  // An event of which the bus says nothing.
  void SayQuietly(std::uint64_t channel) {
    w_.log.Put(ChannelId(channel), core::MessagePosted{"hi", {}});
  }
  std::unique_ptr<Reader> ReadSeven() {
    auto reader = w_.Read({w_.From(7, 0)});
    w_.Story(*reader);
    return reader;
  }

  // Time passes, in which ended sessions are asked for.
  void Pass(Duration span) {
    w_.RunFor(span);
    static_cast<void>(w_.gate.Checked(w_.clock.Mono()));
    w_.hub->WakeAll();
    w_.Run();
  }

  HubWorld w_{NeverSweeps(), 1, true};
};

TEST_F(HubGatewayTest, DoesNotSweepByItself) {
  const auto reader = ReadSeven();
  const int heads = w_.log.heads();
  w_.RunFor(5min);
  EXPECT_EQ(w_.log.heads(), heads);
}

TEST_F(HubGatewayTest, ALearnedHeadIsReadAndAnOldOneIsNot) {
  const auto reader = ReadSeven();
  SayQuietly(7);
  EXPECT_EQ(w_.Story(*reader), "");
  const auto news = HeadOf(7, 1);
  w_.hub->Learn({&news, 1});
  EXPECT_EQ(w_.Story(*reader), "E7/1");
  const int reads = w_.log.reads();
  w_.hub->Learn({&news, 1});
  w_.Run();
  EXPECT_EQ(w_.log.reads(), reads);
}

TEST_F(HubGatewayTest, ASuspectedHeadIsAskedOfTheLog) {
  const auto reader = ReadSeven();
  SayQuietly(7);
  const auto doubt = HeadOf(7, 0);
  w_.hub->Learn({&doubt, 1});
  EXPECT_EQ(w_.Story(*reader), "E7/1");
}

TEST_F(HubGatewayTest, AHeadOfAnotherEpochIsTheLogsToJudge) {
  const auto reader = ReadSeven();
  const auto other = HeadOf(7, 3, 9);
  w_.hub->Learn({&other, 1});
  EXPECT_EQ(w_.Story(*reader), "");
  w_.log.Change([](auto& s) { s.epoch = Epoch(9); });
  w_.hub->Learn({&other, 1});
  EXPECT_EQ(w_.Story(*reader), "L7/0");
}

TEST_F(HubGatewayTest, HeadsOfChannelsNobodyReadsCostNothing) {
  const int reads = w_.log.reads();
  const auto other = HeadOf(8, 3);
  w_.hub->Learn({&other, 1});
  w_.Run();
  EXPECT_EQ(w_.log.reads(), reads);
}

// What is told while nobody reads reaches whoever was let in just before and arrives just after.
TEST_F(HubGatewayTest, NewsOfTheTimeBetweenTwoReadersReachTheSecond) {
  for (const bool learned : {true, false}) {
    ReadSeven();  // And leaves: the room lingers.
    const auto last = w_.log.HeadNow(ChannelId(7)).seq.value;
    const StartCursor granted = w_.From(7, last);
    SayQuietly(7);
    const auto news = HeadOf(7, last + 1);
    if (learned) w_.hub->Learn({&news, 1});
    if (!learned) w_.hub->CompareHeads();
    w_.Run();
    const auto second = w_.Read({granted});
    EXPECT_EQ(w_.Story(*second), fmt::format("C7/{} E7/{}", last, last + 1));
  }
}

// As above, while the log is being read for the reader that has left.
TEST_F(HubGatewayTest, NewsOfTheTimeBetweenTwoReadersAreNotLostOnAReadUnderWay) {
  auto first = ReadSeven();
  w_.log.Change([](auto& s) { s.latency = 1s; });
  const auto doubt = HeadOf(7, 0);
  w_.hub->Learn({&doubt, 1});
  Pass(1500ms);  // The store has looked.
  first.reset();
  const StartCursor granted = w_.From(7, 0);
  SayQuietly(7);
  const auto news = HeadOf(7, 1);
  w_.hub->Learn({&news, 1});
  w_.Run();
  const auto second = w_.Read({granted});
  Pass(10s);
  EXPECT_EQ(w_.Story(*second), "C7/0 E7/1");
}

TEST_F(HubGatewayTest, ComparesAllHeadsWhenToldTo) {
  const auto reader = ReadSeven();
  SayQuietly(7);
  w_.hub->CompareHeads();
  EXPECT_EQ(w_.Story(*reader), "E7/1");
}

TEST_F(HubGatewayTest, AHeadThatCouldNotBeReadIsAskedForEverySecondUntilItIs) {
  const auto reader = ReadSeven();
  SayQuietly(7);
  const int heads = w_.log.heads();
  w_.log.Change([](auto& s) { s.failures = 3; });
  w_.hub->CompareHeads();
  EXPECT_EQ(w_.Story(*reader), "");
  Pass(2500ms);
  EXPECT_EQ(w_.Story(*reader), "");
  Pass(1s);
  EXPECT_EQ(w_.Story(*reader), "E7/1");
  Pass(1min);
  EXPECT_EQ(w_.log.heads(), heads + 4);
}

TEST_F(HubGatewayTest, AComparisonAskedForDuringAnotherIsMadeAfterIt) {
  const auto reader = ReadSeven();
  const int heads = w_.log.heads();
  w_.log.Change([](auto& s) { s.latency = 1s; });
  w_.hub->CompareHeads();
  Pass(1500ms);  // The store has looked.
  SayQuietly(7);
  w_.hub->CompareHeads();
  Pass(10s);
  EXPECT_EQ(w_.Story(*reader), "E7/1");
  EXPECT_EQ(w_.log.heads(), heads + 2);
}

TEST_F(HubGatewayTest, TheBusTellsOfEventsItDropped) {
  const auto reader = ReadSeven();
  SayQuietly(7);
  const auto dropped = HeadOf(7, 1);
  w_.bus.Publish({.producer = core::ProducerId(1), .counter = 5, .heads = {&dropped, 1}});
  EXPECT_EQ(w_.Story(*reader), "E7/1");
}

TEST_F(HubGatewayTest, NothingIsFlushedWhileTheGateIsClosedAndAllOnceItOpens) {
  const auto reader = ReadSeven();
  w_.RunFor(2001ms);
  w_.Say(7);
  EXPECT_EQ(w_.Story(*reader), "");
  EXPECT_TRUE(w_.gate.Checked(w_.clock.Mono()));
  const int wakes = reader->wakes;
  w_.hub->WakeAll();
  w_.Run();
  EXPECT_EQ(reader->wakes, wakes + 1);
  EXPECT_EQ(w_.Story(*reader), "E7/1");
}

// What a process sees that was stopped for a minute: the session ended meanwhile.
TEST_F(HubGatewayTest, ASessionThatEndedBehindTheClosedGateGetsNoFurtherEvent) {
  const auto reader = ReadSeven();
  w_.RunFor(60s);
  w_.Say(7);
  EXPECT_EQ(w_.Story(*reader), "");
  w_.hub->EndSessions({SessionId(50)});
  w_.Run();
  EXPECT_TRUE(w_.gate.Checked(w_.clock.Mono()));
  w_.hub->WakeAll();
  EXPECT_EQ(w_.Story(*reader), "X0:3");
  ASSERT_TRUE(reader->Finished());
  EXPECT_FALSE(*reader->Finished());
}

}  // namespace
}  // namespace yap::hub
