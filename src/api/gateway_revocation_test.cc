// How fast the end of a session and of a membership is felt at another gateway.
#include <gtest/gtest.h>

#include "api/gateway_fixture.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;

using GatewayRevocationTest = GatewayTest;

TEST_F(GatewayRevocationTest, ALogoutEndsTheStreamAtTheOtherGatewayWithinTwoSeconds) {
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

TEST_F(GatewayRevocationTest, WithoutABusALogoutIsFeltWithinTwoSecondsToo) {
  Make({.bus_silent = true});
  for (std::size_t i = 0; i < 2; ++i) c().chat(i).bus().SetDown(true);
  const User ada = Register("ada");
  const auto reader = Follow(ada, Create(ada, "deck"), 1);
  ASSERT_TRUE(Logout(ada, 0));
  const MonoTime begin = c().clock.Mono();
  c().RunUntil(1min, [&] { return reader->Texts(), reader->status.has_value(); });
  EXPECT_LE(c().clock.Mono() - begin, 2s);
}

TEST_F(GatewayRevocationTest, AStreamThatATokenStillRememberedWouldOpenIsRefused) {
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

TEST_F(GatewayRevocationTest, AGatewayCutOffFromAllChatServicesFlushesNothing) {
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

TEST_F(GatewayRevocationTest, OnceTheGateOpensAgainWaitingStreamsGoOn) {
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

TEST_F(GatewayRevocationTest, ARemovalEndsTheChannelAtTheOtherGateway) {
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
