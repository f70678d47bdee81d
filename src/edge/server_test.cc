// The server against the stock gRPC client over h2c: what a well-behaved client sees.
#include "edge/server.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "edge/test_grpc_client.h"
#include "edge/test_server.h"

namespace yap::edge {
namespace {

class ServerTest : public testing::Test {
 protected:
  TestServer server_;
  GrpcClient client_{server_.target()};
};

TEST_F(ServerTest, UnaryAnswers) {
  const auto reply = client_.Call("/t.T/Echo", {"hello"});
  EXPECT_EQ(reply.code, 0) << reply.message;
  EXPECT_EQ(reply.messages, std::vector<std::string>{"hello"});
}

TEST_F(ServerTest, EmptyMessageIsAMessage) {
  const auto reply = client_.Call("/t.T/Echo", {""});
  EXPECT_EQ(reply.code, 0) << reply.message;
  EXPECT_EQ(reply.messages, std::vector<std::string>{""});
}

TEST_F(ServerTest, StatusMessageAndDetailsArrive) {
  for (int code = 1; code <= 16; ++code) {
    const auto reply = client_.Call("/t.T/Fail", {std::to_string(code)});
    EXPECT_EQ(reply.code, code);
    EXPECT_EQ(reply.message, "Line 1: 100 % \xc3\xa4\nline 2");
    EXPECT_EQ(reply.details, std::string("\x00\xff details", 10));
    EXPECT_TRUE(reply.messages.empty());
  }
}

TEST_F(ServerTest, MetadataTravelsBothWays) {
  const std::string binary("\x00\x01\xfe\xff", 4);
  const auto reply =
      client_.Call("/t.T/Echo", {"m"}, {{"x-text", "some text"}, {"x-raw-bin", binary}});
  EXPECT_EQ(reply.code, 0) << reply.message;
  for (const auto* metadata : {&reply.initial_metadata, &reply.trailers}) {
    ASSERT_EQ(metadata->count("x-text"), 1U);
    EXPECT_EQ(metadata->find("x-text")->second, "some text");
    ASSERT_EQ(metadata->count("x-raw-bin"), 1U);
    EXPECT_EQ(metadata->find("x-raw-bin")->second, binary);
  }
}

TEST_F(ServerTest, UnknownPathIsUnimplemented) {
  const auto reply = client_.Call("/t.T/Nothing", {"m"});
  EXPECT_EQ(reply.code, 12);
  EXPECT_EQ(reply.message,
            "there is no method /t.T/Nothing; is this server older than the client?");
}

TEST_F(ServerTest, MessageOfTheLargestSizePassesAndOneByteMoreDoesNot) {
  const std::string largest(kMessageBytesMax, 'x');
  const auto fine = client_.Call("/t.T/Echo", {largest});
  EXPECT_EQ(fine.code, 0) << fine.message;
  EXPECT_EQ(fine.messages, std::vector<std::string>{largest});
  const auto refused = client_.Call("/t.T/Echo", {largest + "x"});
  EXPECT_EQ(refused.code, 8);
  EXPECT_NE(refused.message.find("65537 bytes, and at most 65536"), std::string::npos)
      << refused.message;
}

TEST_F(ServerTest, TwoRequestsToAUnaryMethodAreUnimplemented) {
  EXPECT_EQ(client_.Call("/t.T/Echo", {"a", "b"}).code, 12);
  EXPECT_EQ(client_.Call("/t.T/Echo", {}).code, 12);
}

TEST_F(ServerTest, ServerStreamKeepsOrder) {
  constexpr int kMessages = 100'000;
  const auto reply = client_.Call("/t.T/Count", {std::to_string(kMessages)});
  ASSERT_EQ(reply.code, 0) << reply.message;
  ASSERT_EQ(reply.messages.size(), static_cast<std::size_t>(kMessages));
  for (int i = 0; i < kMessages; ++i) {
    ASSERT_EQ(reply.messages[static_cast<std::size_t>(i)], std::to_string(i));
  }
}

TEST_F(ServerTest, BidiConversationAlternates) {
  std::vector<std::string> requests;
  for (int i = 0; i < 1000; ++i) requests.push_back("message " + std::to_string(i));
  const auto reply = client_.Converse("/t.T/Chat", requests);
  EXPECT_EQ(reply.code, 0) << reply.message;
  EXPECT_EQ(reply.messages, requests);
}

TEST_F(ServerTest, BidiStreamOfLargeMessagesIsPacedByItsReader) {
  std::vector<std::string> requests(40, std::string(kMessageBytesMax, 'y'));
  const auto reply = client_.Converse("/t.T/Chat", requests);
  EXPECT_EQ(reply.code, 0) << reply.message;
  EXPECT_EQ(reply.messages, requests);
}

TEST_F(ServerTest, ClientDeadlineEndsTheCall) {
  Events().ended = 0;
  const auto reply = client_.Call("/t.T/Hang", {"m"}, {}, std::chrono::milliseconds(50));
  EXPECT_EQ(reply.code, 4);
  EXPECT_TRUE(Eventually([] { return Events().ended == 1; }));
}

TEST_F(ServerTest, CancelReachesTheHandler) {
  const auto reply = client_.ReadOneAndCancel("/t.T/Idle", "m");
  EXPECT_EQ(reply.code, 1);
  EXPECT_EQ(reply.messages, std::vector<std::string>{"hello"});
  EXPECT_TRUE(Eventually([&] { return server_.server().Stats().calls_open == 0; }));
}

TEST_F(ServerTest, TenThousandUnaryCallsOnSeveralConnectionsAllAnswer) {
  constexpr int kClients = 4;
  constexpr int kCalls = 2500;
  std::vector<int> good(kClients);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&, i] {
        GrpcClient client(server_.target());
        good[static_cast<std::size_t>(i)] = client.Flood("/t.T/Echo", kCalls, 64);
      });
    }
  }
  EXPECT_EQ(good, std::vector<int>(kClients, kCalls));
  EXPECT_EQ(server_.server().Stats().violations, 0U);
}

}  // namespace
}  // namespace yap::edge
