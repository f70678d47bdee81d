#include "client/sync.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "client/client_testing.h"

namespace yap::client {
namespace {

class Recorder final : public SyncListener {
 public:
  void OnEvent(const v1::Event& event) override { seqs.push_back(event.seq()); }
  void OnCaughtUp(std::uint64_t, std::uint64_t head) override { caught_up.push_back(head); }
  void OnTruncated(const v1::Truncated& frame) override { truncated = frame.first_available(); }
  std::optional<Place> OnEpochChanged(const v1::EpochChanged& frame) override {
    ++epochs;
    return Place{frame.epoch(), restart_at_head ? frame.head() : 0};
  }
  void OnEnded(const v1::Ended&) override { ++ended; }
  void OnOnline() override { ++online; }
  void OnOffline(const Error&, Duration) override { ++offline; }
  void OnStopped(std::optional<Error> why) override {
    ++stopped;
    error = std::move(why);
  }

  std::vector<std::uint64_t> seqs;
  std::vector<std::uint64_t> caught_up;
  std::uint64_t truncated = 0;
  bool restart_at_head = false;
  int epochs = 0;
  int ended = 0;
  int online = 0;
  int offline = 0;
  int stopped = 0;
  std::optional<Error> error;
};

std::vector<std::uint64_t> UpTo(std::uint64_t last, std::uint64_t first = 1) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t seq = first; seq <= last; ++seq) out.push_back(seq);
  return out;
}

// One channel, followed from its beginning.
struct Follower {
  explicit Follower(std::uint64_t seed = 1) : world(seed) {
    const auto& deck = world.server.AddChannel("deck");
    id = deck.id;
    epoch = deck.epoch;
  }
  ~Follower() {
    if (sync) sync->Stop();
    world.server.fault_of_frame = nullptr;
    world.RunFor(1h);  // Nothing may be left that waits.
  }
  void Start(std::uint64_t after = 0) {
    sync = Sync::Make(world.session, world.io.get_executor(), {.places = {{id, {epoch, after}}}},
                      recorder);
    sync->Start();
    world.RunFor(1s);
  }
  void Append(int count) {
    for (int i = 0; i < count; ++i) world.server.Append("deck", "text");
  }

  ClientWorld world;
  std::uint64_t id = 0;
  std::uint64_t epoch = 0;
  Recorder recorder;
  std::shared_ptr<Sync> sync;
};

TEST(SyncTest, BacklogThenLiveEventsComeInOrder) {
  Follower f;
  f.Append(3);
  f.Start();
  f.Append(2);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.seqs, UpTo(5));
  EXPECT_EQ(f.recorder.caught_up, std::vector<std::uint64_t>{3});
  EXPECT_EQ(f.recorder.online, 1);
}

TEST(SyncTest, BrokenStreamIsResumedFromTheLastEvent) {
  Follower f;
  f.Append(3);
  f.Start(1);
  f.world.server.CutStreams();
  f.Append(4);
  f.world.RunFor(5s);
  EXPECT_EQ(f.recorder.seqs, UpTo(7, 2));
  EXPECT_EQ(f.recorder.offline, 1);
  EXPECT_EQ(f.recorder.online, 2);
}

TEST(SyncTest, GapLeavesTheStreamAndReadsAgain) {
  Follower f;
  f.Start();
  f.world.server.fault_of_frame = [] { return FakeServer::FrameFault::kDrop; };
  f.Append(1);
  f.world.server.fault_of_frame = nullptr;
  f.Append(1);
  f.world.RunFor(5s);
  EXPECT_EQ(f.recorder.seqs, UpTo(2));
  EXPECT_EQ(f.sync->counters().gaps, 1U);
}

TEST(SyncTest, DoubledEventsAreHandedOutOnce) {
  Follower f;
  f.Start();
  f.world.server.fault_of_frame = [] { return FakeServer::FrameFault::kDouble; };
  f.Append(5);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.seqs, UpTo(5));
  EXPECT_EQ(f.sync->counters().doubles, 5U);
}

// Every channel there is, 150 of them: more than one Subscribe may name.
struct JoinedFollower {
  class ByChannel final : public SyncListener {
   public:
    void OnEvent(const v1::Event& event) override {
      seqs[event.channel_id()].push_back(event.seq());
    }
    void OnCaughtUp(std::uint64_t, std::uint64_t) override {}
    void OnTruncated(const v1::Truncated&) override {}
    std::optional<Place> OnEpochChanged(const v1::EpochChanged& frame) override {
      seqs[frame.channel_id()].clear();
      return Place{frame.epoch(), 0};
    }
    void OnEnded(const v1::Ended&) override {}
    void OnOnline() override {}
    void OnOffline(const Error&, Duration) override {}
    void OnStopped(std::optional<Error> why) override { stopped = why ? why->reason : "OK"; }

    std::map<std::uint64_t, std::vector<std::uint64_t>> seqs;
    std::string stopped;
  };

  JoinedFollower() {
    for (int i = 0; i < 150; ++i) world.server.AddChannel(Name(i));
    sync = Sync::Make(world.session, world.io.get_executor(), {.places = {}, .follow_joined = true},
                      heard);
    sync->Start();
    world.RunFor(1s);
  }
  ~JoinedFollower() {
    sync->Stop();
    world.RunFor(1h);
  }
  static std::string Name(int i) { return "channel-" + std::to_string(i); }
  void AppendEverywhere(int count) {
    for (int i = 0; i < 150; ++i) {
      for (int n = 0; n < count; ++n) world.server.Append(Name(i), "text");
    }
  }
  void ExpectAll(std::uint64_t last) {
    EXPECT_EQ(heard.seqs.size(), 150U);
    for (const auto& [channel, seqs] : heard.seqs) EXPECT_EQ(seqs, UpTo(last)) << channel;
    EXPECT_EQ(sync->counters().gaps, 0U);
    EXPECT_EQ(heard.stopped, "");
  }

  ClientWorld world;
  ByChannel heard;
  std::shared_ptr<Sync> sync;
};

TEST(SyncTest, MoreChannelsThanCursorsAreResumedWithoutAGap) {
  JoinedFollower f;
  f.AppendEverywhere(1);
  f.world.RunFor(1s);
  f.world.server.CutStreams();
  f.AppendEverywhere(450);
  f.world.RunFor(10s);
  f.AppendEverywhere(1);
  f.world.RunFor(1s);
  f.ExpectAll(452);
}

TEST(SyncTest, ChannelsWithoutACursorTellOfAnotherLogToo) {
  JoinedFollower f;
  f.AppendEverywhere(3);
  f.world.RunFor(1s);
  for (int i = 0; i < 150; ++i) f.world.server.Replace(f.Name(i), 2);
  f.world.RunFor(10s);
  f.ExpectAll(2);
}

TEST(SyncTest, SilenceForTwoAndAHalfHeartbeatsIsADeadConnection) {
  Follower f;
  f.Start();
  f.world.server.fault_of_frame = [] { return FakeServer::FrameFault::kFreeze; };
  f.Append(1);
  f.world.server.fault_of_frame = nullptr;
  f.world.RunFor(48s);
  EXPECT_TRUE(f.recorder.seqs.empty());
  f.world.RunFor(5s);
  EXPECT_EQ(f.recorder.seqs, UpTo(1));
  EXPECT_EQ(f.sync->counters().silences, 1U);
}

TEST(SyncTest, ReconnectOverlapsTheStreamsAndNeverGoesOffline) {
  Follower f;
  f.Start();
  v1::SubscribeResponse frame;
  frame.mutable_reconnect()->mutable_after()->set_seconds(3);
  f.world.server.Broadcast(frame);
  f.world.RunFor(2s);
  f.Append(2);
  f.world.RunFor(2s);
  f.Append(2);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.seqs, UpTo(4));
  EXPECT_EQ(f.recorder.offline, 0);
  EXPECT_EQ(f.sync->counters().opened, 2U);
  EXPECT_EQ(f.world.server.open_streams(), 1U);
}

TEST(SyncTest, AnotherLogIsToldAndReadFromWhereTheListenerSays) {
  Follower f;
  f.Append(5);
  f.Start();
  f.world.server.Replace("deck", 2);
  f.world.RunFor(5s);
  f.Append(1);
  f.world.RunFor(5s);
  EXPECT_EQ(f.recorder.epochs, 1);
  EXPECT_EQ(f.recorder.seqs, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 1, 2, 3}));
}

TEST(SyncTest, TruncatedIsToldAndTheNextEventIsTheFirstAvailable) {
  Follower f;
  f.Append(4);
  f.Start();
  v1::SubscribeResponse truncated;
  truncated.mutable_truncated()->set_channel_id(f.id);
  truncated.mutable_truncated()->set_epoch(f.epoch);
  truncated.mutable_truncated()->set_first_available(8);
  f.world.server.Broadcast(truncated);
  f.world.server.fault_of_frame = [] { return FakeServer::FrameFault::kDrop; };
  f.Append(3);
  f.world.server.fault_of_frame = nullptr;
  f.Append(1);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.truncated, 8U);
  EXPECT_EQ(f.recorder.seqs, (std::vector<std::uint64_t>{1, 2, 3, 4, 8}));
}

TEST(SyncTest, EndedChannelIsNotFollowedAndTheLastOneStopsTheEngine) {
  Follower f;
  f.Start();
  v1::SubscribeResponse frame;
  frame.mutable_ended()->set_channel_id(f.id);
  frame.mutable_ended()->set_reason(v1::END_REASON_REMOVED);
  f.world.server.Broadcast(frame);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.ended, 1);
  EXPECT_EQ(f.recorder.stopped, 1);
  EXPECT_FALSE(f.recorder.error);
  EXPECT_EQ(f.world.server.open_streams(), 0U);
}

TEST(SyncTest, DefiniteRefusalStopsTheEngineWithIt) {
  Follower f;
  f.sync = Sync::Make(f.world.session, f.world.io.get_executor(), {.places = {{999, {1, 0}}}},
                      f.recorder);
  f.sync->Start();
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.stopped, 1);
  ASSERT_TRUE(f.recorder.error);
  EXPECT_EQ(f.recorder.error->reason, "CHANNEL_NOT_FOUND");
}

// A proxy's answers while the server is replaced.
TEST(SyncTest, RefusalThatIsNotYapdsIsTriedAgain) {
  for (const Errc code :
       {Errc::kUnimplemented, Errc::kNotFound, Errc::kPermissionDenied, Errc::kUnauthenticated}) {
    Follower f;
    f.Start();
    f.world.server.refuse_streams = MakeError(code, "", "HTTP status");
    f.world.server.CutStreams();
    f.world.RunFor(1min);
    EXPECT_EQ(f.recorder.stopped, 0) << ErrcName(code);
    f.world.server.refuse_streams.reset();
    f.Append(1);
    f.world.RunFor(1min);
    EXPECT_EQ(f.recorder.seqs, UpTo(1)) << ErrcName(code);
  }
}

TEST(SyncTest, SessionThatEndedIsGoneOnWithByTheTokensOfANewLogin) {
  Follower f;
  f.Start();
  const Credentials other{1, "ada", Secret("yap_a_other"), f.world.clock.Now() + 15min,
                          Secret("yap_r_other")};
  ASSERT_TRUE(f.world.store.Save("test:1", other));
  f.world.server.refuse_streams = MakeError(Errc::kUnauthenticated, "SESSION_REVOKED", "ended");
  f.world.server.refuse_streams_of = "yap_a_0";
  f.world.server.CutStreams();
  f.world.RunFor(1min);
  f.Append(1);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.stopped, 0);
  EXPECT_EQ(f.recorder.seqs, UpTo(1));
}

TEST(SyncTest, TokenThatTheServerDoesNotKnowIsRenewed) {
  Follower f;
  f.world.server.refuse_streams = MakeError(Errc::kUnauthenticated, "TOKEN_INVALID", "");
  f.world.server.refuse_streams_of = "yap_a_0";
  f.Start();
  f.world.RunFor(1min);
  EXPECT_EQ(f.recorder.stopped, 0);
  EXPECT_EQ(f.world.server.open_streams(), 1U);
}

TEST(SyncTest, TokensOfAnotherUserAreNotGoneOnWith) {
  Follower f;
  f.Start();
  const Credentials bob{2, "bob", Secret("yap_a_bob"), f.world.clock.Now() + 15min,
                        Secret("yap_r_bob")};
  ASSERT_TRUE(f.world.store.Save("test:1", bob));
  f.world.server.refuse_streams = MakeError(Errc::kUnauthenticated, "SESSION_REVOKED", "ended");
  f.world.server.refuse_streams_of = "yap_a_0";
  f.world.server.CutStreams();
  f.world.RunFor(1min);
  EXPECT_EQ(f.recorder.stopped, 1);
}

TEST(SyncTest, FollowAddsAChannelWithoutMissingTheFirst) {
  Follower f;
  f.Start();
  const auto& lobby = f.world.server.AddChannel("lobby");
  f.world.server.Append("lobby", "old");
  f.sync->Follow(lobby.id, {lobby.epoch, 0});
  f.Append(2);
  f.world.RunFor(1s);
  f.world.server.Append("lobby", "new");
  f.Append(1);
  f.world.RunFor(1s);
  EXPECT_EQ(f.recorder.offline, 0);
  EXPECT_EQ(f.recorder.seqs.size(), 5U);
}

// C3 and C7 seen from the client: whatever the streams do, once faults end every event has been
// handed out once and in order.
TEST(SyncTest, AnyStreamFaultsLeaveEveryEventOnceInOrder) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Follower f(seed);
    SeededRandom faults(seed + 1);
    f.world.server.latency = [&] { return std::chrono::milliseconds(faults.Below(300)); };
    f.world.server.fault_of_frame = [&] {
      const auto dice = faults.Below(12);
      return dice < 5 ? static_cast<FakeServer::FrameFault>(dice) : FakeServer::FrameFault::kNone;
    };
    f.world.server.fault_of_call = [&](const auto&) {
      return faults.Below(3) == 0 ? Fault::kBefore : Fault::kNone;
    };
    f.Start();
    for (int i = 0; i < 60; ++i) {
      f.Append(static_cast<int>(faults.Below(4)));
      f.world.RunFor(std::chrono::milliseconds(faults.Below(20'000)));
    }
    f.world.server.fault_of_frame = nullptr;
    f.world.server.fault_of_call = nullptr;
    f.Append(1);  // A dropped last event shows with the next one.
    f.world.RunFor(10min);
    RC_ASSERT(f.recorder.seqs == UpTo(f.world.server.channel("deck").log.size()));
  }));
}

}  // namespace
}  // namespace yap::client
