// A gateway before real chat-services, one thread, simulated time: what it forwards and what it
// does not, whom it believes, what it says when nobody answers, and how it finds what the bus lost.
#include <gtest/gtest.h>

#include "api/gateway_fixture.h"
#include "api/identity.h"
#include "api/limits.h"
#include "yap/internal/v1/internal_service.pb.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;

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
        LocalCallOptions{.path = path,
                         .request = {},
                         .metadata = {{std::string(kIdentityHeader), EncodeIdentity({})}}},
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
      LocalCallOptions{.path = "/yap.internal.v1.InternalService/Heads",
                       .request = {},
                       .metadata = {{std::string(kIdentityHeader), identity},
                                    {std::string(kProofHeader), proof}}},
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

TEST_F(GatewayTest, AReplicaThatNeverAnswersIsGivenUpWithinFourSeconds) {
  const User ada = Register("ada");
  c().link(0, 0).faults.silent = true;
  c().Run(4s);
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

// As above, with a store that does not answer yet when the heads are compared.
TEST_F(GatewayTest, WhatADyingChatServiceDidNotRingForIsFoundOnceTheStoreAnswers) {
  const User ada = Register("ada");
  const auto channel = Create(ada, "deck");
  const auto reader = Follow(ada, channel, 1);
  c().Run(2min);
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  ASSERT_TRUE(Say(ada, channel, "last words", 0));
  for (std::size_t i = 0; i < 2; ++i) {
    c().CrashChat(i);
    c().StartChat(i);
  }
  c().Run(1ms);  // Ready: nothing of it needs the store any more.
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).store().SetDown(true);
  c().Run(3s);
  EXPECT_TRUE(reader->Texts().empty());
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).store().SetDown(false);
  EXPECT_LE(Until(*reader, "last words"), 2s);
}

// One channel whose head cannot be read holds up no other.
TEST_F(GatewayTest, HeadsAreAnsweredForTheChannelsThatCouldBeRead) {
  constexpr std::uint64_t kChannels = 32;
  yap::internal::v1::HeadsRequest request;
  for (std::uint64_t id = 1; id <= kChannels; ++id) request.add_channel_ids(id);
  const std::string path = "/yap.internal.v1.InternalService/Heads";
  const auto identity = EncodeIdentity({});
  const auto ask = [&](double fail) -> Answer<yap::internal::v1::HeadsResponse> {
    c().chat(0).store().SetFaults({.fail_before = fail});
    auto call = std::make_shared<LocalCall>(
        LocalCallOptions{.path = path,
                         .request = request.SerializeAsString(),
                         .metadata = {{std::string(kIdentityHeader), identity},
                                      {std::string(kProofHeader),
                                       ProofOf(Secret(std::string(32, 'k')), path, identity)}}},
        c().io.get_executor());
    const auto status = c().Await(call->Serve(*c().chat(0).router()));
    if (!status || !status->ok()) return std::unexpected(status.value_or(edge::Status{}));
    yap::internal::v1::HeadsResponse response;
    EXPECT_TRUE(response.ParseFromString(call->written.front()));
    return response;
  };
  EXPECT_EQ(ask(0)->heads_size(), kChannels);
  const auto some = ask(0.5);
  ASSERT_TRUE(some);
  EXPECT_GT(some->heads_size(), 0);
  EXPECT_LT(some->heads_size(), kChannels);
  EXPECT_TRUE(
      std::ranges::is_sorted(some->heads(), {}, &yap::internal::v1::ChannelHead::channel_id));
  EXPECT_EQ(ReasonOf(ask(1)), "STORE_UNAVAILABLE");
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

}  // namespace
}  // namespace yap::api
