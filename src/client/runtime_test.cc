#include "client/runtime.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "client/client_testing.h"

namespace yap::client {
namespace {

// ada's client on one channel; Restart() is a kill -9 and another start.
struct Ada {
  explicit Ada(std::uint64_t seed = 1) : world(seed) { world.server.AddChannel("deck"); }
  ~Ada() { Kill(); }

  void Start() {
    auto started = Runtime::Start(world.session, world.io.get_executor(),
                                  {.state = world.folder.path() / "state"}, {});
    ASSERT_TRUE(started);
    runtime = *started;
    runtime->Open("deck", [this](const Error& why) { refused = why.reason; });
  }
  // Nothing of it runs any more; its locks are free as those of the dead are.
  void Kill() {
    if (runtime) runtime->Stop();
    world.RunFor(1h);
    runtime.reset();
  }
  const ChannelModel& deck() const { return runtime->model().channels.begin()->second; }
  std::vector<std::string> Shown() const {
    std::vector<std::string> out;
    for (const auto& line : deck().lines) out.push_back(line.text);
    return out;
  }
  std::vector<std::string> Stored() {
    std::vector<std::string> out;
    for (const auto& e : world.server.channel("deck").log) out.push_back(e.message_posted().text());
    return out;
  }

  ClientWorld world;
  std::shared_ptr<Runtime> runtime;
  std::string refused;
};

TEST(RuntimeTest, TypedIsStoredAndShownOnce) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  ada.runtime->Type("deck", "hello");
  EXPECT_EQ(ada.deck().unsent.size(), 1U);
  ada.world.RunFor(1s);
  EXPECT_EQ(ada.Stored(), std::vector<std::string>{"hello"});
  EXPECT_EQ(ada.Shown(), std::vector<std::string>{"hello"});
  EXPECT_TRUE(ada.deck().unsent.empty());
}

TEST(RuntimeTest, PastIsLoadedAndOthersAppear) {
  Ada ada;
  for (int i = 0; i < 3; ++i) ada.world.server.Append("deck", fmt::format("old {}", i));
  ada.Start();
  ada.world.RunFor(1s);
  ada.world.server.Append("deck", "new");
  ada.world.RunFor(1s);
  EXPECT_EQ(ada.Shown(), (std::vector<std::string>{"old 0", "old 1", "old 2", "new"}));
  EXPECT_EQ(ada.runtime->model().connection, Connection::kOnline);
}

TEST(RuntimeTest, TypedWhileTheServerIsAwaySurvivesAKillAndIsStoredOnce) {
  Ada ada;
  ada.world.server.fault_of_call = [](const auto&) { return Fault::kBefore; };
  ada.Start();
  ada.runtime->Type("deck", "first");
  ada.runtime->Type("deck", "second");
  ada.world.RunFor(10s);
  EXPECT_EQ(ada.runtime->model().connection, Connection::kOffline);
  ada.Kill();
  ada.world.server.fault_of_call = nullptr;
  ada.Start();
  ada.world.RunFor(10s);
  EXPECT_EQ(ada.Stored(), (std::vector<std::string>{"first", "second"}));
  EXPECT_EQ(ada.Shown(), ada.Stored());
}

TEST(RuntimeTest, AnswerLostBeforeAKillIsStoredOnce) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  ada.world.server.fault_of_call = [](const std::string& method) {
    return method == kSendMessage.method ? Fault::kAfter : Fault::kNone;
  };
  ada.runtime->Type("deck", "once");
  ada.world.RunFor(5s);
  EXPECT_EQ(ada.Stored().size(), 1U);
  ada.Kill();
  ada.world.server.fault_of_call = nullptr;
  ada.Start();
  ada.world.RunFor(10s);
  EXPECT_EQ(ada.Stored(), std::vector<std::string>{"once"});
  EXPECT_TRUE(ada.deck().unsent.empty());
}

TEST(RuntimeTest, RefusedMessageLetsTheNextOnePassAndCanBeRetried) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  bool refuse = true;
  ada.world.server.On(kSendMessage, [&](const auto& request) -> Result<v1::SendMessageResponse> {
    if (refuse && request.text() == "bad") return Fail(Errc::kInvalidArgument, "TEXT", "no");
    v1::SendMessageResponse response;
    response.set_seq(ada.world.server.Append("deck", request.text(), 1, request.client_msg_id()));
    return response;
  });
  ada.runtime->Type("deck", "bad");
  ada.runtime->Type("deck", "good");
  ada.world.RunFor(1s);
  EXPECT_EQ(ada.Stored(), std::vector<std::string>{"good"});
  ASSERT_EQ(ada.deck().unsent.size(), 1U);
  EXPECT_EQ(ada.deck().unsent.front().state, LineState::kFailed);
  refuse = false;
  ada.runtime->Retry(ada.deck().unsent.front().key);
  ada.world.RunFor(1s);
  EXPECT_EQ(ada.Stored(), (std::vector<std::string>{"good", "bad"}));
}

// The first attempt was stored and its answer lost; what a proxy says then proves nothing.
TEST(RuntimeTest, RefusalThatIsNotYapdsLeavesTheMessagePending) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  int calls = 0;
  ada.world.server.On(kSendMessage, [&](const auto& request) -> Result<v1::SendMessageResponse> {
    if (++calls == 1) {
      ada.world.server.Append("deck", request.text(), 1, request.client_msg_id());
      return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "");
    }
    if (calls < 4) return Fail(Errc::kPermissionDenied, "", "HTTP status 403");
    v1::SendMessageResponse response;
    response.set_seq(1);
    return response;
  });
  ada.runtime->Type("deck", "once");
  ada.world.RunFor(60s);
  EXPECT_EQ(calls, 4);
  EXPECT_EQ(ada.Stored(), std::vector<std::string>{"once"});
  EXPECT_TRUE(ada.deck().unsent.empty());
}

TEST(RuntimeTest, RetryThatIsTooLateLooksForItsKeyInTheLog) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  std::string key;
  ada.world.server.On(kSendMessage, [&](const auto& request) -> Result<v1::SendMessageResponse> {
    if (request.attempt() == 1) {
      ada.world.server.Append("deck", request.text(), 1, request.client_msg_id());
      return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "");
    }
    return Fail(Errc::kFailedPrecondition, "RETRY_TOO_LATE", "");
  });
  ada.runtime->Type("deck", "late");
  ada.world.RunFor(10s);
  EXPECT_EQ(ada.Stored(), std::vector<std::string>{"late"});
  EXPECT_TRUE(ada.deck().unsent.empty());
}

TEST(RuntimeTest, RetryThatIsTooLateKeepsItsPlaceUnderItsNewKey) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  int calls = 0;
  ada.world.server.On(kSendMessage, [&](const auto& request) -> Result<v1::SendMessageResponse> {
    ++calls;
    if (calls == 1) return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "");
    if (calls == 2) return Fail(Errc::kFailedPrecondition, "RETRY_TOO_LATE", "");
    v1::SendMessageResponse response;
    response.set_seq(ada.world.server.Append("deck", request.text(), 1, request.client_msg_id()));
    return response;
  });
  for (const auto* text : {"a", "b", "c"}) ada.runtime->Type("deck", text);
  ada.world.RunFor(1min);
  EXPECT_EQ(ada.Stored(), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_TRUE(ada.deck().unsent.empty());
}

TEST(RuntimeTest, RetryThatIsTooLateWhereTheLogIsClosedToUsIsRefused) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  ada.world.server.On(kSendMessage, [](const auto& request) -> Result<v1::SendMessageResponse> {
    if (request.attempt() == 1) return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "");
    return Fail(Errc::kFailedPrecondition, "RETRY_TOO_LATE", "");
  });
  ada.world.server.On(kListEvents, [](const auto&) -> Result<v1::ListEventsResponse> {
    return Fail(Errc::kPermissionDenied, "NOT_A_MEMBER", "you were removed");
  });
  ada.runtime->Type("deck", "late");
  ada.world.RunFor(1min);
  ASSERT_EQ(ada.deck().unsent.size(), 1U);
  EXPECT_EQ(ada.deck().unsent.front().state, LineState::kFailed);
  EXPECT_EQ(ada.runtime->model().connection, Connection::kOnline);
}

TEST(RuntimeTest, FullDiskHoldsAMessageBackAndNothingElse) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  ada.world.server.fault_of_call = [](const std::string& method) {
    return method == kGetChannel.method ? Fault::kBefore : Fault::kNone;
  };
  ada.runtime->Type("deck", "late");
  ada.world.RunFor(1s);
  Connection connection = Connection::kConnecting;
  {
    const auto file =
        ada.world.folder.path() / "state" / "outbox" / OutboxFolderName("test:1", "ada") / "0.log";
    const FullDisk full(std::filesystem::file_size(file));
    ada.world.server.fault_of_call = nullptr;
    ada.world.RunFor(1min);
    connection = ada.runtime->model().connection;
  }
  EXPECT_EQ(connection, Connection::kOnline);
  EXPECT_TRUE(ada.Stored().empty());
  ada.world.RunFor(1min);
  EXPECT_EQ(ada.Stored(), std::vector<std::string>{"late"});
  EXPECT_TRUE(ada.deck().unsent.empty());
}

TEST(RuntimeTest, UnknownChannelIsRefused) {
  Ada ada;
  ada.Start();
  ada.runtime->Open("nowhere", [&](const Error& why) { ada.refused = why.reason; });
  ada.world.RunFor(1s);
  EXPECT_EQ(ada.refused, "CHANNEL_NOT_FOUND");
}

TEST(RuntimeTest, ReadPositionIsToldAtMostEveryThreeSeconds) {
  Ada ada;
  ada.Start();
  ada.world.RunFor(1s);
  for (int i = 0; i < 10; ++i) {
    ada.world.server.Append("deck", "x");
    ada.world.RunFor(300ms);
    ada.runtime->Apply(Seen{ada.deck().id});
  }
  ada.world.RunFor(5s);
  EXPECT_LE(ada.world.server.calls[kMarkRead.method], 2);
  EXPECT_GE(ada.world.server.calls[kMarkRead.method], 1);
}

// C1, C3, C5 seen from the client: whatever befalls calls, streams and the process itself, at the
// end the model shows the log as it is, and what was typed is in it once and in order.
TEST(RuntimeTest, AnyFaultsAndKillsShowEachEventOnceAndStoreEachMessageOnceInOrder) {
  EXPECT_TRUE(rc::check([](std::uint64_t seed) {
    Ada ada(seed);
    SeededRandom dice(seed + 1);
    auto& server = ada.world.server;
    server.latency = [&] { return std::chrono::milliseconds(dice.Below(400)); };
    server.fault_of_call = [&](const auto&) { return static_cast<Fault>(dice.Below(3)); };
    server.fault_of_frame = [&] {
      const auto roll = dice.Below(12);
      return roll < 5 ? static_cast<FakeServer::FrameFault>(roll) : FakeServer::FrameFault::kNone;
    };
    std::vector<std::string> typed;
    ada.Start();
    for (int i = 0; i < 25; ++i) {
      typed.push_back(fmt::format("mine {}", i));
      ada.runtime->Type("deck", typed.back());
      if (dice.Below(2) == 0) server.Append("deck", fmt::format("theirs {}", i));
      ada.world.RunFor(std::chrono::milliseconds(dice.Below(8000)));
      if (dice.Below(10) == 0) {
        ada.Kill();
        ada.Start();
      }
    }
    server.fault_of_call = nullptr;
    server.fault_of_frame = nullptr;
    ada.world.RunFor(5min);
    server.Append("deck", "the end");
    ada.world.RunFor(5min);
    std::vector<std::string> mine;
    for (const auto& text : ada.Stored()) {
      if (text.starts_with("mine")) mine.push_back(text);
    }
    RC_ASSERT(mine == typed);
    RC_ASSERT(ada.deck().unsent.empty());
    const auto shown = ada.Shown();
    const auto stored = ada.Stored();
    RC_ASSERT(!shown.empty());
    RC_ASSERT(shown.size() <= stored.size());
    RC_ASSERT(std::equal(shown.rbegin(), shown.rend(), stored.rbegin()));
  }));
}

}  // namespace
}  // namespace yap::client
