#include "client/session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "client/client_testing.h"
#include "client/login.h"

namespace yap::client {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  SessionTest() { world_.server.AddChannel("deck"); }

  static v1::GetChannelRequest Deck() {
    v1::GetChannelRequest request;
    request.mutable_channel()->set_name("deck");
    return request;
  }
  int CallsOf(RpcTraits method) { return world_.server.calls[method.method]; }

  ClientWorld world_;
};

TEST_F(SessionTest, CallCarriesTheStoredToken) {
  ASSERT_TRUE(world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(10s))));
  EXPECT_EQ(world_.server.tokens, std::vector<std::string>{"yap_a_0"});
}

TEST_F(SessionTest, WithoutCredentialsNothingIsCalledAndTheNextStepIsNamed) {
  Session stranger(world_.server, world_.store, world_.clock, world_.random,
                   {.server = "other:1", .on_retry = {}});
  const auto answer = world_.Run(stranger.Call(kGetChannel, Deck(), world_.In(10s)));
  EXPECT_EQ(answer.error().reason, kNotLoggedIn);
  EXPECT_NE(answer.error().message.find("yap login"), std::string::npos);
  EXPECT_EQ(CallsOf(kGetChannel), 0);
}

TEST_F(SessionTest, UnavailableIsRetriedUntilItWorks) {
  int failures = 3;
  world_.server.fault_of_call = [&](const auto&) {
    return failures-- > 0 ? Fault::kBefore : Fault::kNone;
  };
  EXPECT_TRUE(world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(60s))));
  EXPECT_EQ(CallsOf(kGetChannel), 4);
}

TEST_F(SessionTest, RetriesEndWithTheDeadline) {
  world_.server.fault_of_call = [](const auto&) { return Fault::kBefore; };
  const auto begin = world_.clock.Mono();
  const auto answer = world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(30s)));
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  EXPECT_LE(world_.clock.Mono() - begin, 30s);
  EXPECT_GT(CallsOf(kGetChannel), 2);
}

TEST_F(SessionTest, TimeThatWentByWithWaitingAsToldIsExplainedByWhatWasTold) {
  world_.server.On(kGetChannel, [&](const auto&) -> Result<v1::GetChannelResponse> {
    if (CallsOf(kGetChannel) > 1) return Fail(Errc::kDeadlineExceeded, kUnreachable, "no answer");
    Error busy = MakeError(Errc::kResourceExhausted, "LOGIN_THROTTLED", "too many failed logins");
    busy.retry_after = 2s;
    return std::unexpected(busy);
  });
  const auto answer = world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(2500ms)));
  EXPECT_EQ(CallsOf(kGetChannel), 2);
  EXPECT_EQ(answer.error().code, Errc::kDeadlineExceeded);
  EXPECT_EQ(answer.error().reason, "LOGIN_THROTTLED");
  EXPECT_TRUE(answer.error().message.starts_with("too many failed logins"))
      << answer.error().message;
}

TEST_F(SessionTest, DefiniteErrorIsNotRetried) {
  world_.server.On(kGetChannel, [](const auto&) -> Result<v1::GetChannelResponse> {
    return Fail(Errc::kNotFound, "CHANNEL_NOT_FOUND", "");
  });
  EXPECT_FALSE(world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(60s))));
  EXPECT_EQ(CallsOf(kGetChannel), 1);
}

TEST_F(SessionTest, LoginIsNeverRepeatedWhenItsOutcomeIsUnknown) {
  world_.server.fault_of_call = [](const auto&) { return Fault::kAfter; };
  EXPECT_FALSE(world_.Run(world_.session.Call(kLogin, {}, world_.In(60s))));
  EXPECT_EQ(CallsOf(kLogin), 1);
}

TEST_F(SessionTest, ResourceExhaustedWaitsAsLongAsTold) {
  int refusals = 1;
  world_.server.On(kGetChannel, [&](const auto&) -> Result<v1::GetChannelResponse> {
    if (refusals-- > 0) {
      return Fail(MakeError(Errc::kResourceExhausted, "USER_RATE", "").RetryAfter(7s));
    }
    return v1::GetChannelResponse();
  });
  const auto begin = world_.clock.Mono();
  EXPECT_TRUE(world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(60s))));
  EXPECT_EQ(world_.clock.Mono() - begin, 7s);
}

TEST_F(SessionTest, TokenIsRenewedAMinuteBeforeItExpires) {
  world_.clock.Advance(14min + 30s);
  EXPECT_TRUE(world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(10s))));
  EXPECT_EQ(CallsOf(kRefresh), 1);
  EXPECT_EQ(world_.server.tokens.back(), "yap_a_1");
  EXPECT_EQ((*world_.store.Load("test:1"))->refresh_token.Reveal(), "yap_r_1");
}

TEST_F(SessionTest, TokenTheServerCallsExpiredIsRenewedAndTheCallRepeatedOnce) {
  world_.server.refuse_token_expired = true;
  EXPECT_TRUE(world_.Run(world_.session.CallOnce(kGetChannel, Deck(), world_.In(10s))));
  EXPECT_EQ(CallsOf(kRefresh), 1);
  EXPECT_EQ(world_.server.tokens.back(), "yap_a_1");
}

TEST_F(SessionTest, SeveralCallsAtOnceRenewOnce) {
  world_.clock.Advance(15min);
  world_.server.latency = [] { return Duration(50ms); };
  int answered = 0;
  for (int i = 0; i < 3; ++i) {
    SpawnThen(world_.io.get_executor(), world_.session.Call(kGetChannel, Deck(), world_.In(30s)),
              [&](const auto& reply) { answered += reply.has_value() ? 1 : 0; });
  }
  world_.RunFor(30s);
  EXPECT_EQ(answered, 3);
  EXPECT_EQ(CallsOf(kRefresh), 1);
}

TEST_F(SessionTest, TokensThatAnotherProcessRenewedAreTakenFromTheFile) {
  ASSERT_TRUE(world_.session.Who());  // Read once, before the other process writes.
  world_.clock.Advance(15min);
  const Credentials renewed{1, "ada", Secret("yap_a_other"), world_.clock.Now() + 15min,
                            Secret("yap_r_other")};
  ASSERT_TRUE(world_.store.Save("test:1", renewed));
  EXPECT_TRUE(world_.Run(world_.session.Call(kGetChannel, Deck(), world_.In(10s))));
  EXPECT_EQ(CallsOf(kRefresh), 0);
  EXPECT_EQ(world_.server.tokens.back(), "yap_a_other");
}

TEST_F(SessionTest, TokensOfAnotherUserAreNeitherTakenNorForgotten) {
  ASSERT_TRUE(world_.session.Who());
  world_.clock.Advance(15min);
  const Credentials bob{2, "bob", Secret("yap_a_bob"), world_.clock.Now() + 15min,
                        Secret("yap_r_bob")};
  ASSERT_TRUE(world_.store.Save("test:1", bob));
  const auto answer = world_.Run(world_.session.CallOnce(kGetChannel, Deck(), world_.In(5s)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::kUnauthenticated);
  EXPECT_EQ(CallsOf(kGetChannel), 0);
  EXPECT_TRUE(world_.server.tokens.empty());
  EXPECT_TRUE(world_.Run(world_.session.Forget(world_.In(5s))));
  EXPECT_EQ((*world_.store.Load("test:1"))->username, "bob");
}

TEST_F(SessionTest, ForgetRemovesItsOwnTokensAndNoneThatAnotherProcessHasStored) {
  ASSERT_TRUE(world_.session.Who());
  const Credentials other{1, "ada", Secret("yap_a_other"), world_.clock.Now() + 15min,
                          Secret("yap_r_other")};
  ASSERT_TRUE(world_.store.Save("test:1", other));
  EXPECT_TRUE(world_.Run(world_.session.Forget(world_.In(5s))));
  ASSERT_TRUE(*world_.store.Load("test:1"));
  EXPECT_EQ(world_.session.Who()->access_token.Reveal(), "yap_a_other");
  EXPECT_TRUE(world_.Run(world_.session.Forget(world_.In(5s))));
  EXPECT_FALSE(*world_.store.Load("test:1"));
}

TEST_F(SessionTest, LogOutForgetsTokensThatAnotherProcessHasRenewed) {
  ASSERT_TRUE(world_.session.Who());
  world_.server.On(kLogout,
                   [](const auto&) -> Result<v1::LogoutResponse> { return v1::LogoutResponse(); });
  const Credentials renewed{1, "ada", Secret("yap_a_other"), world_.clock.Now() + 15min,
                            Secret("yap_r_other")};
  ASSERT_TRUE(world_.store.Save("test:1", renewed));
  EXPECT_TRUE(world_.Run(LogOutOf(world_.session, world_.In(5s))));
  EXPECT_FALSE(*world_.store.Load("test:1"));
}

TEST_F(SessionTest, LogOutThatAProxyRefusesIsNotOneThatTheServerKnowsOf) {
  world_.server.On(kLogout, [](const auto&) -> Result<v1::LogoutResponse> {
    return Fail(Errc::kUnauthenticated, "", "HTTP status 401");
  });
  EXPECT_FALSE(world_.Run(LogOutOf(world_.session, world_.In(5s))));
  EXPECT_FALSE(*world_.store.Load("test:1"));
}

TEST_F(SessionTest, LockHeldByAnotherProcessIsWaitedForAndThenNamed) {
  const auto lock = world_.store.TryLock();
  ASSERT_TRUE(lock && *lock);
  world_.clock.Advance(15min);
  const auto answer = world_.Run(world_.session.CallOnce(kGetChannel, Deck(), world_.In(5s)));
  EXPECT_EQ(answer.error().reason, kCredentialsBusy);
}

TEST_F(SessionTest, CredentialsThatCannotBeUsedSayNothingAboutTheCall) {
  std::filesystem::permissions(world_.store.file(), std::filesystem::perms::all);
  const auto answer = world_.Run(world_.session.CallOnce(kGetChannel, Deck(), world_.In(5s)));
  EXPECT_EQ(answer.error().reason, "CREDENTIALS_EXPOSED");
  EXPECT_EQ(answer.error().code, Errc::kUnauthenticated);
  EXPECT_EQ(CallsOf(kGetChannel), 0);
}

TEST_F(SessionTest, AServerCannotGiveANameThatWouldBeAPath) {
  for (const std::string& name :
       {std::string("../../.ssh"), std::string("a/b"), std::string(), std::string("a\0b", 3)}) {
    v1::User user;
    user.set_id(9);
    user.set_username(name);
    const auto adopted = world_.Run(world_.session.Adopt(user, {}, world_.In(5s)));
    ASSERT_FALSE(adopted) << name;
    EXPECT_EQ(adopted.error().reason, "RESPONSE_MALFORMED");
  }
  EXPECT_EQ(world_.session.Who()->username, "ada");
}

TEST_F(SessionTest, KeysAreUuidsInTheOrderOfTheirTime) {
  const std::string first = world_.session.NewKey();
  const std::string same_moment = world_.session.NewKey();
  world_.RunFor(1ms);
  const std::string later = world_.session.NewKey();
  EXPECT_NE(first, same_moment);
  EXPECT_EQ(first.substr(0, 6), same_moment.substr(0, 6));
  EXPECT_LT(std::max(first, same_moment), later);
  for (const auto& key : {first, same_moment, later}) {
    EXPECT_EQ(key.size(), 16U);
    EXPECT_EQ(key[6] & 0xf0, 0x70) << "version";
    EXPECT_EQ(key[8] & 0xc0, 0x80) << "variant";
  }
}

TEST_F(SessionTest, SendUntilCountsAttemptsAndStoresOnce) {
  int failures = 2;
  world_.server.fault_of_call = [&](const std::string& method) {
    return method == kSendMessage.method && failures-- > 0 ? Fault::kAfter : Fault::kNone;
  };
  v1::SendMessageRequest request;
  request.mutable_channel()->set_name("deck");
  request.set_client_msg_id(world_.session.NewKey());
  request.set_text("once");
  const auto answer = world_.Run(SendUntil(world_.session, request, world_.In(60s)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(CallsOf(kSendMessage), 3);
  EXPECT_EQ(world_.server.channel("deck").log.size(), 1U);
}

}  // namespace
}  // namespace yap::client
