#include "api/routing.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "api/policy.h"
#include "yap/v1/auth_service.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using By = RouteRule::By;

TEST(RouteRuleTest, ComesFromTheDescriptors) {
  const auto send = RuleOf("/yap.v1.MessageService/SendMessage");
  EXPECT_EQ(send.by, By::kChannel);
  EXPECT_TRUE(send.idempotent);
  const auto login = RuleOf("/yap.v1.AuthService/Login");
  EXPECT_EQ(login.by, By::kUsername);
  EXPECT_EQ(login.username_field, 1);
  EXPECT_FALSE(login.idempotent);
  EXPECT_EQ(RuleOf("/yap.v1.AuthService/WhoAmI").by, By::kCaller);
  EXPECT_EQ(RuleOf("/no.Such/Method").by, By::kCaller);
  EXPECT_FALSE(RuleOf("/no.Such/Method").idempotent);
}

TEST(ScanTest, FindsTheChannelBeforeAndBehindOtherFields) {
  yap::v1::SendMessageRequest request;
  request.set_text("hello");
  EXPECT_FALSE(ScanChannel(request.SerializeAsString()));
  request.mutable_channel()->set_id(42);
  EXPECT_EQ(ScanChannel(request.SerializeAsString()), core::ChannelRef(core::ChannelId(42)));
  request.mutable_channel()->set_name("deck");
  EXPECT_EQ(ScanChannel(request.SerializeAsString()), core::ChannelRef("deck"));
  // Fields may come in any order.
  const std::string text = "\x1a\x05hello";
  EXPECT_EQ(ScanChannel(text + request.SerializeAsString()), core::ChannelRef("deck"));
}

// Or a client would choose who counts its tries.
TEST(ScanTest, OfSeveralItFindsWhatTheDecoderTakes) {
  const std::string ada =
      "\x0a\x03"
      "ada";
  EXPECT_EQ(ScanString("\x0a\x03"
                       "eve" +
                           ada,
                       1),
            "ada");
  yap::v1::SendMessageRequest deck;
  deck.mutable_channel()->set_name("deck");
  yap::v1::SendMessageRequest other;
  other.mutable_channel()->set_id(42);
  const std::string both = other.SerializeAsString() + deck.SerializeAsString();
  EXPECT_EQ(ScanChannel(both), core::ChannelRef("deck"));
  const std::string empty("\x0a\0", 2);
  EXPECT_EQ(ScanChannel(both + empty), core::ChannelRef("deck"));
}

TEST(ScanTest, WhatIsNoMessageNamesNothing) {
  EXPECT_FALSE(ScanChannel(""));
  EXPECT_FALSE(ScanChannel("\x0a\x7f"));
  EXPECT_FALSE(ScanChannel("\x0a\x02\xff\xff"));
  EXPECT_FALSE(ScanChannel(std::string(100, '\xff')));
  EXPECT_FALSE(ScanChannel("\x08\x01"));  // Field 1 as a number.
}

RC_GTEST_PROP(ScanTest, BearsAnyBytes, (const std::string& bytes)) {
  ScanChannel(bytes);
  ScanString(bytes, 1);
}

TEST(ScanTest, FindsTheUsernameOfALogin) {
  yap::v1::LoginRequest request;
  request.set_username("ada");
  request.set_password("secret");
  EXPECT_EQ(ScanString(request.SerializeAsString(), 1), "ada");
  EXPECT_FALSE(ScanString(request.SerializeAsString(), 9));
}

// Every gateway, of any build, must come to the same.
TEST(RouteKeyTest, IsTheSameEverywhere) {
  EXPECT_EQ(RouteKey("ada"), 16'021'482'282'191'941'373ULL);
  EXPECT_EQ(RouteKey(core::ChannelId(7)), 7U);
}

std::size_t Best(const std::vector<std::uint64_t>& replicas, std::uint64_t key) {
  std::size_t best = 0;
  for (std::size_t i = 1; i < replicas.size(); ++i) {
    if (RouteWeight(replicas[i], key) > RouteWeight(replicas[best], key)) best = i;
  }
  return best;
}

TEST(RouteWeightTest, SpreadsKeysEvenlyAndMovesOnlyThoseOfALostReplica) {
  const std::vector<std::uint64_t> three = {RouteKey("a:1"), RouteKey("b:1"), RouteKey("c:1")};
  const std::vector<std::uint64_t> two = {three[0], three[1]};
  std::map<std::size_t, int> share;
  for (std::uint64_t key = 1; key <= 3'000; ++key) {
    const auto before = Best(three, key);
    ++share[before];
    if (before != 2) EXPECT_EQ(Best(two, key), before);
  }
  for (const auto& [replica, count] : share) EXPECT_NEAR(count, 1'000, 120);
}

}  // namespace
}  // namespace yap::api
