// How a whole stream ends: with its session, with a server that drains, with a connection that grew
// old.
#include <gtest/gtest.h>

#include <set>

#include "hub/hub.h"
#include "hub/hub_testing.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

using StreamEndTest = HubTest;

// --- Sessions ---

TEST_F(StreamEndTest, EndedSessionGetsNoFurtherEventButTheRestOfABegunMessage) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().Say(7, std::string(1000, 'x'));
  w().Say(7);
  w().Run();
  EXPECT_EQ(reader->Pull(100), 100U);
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  EXPECT_EQ(reader->Finished(), std::nullopt);
  EXPECT_EQ(w().Story(*reader), "E7/1 X0:3");
  EXPECT_EQ(reader->unfinished(), 0U);
  ASSERT_TRUE(reader->Finished().has_value());
  ASSERT_FALSE(reader->Finished()->has_value());
  EXPECT_EQ(reader->Finished()->error().code, Errc::kUnauthenticated);
  EXPECT_EQ(reader->Finished()->error().reason, "SESSION_REVOKED");
}

TEST_F(StreamEndTest, EndSessionsWakesEvenWhoWasWokenBefore) {
  auto reader = w().Read({w().From(7, 0)});
  w().Run();
  w().Say(7);
  w().Run();
  const int wakes = reader->wakes;
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  EXPECT_EQ(reader->wakes, wakes + 1);
}

TEST_F(StreamEndTest, OtherSessionsGoOn) {
  auto mine = w().Read({w().From(7, 0)});
  auto other = w().Read({UserId(5), SessionId(51), {w().From(7, 0)}, {}});
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  w().Say(7);
  EXPECT_EQ(w().Story(*mine), "C7/0 X0:3");
  EXPECT_EQ(w().Story(*other), "C7/0 E7/1");
}

TEST_F(StreamEndTest, SubscriptionThatWasAuthorisedJustBeforeItsSessionEndedIsRefused) {
  w().hub->EndSessions({SessionId(50)});
  w().Run();
  auto reader = w().Read({w().From(7, 0)});
  ASSERT_TRUE(reader->Finished().has_value());
  EXPECT_EQ(reader->Finished()->error().reason, "SESSION_REVOKED");
  EXPECT_EQ(w().Story(*reader), "");
}

// --- Reconnect ---

TEST_F(StreamEndTest, DrainAsksAllToReconnectWithinTheSpreadAndRefusesNewOnes) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < 20; ++i) readers.push_back(w().Read({w().From(7, 0)}));
  for (auto& reader : readers) w().Story(*reader);
  w().hub->Drain(10s);
  w().Run();
  std::set<std::uint64_t> afters;
  for (auto& reader : readers) {
    EXPECT_EQ(reader->Finished(), std::nullopt);
    reader->PullAll();
    ASSERT_EQ(reader->frames.size(), 1U);
    EXPECT_EQ(reader->frames[0].kind, 'R');
    EXPECT_LE(Duration(static_cast<std::int64_t>(reader->frames[0].number)), 10s);
    afters.insert(reader->frames[0].number);
    ASSERT_TRUE(reader->Finished().has_value());
    EXPECT_TRUE(reader->Finished()->has_value());
  }
  EXPECT_GT(afters.size(), 10U);
  auto late = w().Read({w().From(7, 0)});
  ASSERT_TRUE(late->Finished().has_value());
  EXPECT_EQ(late->Finished()->error().reason, "SHUTTING_DOWN");
}

TEST_F(StreamEndTest, AskedToReconnectItSaysSoOnceAndGoesOnUntilItsTimeIsOver) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  reader->stream().AskToReconnect(15s);
  reader->stream().AskToReconnect(15s);
  w().Settle(*reader);
  ASSERT_EQ(reader->frames.size(), 1U);
  EXPECT_EQ(reader->frames[0].kind, 'R');
  reader->frames.clear();
  w().RunFor(14s);
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "E7/1");
  EXPECT_EQ(reader->Finished(), std::nullopt);
  w().RunFor(1s);
  w().Say(7);
  EXPECT_EQ(w().Story(*reader), "");
  ASSERT_TRUE(reader->Finished().has_value());
  EXPECT_TRUE(reader->Finished()->has_value());
}

TEST_F(StreamEndTest, AskedToReconnectItLeavesTimeForTheNextStreamToBegin) {
  std::set<std::uint64_t> afters;
  for (const auto& [ends_in, after_max] : {std::pair(15s, 10s), {3s, 2s}, {60s, 10s}, {0s, 0s}}) {
    for (int i = 0; i < 20; ++i) {
      auto reader = w().Read({w().From(7, 0)});
      w().Story(*reader);
      reader->stream().AskToReconnect(ends_in);
      w().Settle(*reader);
      ASSERT_EQ(reader->frames.size(), 1U);
      EXPECT_LE(Duration(static_cast<std::int64_t>(reader->frames[0].number)), after_max);
      afters.insert(reader->frames[0].number);
    }
  }
  EXPECT_GT(afters.size(), 30U);
}

TEST_F(StreamEndTest, ReconnectIsSaidBehindTheBegunMessage) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  w().Say(7, std::string(1000, 'x'));
  w().Run();
  reader->Pull(100);
  reader->stream().AskToReconnect(3s);
  EXPECT_EQ(w().Story(*reader), "E7/1 R0");
}

TEST_F(StreamEndTest, DrainEndsAStreamThatWasAskedToReconnectAtOnce) {
  auto reader = w().Read({w().From(7, 0)});
  w().Story(*reader);
  reader->stream().AskToReconnect(15s);
  w().Story(*reader);
  w().hub->Drain(2s);
  EXPECT_EQ(w().Story(*reader), "R0");
  ASSERT_TRUE(reader->Finished().has_value());
  EXPECT_TRUE(reader->Finished()->has_value());
}

TEST_F(StreamEndTest, ASessionThatEndsAfterItsStreamWasAskedToReconnectEndsIt) {
  auto reader = w().Read({w().From(7, 0)});
  reader->stream().AskToReconnect(15s);
  w().hub->EndSessions({SessionId(50)});
  w().Settle(*reader);
  w().RunFor(20s);
  ASSERT_TRUE(reader->Finished().has_value());
  EXPECT_EQ(reader->Finished()->error().reason, "SESSION_REVOKED");
}

}  // namespace
}  // namespace yap::hub
