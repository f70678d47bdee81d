// The engine with follow_joined, through a model that lives (client/runtime.h).
#include "client/engine.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "client/client_testing.h"
#include "client/runtime.h"

namespace yap::client {
namespace {

// ada's client of all her channels; `deck` and `mess` are hers.
class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    world.server.AddChannel("inbox");
    world.server.AddChannel("deck");
    world.server.AddChannel("mess");
    world.server.On(kWhoAmI, [this](const auto&) -> Result<v1::WhoAmIResponse> {
      v1::WhoAmIResponse response;
      response.set_inbox_channel_id(world.server.channel("inbox").id);
      return response;
    });
    world.server.On(kListJoinedChannels,
                    [this](const auto&) -> Result<v1::ListJoinedChannelsResponse> {
                      v1::ListJoinedChannelsResponse response;
                      for (const auto& name : joined) *response.add_channels() = Joined(name);
                      return response;
                    });
  }
  ~EngineTest() override { Kill(); }

  v1::JoinedChannel Joined(const std::string& name) {
    const auto& at = world.server.channel(name);
    v1::JoinedChannel out;
    out.mutable_channel()->set_id(at.id);
    out.mutable_channel()->set_name(name);
    out.mutable_channel()->set_kind(v1::CHANNEL_KIND_PUBLIC);
    out.mutable_channel()->set_head(at.log.size());
    out.mutable_channel()->set_epoch(at.epoch);
    out.set_unread(at.log.size());
    return out;
  }
  void Start() {
    auto started = Runtime::Start(world.session, world.io.get_executor(),
                                  {.state = world.folder.path() / "state", .follow_joined = true},
                                  [this](const Model&, const Message& message) {
                                    if (const auto* done = std::get_if<ActionDone>(&message))
                                      actions.push_back(*done);
                                  });
    ASSERT_TRUE(started);
    runtime = *started;
  }
  // As a kill -9, but for what the clock still runs.
  void Kill() {
    if (runtime) runtime->Stop();
    world.RunFor(1h);
    runtime.reset();
  }
  // What a process would find that started now.
  Drafts DraftsOnDisk() {
    return Drafts(world.folder.path() / "state" / "drafts" /
                  (OutboxFolderName("test:1", "ada") + ".json"));
  }
  const Model& model() const { return runtime->model(); }
  const ChannelModel& At(const std::string& name) {
    return model().channels.at(world.server.channel(name).id);
  }
  std::vector<std::string> Texts(const std::string& name) {
    std::vector<std::string> out;
    for (const auto& line : At(name).lines) out.push_back(line.text);
    return out;
  }
  // The inbox hears of a channel.
  void Add(const std::string& name) {
    auto& inbox = world.server.channel("inbox");
    v1::Event event;
    event.set_channel_id(inbox.id);
    event.set_epoch(inbox.epoch);
    event.set_seq(inbox.log.size() + 1);
    event.mutable_added_to_channel()->set_channel_id(world.server.channel(name).id);
    inbox.log.push_back(event);
    v1::SubscribeResponse frame;
    *frame.mutable_event() = event;
    world.server.Broadcast(frame);
  }

  ClientWorld world;
  std::vector<std::string> joined = {"deck", "mess"};
  std::shared_ptr<Runtime> runtime;
  std::vector<ActionDone> actions;
};

TEST_F(EngineTest, JoinedChannelsAreListedAndFollowed) {
  world.server.Append("deck", "before");
  Start();
  world.RunFor(1s);
  ASSERT_TRUE(model().channels_loaded);
  EXPECT_EQ(model().channels.size(), 2U);
  EXPECT_EQ(At("deck").unread(), 1U);
  EXPECT_EQ(model().connection, Connection::kOnline);
  world.server.Append("mess", "dinner");
  world.RunFor(1s);
  EXPECT_EQ(Texts("mess"), std::vector<std::string>{"dinner"});
  EXPECT_EQ(At("mess").unread(), 1U);
}

TEST_F(EngineTest, StartWithoutAServerShowsWhatWasThere) {
  Start();
  world.RunFor(1s);
  world.server.Append("deck", "one");
  world.server.Append("deck", "two");
  world.RunFor(5s);
  Kill();
  world.server.fault_of_call = [](const auto&) { return Fault::kBefore; };
  Start();
  world.RunFor(10s);
  EXPECT_EQ(Texts("deck"), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(model().connection, Connection::kOffline);
  world.server.fault_of_call = nullptr;
  world.server.Append("deck", "three");
  world.RunFor(1min);
  EXPECT_EQ(Texts("deck"), (std::vector<std::string>{"one", "two", "three"}));
  EXPECT_EQ(model().connection, Connection::kOnline);
}

TEST_F(EngineTest, WhoWasAwayForLongGetsTheNewestPage) {
  Start();
  world.RunFor(1s);
  world.server.Append("deck", "old");
  world.RunFor(5s);
  Kill();
  for (int i = 0; i < 3000; ++i) world.server.Append("deck", fmt::format("{}", i));
  Start();
  world.RunFor(5s);
  EXPECT_EQ(At("deck").unread(), 3001U);
  EXPECT_TRUE(At("deck").lines.empty());
  runtime->Apply(OpenAsked{At("deck").id});
  world.RunFor(1s);
  EXPECT_EQ(Texts("deck").size(), 50U);
  EXPECT_EQ(Texts("deck").back(), "2999");
}

TEST_F(EngineTest, PastAndMembersThatCouldNotBeHadAreToldAndComeWhenAskedForAgain) {
  world.server.Append("deck", "before");
  Start();
  world.RunFor(1s);
  world.server.fault_of_call = [](const auto&) { return Fault::kBefore; };
  runtime->Apply(OpenAsked{At("deck").id});
  world.RunFor(1min);
  EXPECT_FALSE(At("deck").lines_loaded || At("deck").loading_older);
  EXPECT_FALSE(At("deck").members_loaded || At("deck").loading_members);
  world.server.fault_of_call = nullptr;
  runtime->Apply(OpenAsked{At("deck").id});
  world.RunFor(1s);
  EXPECT_EQ(Texts("deck"), std::vector<std::string>{"before"});
}

TEST_F(EngineTest, ChannelJoinedElsewhereAppears) {
  joined = {"deck"};
  Start();
  world.RunFor(1s);
  world.server.On(kGetChannel, [this](const auto&) -> Result<v1::GetChannelResponse> {
    v1::GetChannelResponse response;
    *response.mutable_channel() = Joined("mess").channel();
    *response.mutable_joined() = Joined("mess");
    return response;
  });
  Add("mess");
  world.RunFor(1s);
  ASSERT_EQ(model().channels.size(), 2U);
  world.server.Append("mess", "hello");
  world.RunFor(1s);
  EXPECT_EQ(Texts("mess"), std::vector<std::string>{"hello"});
}

TEST_F(EngineTest, CreatedChannelIsInTheModelBeforeTheAnswer) {
  Start();
  world.RunFor(1s);
  world.server.On(kCreateChannel, [this](const auto& request) -> Result<v1::CreateChannelResponse> {
    world.server.AddChannel(request.name());
    v1::CreateChannelResponse response;
    *response.mutable_joined() = Joined(request.name());
    return response;
  });
  runtime->Apply(ActionAsked{5, CreateChannel{.name = "#brig", .topic = "", .is_private = false}});
  world.RunFor(1s);
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].id, 5U);
  EXPECT_FALSE(actions[0].why);
  EXPECT_EQ(actions[0].channel, world.server.channel("brig").id);
  EXPECT_EQ(At("brig").ref, "brig");
}

TEST_F(EngineTest, MissingChannelNamesTheNearest) {
  Start();
  world.RunFor(1s);
  world.server.On(kJoinChannel, [](const auto&) -> Result<v1::JoinChannelResponse> {
    return Fail(Errc::kNotFound, "CHANNEL_NOT_FOUND", "no");
  });
  world.server.On(kListChannels, [](const auto&) -> Result<v1::ListChannelsResponse> {
    v1::ListChannelsResponse response;
    response.add_channels()->set_name("kitchen");
    return response;
  });
  runtime->Apply(ActionAsked{1, JoinChannel{"kitchn"}});
  world.RunFor(1s);
  ASSERT_EQ(actions.size(), 1U);
  ASSERT_TRUE(actions[0].why);
  EXPECT_EQ(actions[0].why->message, "there is no channel #kitchn; did you mean #kitchen?");
  runtime->Apply(ActionAsked{2, JoinChannel{"garden"}});
  world.RunFor(1s);
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[1].why->message, "there is no channel #garden; /create garden makes it");
}

TEST_F(EngineTest, LeftChannelIsGone) {
  Start();
  world.RunFor(1s);
  world.server.On(kLeaveChannel, [](const auto&) -> Result<v1::LeaveChannelResponse> {
    return v1::LeaveChannelResponse();
  });
  runtime->Apply(ActionAsked{1, LeaveChannel{At("mess").id}});
  world.RunFor(1s);
  EXPECT_EQ(model().channels.size(), 1U);
}

TEST_F(EngineTest, PositionThatWaitsIsToldAtTheEnd) {
  Start();
  world.RunFor(1s);
  world.server.Append("deck", "read me");
  world.RunFor(1s);
  runtime->Apply(Seen{At("deck").id});
  EXPECT_EQ(world.server.calls[kMarkRead.method], 0);
  ASSERT_TRUE(world.Run(runtime->TellReadNow(world.In(2s))));
  EXPECT_EQ(world.server.calls[kMarkRead.method], 1);
}

TEST_F(EngineTest, DraftsAndHistorySurviveAKill) {
  Start();
  world.RunFor(1s);
  runtime->Apply(DraftChanged{"deck", "half"});
  runtime->Apply(HistoryAdded{"hello"});
  world.RunFor(2s);  // On disk within a second; nothing is written at the end of a killed process.
  const Drafts drafts = DraftsOnDisk();
  EXPECT_EQ(drafts.texts().at("deck"), "half");
  EXPECT_EQ(drafts.history(), std::deque<std::string>{"hello"});
}

TEST_F(EngineTest, MessageOnItsWayIsNoDraftOnDisk) {
  Start();
  world.RunFor(1s);
  runtime->Apply(DraftChanged{"deck", "hello"});
  world.RunFor(2s);
  ASSERT_TRUE(DraftsOnDisk().texts().contains("deck"));
  runtime->Type("deck", "hello");
  EXPECT_FALSE(DraftsOnDisk().texts().contains("deck"));
}

TEST_F(EngineTest, DraftThatCannotBeKeptNowIsKeptLater) {
  Start();
  world.RunFor(1s);
  {
    const auto lock = TryLockFile(world.folder.path() / "state" / "drafts" /
                                  (OutboxFolderName("test:1", "ada") + ".json.lock"));
    ASSERT_TRUE(lock && *lock);
    runtime->Apply(DraftChanged{"deck", "half"});
    world.RunFor(2s);
    EXPECT_TRUE(DraftsOnDisk().texts().empty());
  }
  world.RunFor(2s);
  EXPECT_EQ(DraftsOnDisk().texts().at("deck"), "half");
}

TEST_F(EngineTest, DrainedLeavesItsOutboxToTheNext) {
  const auto state = world.folder.path() / "state";
  const auto engine =
      Engine::Make(world.session, world.io.get_executor(), {.state = state, .owner = {}}, {});
  ASSERT_TRUE(engine);
  (*engine)->Begin();
  world.server.latency = [] { return Duration(2s); };
  (*engine)->Do(Enqueue{"deck", std::string(16, 'k'), "hello"});
  world.RunFor(1s);
  (*engine)->Stop();
  bool drained = false;
  SpawnThen(world.io.get_executor(), Engine::Drain(*engine), [&] { drained = true; });
  world.RunFor(1s);
  EXPECT_FALSE(drained) << "a call is under way";
  world.RunFor(5s);
  EXPECT_TRUE(drained);
  const auto next = Outbox::Open(state / "outbox" / OutboxFolderName("test:1", "ada"));
  EXPECT_EQ(next->messages().size(), 1U);
  EXPECT_EQ(world.server.calls[kSendMessage.method], 0) << "stopped is stopped";
}

TEST_F(EngineTest, ListThatAProxyRefusesIsAskedForAgain) {
  int refusals = 3;
  world.server.On(kListJoinedChannels, [&](const auto&) -> Result<v1::ListJoinedChannelsResponse> {
    if (refusals-- > 0) return Fail(Errc::kUnauthenticated, "", "HTTP status 401");
    v1::ListJoinedChannelsResponse response;
    *response.add_channels() = Joined("deck");
    return response;
  });
  Start();
  world.RunFor(1min);
  EXPECT_EQ(model().connection, Connection::kOnline);
  EXPECT_EQ(model().channels.size(), 1U);
}

TEST_F(EngineTest, MessageThatTheDiskHasNoRoomForIsSentByARetry) {
  Start();
  world.RunFor(1s);
  const auto unsent = [this] { return At("deck").unsent; };
  {
    const FullDisk full(0);
    runtime->Type("deck", "hello");
    ASSERT_EQ(unsent().size(), 1U);
    EXPECT_EQ(unsent().front().text, "hello");
    runtime->Retry(unsent().front().key);
    EXPECT_EQ(unsent().front().state, LineState::kFailed);
  }
  runtime->Retry(unsent().front().key);
  EXPECT_EQ(unsent().front().state, LineState::kPending);
  world.RunFor(1s);
  EXPECT_TRUE(unsent().empty());
  EXPECT_EQ(Texts("deck"), std::vector<std::string>{"hello"});
}

TEST_F(EngineTest, SessionThatEndedSaysSo) {
  Start();
  world.RunFor(1s);
  world.server.refuse_streams = MakeError(Errc::kUnauthenticated, "SESSION_REVOKED", "ended");
  world.server.CutStreams();
  world.RunFor(1min);
  EXPECT_EQ(model().connection, Connection::kStopped);
}

}  // namespace
}  // namespace yap::client
