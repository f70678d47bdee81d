// A gateway before real chat-services, one thread, simulated time: what it forwards and what it
// does not, whom it believes, what it says when nobody answers, and how fast the end of a session,
// a lost ring and a removal are felt at another gateway.
#include "api/gateway.h"

#include <gtest/gtest.h>

#include "api/gateway_testing.h"
#include "api/identity.h"
#include "api/limits.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "yap/v1/auth_service.pb.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;
namespace v1 = yap::v1;

std::string ReasonOf(const edge::Status& status) {
  google::rpc::Status details;
  details.ParseFromString(status.details);
  for (const auto& any : details.details()) {
    if (google::rpc::ErrorInfo info; any.UnpackTo(&info)) return info.reason();
  }
  return "";
}

template <class T>
std::string ReasonOf(const Answer<T>& answer) {
  return answer ? "OK" : ReasonOf(answer.error());
}

std::string NewKey(Random& random) {
  std::array<std::byte, 16> bytes{};
  random.Fill(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class StringGather final : public edge::Gather {
 public:
  void Share(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  void Copy(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  std::string out;
};

// A Subscribe at one gateway, as its client sees it.
class Client {
 public:
  Client(Cluster& cluster, std::size_t gateway, const v1::SubscribeRequest& request,
         const std::string& token)
      : cluster_(cluster), gateway_(gateway) {
    call_ = std::make_shared<LocalCall>(LocalCallOptions{"/yap.v1.MessageService/Subscribe",
                                                         request.SerializeAsString(),
                                                         {{"authorization", "Bearer " + token}},
                                                         Deadline{MonoTime::max()},
                                                         {}},
                                        cluster.io.get_executor());
    asio::co_spawn(cluster.io, call_->Serve(cluster.gateway(gateway).router()),
                   [this](const std::exception_ptr&, edge::Status s) { status = std::move(s); });
    cluster_.Run(100ms);
  }
  ~Client() {
    call_->End({});
    cluster_.Run(0s);
  }

  // Everything that has come by now: texts of messages, "-" for removals of anybody.
  std::vector<std::string> Texts() {
    Pull();
    return std::exchange(texts_, {});
  }
  bool Pulls(const std::string& text) {
    Pull();
    return std::ranges::find(texts_, text) != texts_.end();
  }
  std::optional<edge::Status> status;
  std::vector<v1::SubscribeResponse> frames;

 private:
  void Pull() {
    StringGather sink;
    while (call_->source() != nullptr) {
      const auto n = call_->source()->Available(64 * 1024);
      if (n == 0) break;
      call_->source()->Take(n, sink);
    }
    cluster_.gateway(gateway_).gateway().hub().EndPass();
    bytes_ += sink.out;
    while (bytes_.size() >= 5) {
      std::size_t length = 0;
      for (int i = 1; i < 5; ++i) length = length << 8 | static_cast<unsigned char>(bytes_[i]);
      if (bytes_.size() < 5 + length) break;
      v1::SubscribeResponse frame;
      EXPECT_TRUE(frame.ParseFromString(bytes_.substr(5, length)));
      bytes_.erase(0, 5 + length);
      if (frame.event().has_message_posted())
        texts_.push_back(frame.event().message_posted().text());
      frames.push_back(std::move(frame));
    }
    if (call_->source() == nullptr) return;
    if (auto end = call_->source()->Finished()) {
      call_->End(*std::move(end));
      cluster_.Run(0s);
    }
  }

  Cluster& cluster_;
  const std::size_t gateway_;
  std::shared_ptr<LocalCall> call_;
  std::string bytes_;
  std::vector<std::string> texts_;
};

class GatewayTest : public ::testing::Test {
 protected:
  void Make(ClusterOptions options = {}) {
    cluster_.reset();
    cluster_ = std::make_unique<Cluster>(options);
  }
  Cluster& c() {
    if (!cluster_) Make();
    return *cluster_;
  }

  struct User {
    std::uint64_t id = 0;
    std::string token;
    std::string refresh;
  };
  User Register(const std::string& name, std::size_t gateway = 0) {
    v1::RegisterRequest request;
    request.set_username(name);
    request.set_password("three small green boats");
    const auto r = c().Call<v1::RegisterResponse>(gateway, "/yap.v1.AuthService/Register", request);
    EXPECT_TRUE(r) << r.error().message;
    if (!r) return {};
    return {r->user().id(), r->tokens().access_token(), r->tokens().refresh_token()};
  }
  std::uint64_t Create(const User& user, const std::string& name) {
    v1::CreateChannelRequest request;
    request.set_name(name);
    request.set_request_id(NewKey(c().random));
    const auto r = c().Call<v1::CreateChannelResponse>(0, "/yap.v1.ChannelService/CreateChannel",
                                                       request, user.token);
    EXPECT_TRUE(r) << r.error().message;
    return r ? r->joined().channel().id() : 0;
  }
  Answer<v1::JoinChannelResponse> Join(const User& user, std::uint64_t channel) {
    v1::JoinChannelRequest request;
    request.mutable_channel()->set_id(channel);
    request.set_request_id(NewKey(c().random));
    return c().Call<v1::JoinChannelResponse>(0, "/yap.v1.ChannelService/JoinChannel", request,
                                             user.token);
  }
  Answer<v1::SendMessageResponse> Say(const User& user, std::uint64_t channel,
                                      const std::string& text, std::size_t gateway = 0) {
    v1::SendMessageRequest request;
    request.mutable_channel()->set_id(channel);
    request.set_client_msg_id(NewKey(c().random));
    request.set_text(text);
    return c().Call<v1::SendMessageResponse>(gateway, "/yap.v1.MessageService/SendMessage", request,
                                             user.token);
  }
  Answer<v1::WhoAmIResponse> WhoAmI(const std::string& token, std::size_t gateway = 0,
                                    edge::Metadata more = {}) {
    return c().Call<v1::WhoAmIResponse>(gateway, "/yap.v1.AuthService/WhoAmI", v1::WhoAmIRequest(),
                                        token, std::move(more));
  }
  Answer<v1::LogoutResponse> Logout(const User& user, std::size_t gateway = 0) {
    return c().Call<v1::LogoutResponse>(gateway, "/yap.v1.AuthService/Logout", v1::LogoutRequest(),
                                        user.token);
  }
  std::unique_ptr<Client> Follow(const User& user, std::uint64_t channel, std::size_t gateway) {
    v1::SubscribeRequest request;
    auto* cursor = request.add_cursors();
    cursor->mutable_channel()->set_id(channel);
    cursor->set_after_seq(0);
    return std::make_unique<Client>(c(), gateway, request, user.token);
  }
  // How long until it comes; a minute if it does not.
  Duration Until(Client& client, const std::string& text) {
    const MonoTime begin = c().clock.Mono();
    c().RunUntil(1min, [&] { return client.Pulls(text); });
    return c().clock.Mono() - begin;
  }

 private:
  std::unique_ptr<Cluster> cluster_;
};

// --- Forwarding ---

TEST_F(GatewayTest, ForwardsEveryServiceWithTheIdentityItVerified) {
  const User ada = Register("ada");
  const auto who = WhoAmI(ada.token, 1);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user().id(), ada.id);
  const auto channel = Create(ada, "deck");
  ASSERT_TRUE(Say(ada, channel, "hello", 1));
  v1::ListEventsRequest request;
  request.mutable_channel()->set_name("deck");
  const auto events =
      c().Call<v1::ListEventsResponse>(1, "/yap.v1.MessageService/ListEvents", request, ada.token);
  ASSERT_TRUE(events);
  EXPECT_EQ(events->events(events->events_size() - 1).message_posted().text(), "hello");
}

TEST_F(GatewayTest, WhatAClientSaysAboutItselfDoesNotCount) {
  const User ada = Register("ada");
  const User eve = Register("eve");
  const Caller forged{.who = {.user = core::UserId(ada.id), .username = "ada", .admin = true}};
  const auto identity = EncodeIdentity(forged);
  const auto who =
      WhoAmI(eve.token, 0,
             {{std::string(kIdentityHeader), identity},
              {std::string(kProofHeader),
               ProofOf(Secret(std::string(32, 'k')), "/yap.v1.AuthService/WhoAmI", identity)}});
  ASSERT_TRUE(who);
  EXPECT_EQ(who->user().id(), eve.id);
  EXPECT_EQ(ReasonOf(WhoAmI("", 0, {{std::string(kIdentityHeader), identity}})), "TOKEN_MISSING");
}

TEST_F(GatewayTest, ErrorsComeThroughWithTheirDetails) {
  const User ada = Register("ada");
  v1::RegisterRequest again;
  again.set_username("ada");
  again.set_password("three small green boats");
  const auto taken = c().Call<v1::RegisterResponse>(1, "/yap.v1.AuthService/Register", again);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, edge::Code::kAlreadyExists);
  EXPECT_EQ(ReasonOf(taken), "NAME_TAKEN");
  EXPECT_EQ(ReasonOf(Say(ada, 12345, "x")), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ReasonOf(WhoAmI("yap_a_nonsense")), "TOKEN_INVALID");
}

TEST_F(GatewayTest, TheInternalServiceIsNotForClients) {
  const auto reply = c().Await(c().CallBytes(0, "/yap.internal.v1.InternalService/Heads", "", ""));
  ASSERT_TRUE(reply && !*reply);
  EXPECT_EQ(reply->error().code, edge::Code::kUnimplemented);
}

TEST_F(GatewayTest, AChatServiceAnswersNobodyWithoutProof) {
  for (const char* path : {"/yap.v1.AuthService/WhoAmI", "/yap.v1.AuthService/Login",
                           "/yap.internal.v1.InternalService/HeadsSince"}) {
    auto call = std::make_shared<LocalCall>(
        LocalCallOptions{path, "", {{std::string(kIdentityHeader), EncodeIdentity({})}}},
        c().io.get_executor());
    const auto status = c().Await(call->Serve(*c().chat(0).router()));
    ASSERT_TRUE(status);
    EXPECT_EQ(status->code, edge::Code::kUnauthenticated) << path;
    EXPECT_EQ(ReasonOf(*status), "PEER_UNTRUSTED");
  }
}

TEST_F(GatewayTest, AProofIsGoodForItsPathAndIdentityAlone) {
  const auto identity = EncodeIdentity({});
  const auto proof = ProofOf(Secret(std::string(32, 'k')), "/yap.v1.AuthService/Login", identity);
  auto call = std::make_shared<LocalCall>(
      LocalCallOptions{
          "/yap.internal.v1.InternalService/Heads",
          "",
          {{std::string(kIdentityHeader), identity}, {std::string(kProofHeader), proof}}},
      c().io.get_executor());
  EXPECT_EQ(c().Await(call->Serve(*c().chat(0).router()))->code, edge::Code::kUnauthenticated);
}

// --- Replicas ---

TEST_F(GatewayTest, AChannelsCallsGoToOneReplicaUnderItsNameAndItsId) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  ASSERT_TRUE(Say(ada, channel, "by id"));
  const int before[] = {c().link(0, 0).calls, c().link(0, 1).calls};
  v1::SendMessageRequest request;
  request.mutable_channel()->set_name("deck");
  for (int i = 0; i < 20; ++i) {
    request.set_client_msg_id(NewKey(c().random));
    request.set_text("by name");
    ASSERT_TRUE(c().Call<v1::SendMessageResponse>(0, "/yap.v1.MessageService/SendMessage", request,
                                                  ada.token));
    ASSERT_TRUE(Say(ada, channel, "by id"));
  }
  const int more[] = {c().link(0, 0).calls - before[0], c().link(0, 1).calls - before[1]};
  // Beside probes, checks of the token and the system log: 40 sends at one, none at the other.
  EXPECT_GE(std::max(more[0], more[1]), 40);
  EXPECT_LT(std::min(more[0], more[1]), 10);
}

TEST_F(GatewayTest, ALostReplicasCallsGoToTheOther) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  for (std::size_t dead = 0; dead < 2; ++dead) {
    c().CrashChat(dead);
    c().Run(1500ms);
    EXPECT_TRUE(Say(ada, channel, "still here", 0)) << dead;
    EXPECT_TRUE(WhoAmI(ada.token, 1));
    c().StartChat(dead);
    c().Run(3s);
  }
}

TEST_F(GatewayTest, AnIdempotentCallIsTriedOnTheNextReplicaAtOnce) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  c().CrashChat(0);
  EXPECT_TRUE(Say(ada, channel, "no pause", 0));
  EXPECT_TRUE(WhoAmI(ada.token, 1));
}

TEST_F(GatewayTest, AReplicaThatIsNotReadyGetsNoCalls) {
  const User ada = Register("ada");
  c().chat(0).SetReady(false);
  c().Run(1500ms);
  const int before = c().link(0, 0).calls;
  const auto channel = Create(ada, "deck");
  EXPECT_TRUE(Say(ada, channel, "x"));
  EXPECT_LE(c().link(0, 0).calls, before + 2) << "probes alone";
}

TEST_F(GatewayTest, WithoutAnyChatServiceItIsUnavailableNeverUnauthenticated) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  c().CrashChat(0);
  c().CrashChat(1);
  for (const Duration later : {Duration(0s), Duration(500ms), Duration(5s)}) {
    c().Run(later);
    for (const auto& failed : {ReasonOf(WhoAmI(ada.token)), ReasonOf(Say(ada, channel, "x", 1))}) {
      EXPECT_EQ(failed, "UPSTREAM_UNAVAILABLE");
    }
  }
  c().StartChat(1);
  c().Run(3s);
  EXPECT_TRUE(WhoAmI(ada.token));
}

TEST_F(GatewayTest, AReplicaThatNeverAnswersIsGivenUpWithinThreeSeconds) {
  const User ada = Register("ada");
  c().link(0, 0).faults.silent = true;
  c().Run(3s);
  const MonoTime begin = c().clock.Mono();
  EXPECT_TRUE(WhoAmI(ada.token));
  EXPECT_TRUE(Create(ada, "deck"));
  EXPECT_LT(c().clock.Mono() - begin, 1s);
}

// --- Delivery ---

TEST_F(GatewayTest, WhatIsSentAtOneGatewayIsSeenAtTheOther) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  ASSERT_TRUE(Say(ada, channel, "over there", 0));
  EXPECT_LT(Until(*reader, "over there"), 50ms);
}

TEST_F(GatewayTest, WithoutABusItIsSeenWithinTwoSeconds) {
  Make({.bus_silent = true});
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  for (const std::string text : {"one", "two", "three"}) {
    ASSERT_TRUE(Say(ada, channel, text, 0));
    EXPECT_LE(Until(*reader, text), 2s);
    c().Run(700ms);
  }
}

TEST_F(GatewayTest, ALostLastRingIsFoundByTheHoleTheNextHeartbeatShows) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  c().Run(2min);  // All alarms of the start are over.
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  ASSERT_TRUE(Say(ada, channel, "lost", 0));
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(false);
  EXPECT_LE(Until(*reader, "lost"), 1500ms);
}

TEST_F(GatewayTest, ABusThatFallsSilentIsNoticedByItsHeartbeats) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  c().Run(2min);
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  ASSERT_TRUE(Say(ada, channel, "lost", 0));
  EXPECT_LE(Until(*reader, "lost"), 5s);
}

// Crash point 5: stored, and dead before the bell.
TEST_F(GatewayTest, WhatADyingChatServiceDidNotRingForIsFoundByComparingHeads) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  c().Run(2min);
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  ASSERT_TRUE(Say(ada, channel, "last words", 0));
  c().CrashChat(0);
  c().CrashChat(1);
  c().StartChat(0);
  c().StartChat(1);
  EXPECT_LE(Until(*reader, "last words"), 5s);
}

TEST_F(GatewayTest, AResumeAtAnotherGatewayMissesAndDoublesNothing) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  auto reader = Follow(ada, channel, 0);
  ASSERT_TRUE(Say(ada, channel, "one", 1));
  Until(*reader, "one");
  const auto last = reader->frames.back().event().seq();
  reader.reset();
  c().CrashGateway(0);
  ASSERT_TRUE(Say(ada, channel, "two", 1));
  v1::SubscribeRequest request;
  auto* cursor = request.add_cursors();
  cursor->mutable_channel()->set_id(channel);
  cursor->set_after_seq(last);
  Client resumed(c(), 1, request, ada.token);
  ASSERT_TRUE(Say(ada, channel, "three", 1));
  c().Run(2s);
  EXPECT_EQ(resumed.Texts(), (std::vector<std::string>{"two", "three"}));
  c().StartGateway(0);
  c().Run(1s);
}

// --- Revocation ---

TEST_F(GatewayTest, ALogoutEndsTheStreamAtTheOtherGatewayWithinTwoSeconds) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  ASSERT_TRUE(WhoAmI(ada.token, 1)) << "remembered there";
  ASSERT_TRUE(Logout(ada, 0));
  const MonoTime begin = c().clock.Mono();
  c().RunUntil(1min, [&] { return reader->Texts(), reader->status.has_value(); });
  EXPECT_LE(c().clock.Mono() - begin, 1s);
  EXPECT_EQ(reader->status->code, edge::Code::kUnauthenticated);
  EXPECT_EQ(ReasonOf(*reader->status), "SESSION_REVOKED");
  c().Run(1s);
  EXPECT_EQ(ReasonOf(WhoAmI(ada.token, 1)), "TOKEN_INVALID");
}

TEST_F(GatewayTest, WithoutABusALogoutIsFeltWithinTwoSecondsToo) {
  Make({.bus_silent = true});
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  const User ada = Register("ada");
  const auto reader = Follow(ada, Create(ada, "deck"), 1);
  ASSERT_TRUE(Logout(ada, 0));
  const MonoTime begin = c().clock.Mono();
  c().RunUntil(1min, [&] { return reader->Texts(), reader->status.has_value(); });
  EXPECT_LE(c().clock.Mono() - begin, 2s);
}

TEST_F(GatewayTest, AStreamThatATokenStillRememberedWouldOpenIsRefused) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  ASSERT_TRUE(WhoAmI(ada.token, 1));
  ASSERT_TRUE(Logout(ada, 0));
  const auto late = Follow(ada, channel, 1);
  c().Run(1s);
  late->Texts();
  ASSERT_TRUE(late->status);
  EXPECT_EQ(late->status->code, edge::Code::kUnauthenticated);
}

TEST_F(GatewayTest, AGatewayCutOffFromAllChatServicesFlushesNothing) {
  const User ada = Register("ada");
  const User bo = Register("bo");
  const auto channel = Create(ada, "deck");
  ASSERT_TRUE(Join(bo, channel));
  const auto reader = Follow(bo, channel, 1);
  c().Run(2s);
  reader->Texts();
  for (std::size_t i = 0; i < 2; ++i) c().link(1, i).faults.down = true;
  c().Run(2100ms);
  ASSERT_TRUE(Say(ada, channel, "secret", 0));  // The bus brings it to gateway 1 all the same.
  ASSERT_TRUE(Logout(bo, 0));
  c().Run(20s);
  EXPECT_EQ(reader->Texts(), std::vector<std::string>{});
  for (std::size_t i = 0; i < 2; ++i) c().link(1, i).faults.down = false;
  c().RunUntil(10s, [&] { return reader->Texts().empty() && reader->status.has_value(); });
  ASSERT_TRUE(reader->status);
  EXPECT_EQ(reader->status->code, edge::Code::kUnauthenticated);
}

TEST_F(GatewayTest, OnceTheGateOpensAgainWaitingStreamsGoOn) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  for (std::size_t i = 0; i < 2; ++i) c().link(1, i).faults.down = true;
  c().Run(3s);
  ASSERT_TRUE(Say(ada, channel, "waits", 0));
  EXPECT_EQ(Until(*reader, "waits"), 1min);
  for (std::size_t i = 0; i < 2; ++i) c().link(1, i).faults.down = false;
  EXPECT_LT(Until(*reader, "waits"), 2s);
}

TEST_F(GatewayTest, ARemovalEndsTheChannelAtTheOtherGateway) {
  const User ada = Register("ada");
  const User bo = Register("bo");
  const auto channel = Create(ada, "deck");
  ASSERT_TRUE(Join(bo, channel));
  const auto reader = Follow(bo, channel, 1);
  v1::RemoveMemberRequest request;
  request.mutable_channel()->set_id(channel);
  request.mutable_user()->set_id(bo.id);
  request.set_request_id(NewKey(c().random));
  ASSERT_TRUE(c().Call<v1::RemoveMemberResponse>(0, "/yap.v1.ChannelService/RemoveMember", request,
                                                 ada.token));
  ASSERT_TRUE(Say(ada, channel, "without bo", 0));
  c().Run(2s);
  EXPECT_EQ(reader->Texts(), std::vector<std::string>{});
  EXPECT_EQ(reader->frames.back().ended().channel_id(), channel);
  EXPECT_EQ(ReasonOf(Follow(bo, channel, 1)->status.value_or(edge::Status{})), "NOT_A_MEMBER");
}

}  // namespace
}  // namespace yap::api
