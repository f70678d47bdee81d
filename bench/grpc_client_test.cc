// Against the real edge on a socket: flow control, concurrency and statuses are the server's.
#include "bench/grpc_client.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "bench/loop.h"
#include "edge/test_server.h"

namespace yap::bench {
namespace {

struct Answer {
  std::vector<std::string> messages;
  std::optional<GrpcEnd> end;
};

// Calls what it is told to, and feeds the client pieces of at most `piece` bytes.
class TestCodec final : public Codec, GrpcEvents {
 public:
  explicit TestCodec(std::size_t piece) : piece_(piece), client_(output_, *this) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_, bytes.size()))) {
      YAP_TRY_VOID(client_.Input(bytes.substr(0, piece_), now));
    }
    return {};
  }
  bool Ready() const override { return client_.Ready(); }
  GrpcClient& client() { return client_; }
  Answer& operator[](std::uint32_t call) { return answers_[call]; }

 private:
  Result<> OnMessage(std::uint32_t call, std::string_view message, MonoTime) override {
    answers_[call].messages.emplace_back(message);
    return {};
  }
  Result<> OnEnd(std::uint32_t call, const GrpcEnd& end, MonoTime) override {
    answers_[call].end = end;
    return {};
  }

  const std::size_t piece_;
  std::map<std::uint32_t, Answer> answers_;
  GrpcClient client_;
};

class GrpcClientTest : public testing::TestWithParam<std::size_t> {
 protected:
  GrpcClientTest() {
    edge::AddTestMethods(server_.router());
    loop_ = *Loop::New();
    auto codec = std::make_unique<TestCodec>(GetParam());
    codec_ = codec.get();
    connection_ = *loop_->Connect(std::move(codec), *ParseAddress(server_.target()));
    Until([this] { return codec_->Ready(); });
  }

  std::uint32_t Call(const std::string& path, const std::string& message) {
    const std::uint32_t call = codec_->client().Call(GrpcMethod::Make(path, ""), message);
    EXPECT_TRUE(loop_->Flush(*connection_));
    return call;
  }
  Answer& Await(std::uint32_t call) {
    Until([&] { return (*codec_)[call].end.has_value(); });
    return (*codec_)[call];
  }
  template <class Done>
  void Until(Done done) {
    const auto end = MonoTime::clock::now() + std::chrono::seconds(60);
    while (!done() && MonoTime::clock::now() < end) {
      const auto turned = loop_->Turn(std::chrono::milliseconds(100));
      ASSERT_TRUE(turned) << turned.error().message;
    }
    ASSERT_TRUE(done()) << "the server is silent";
  }

  edge::TestServer server_;
  std::unique_ptr<Loop> loop_;
  TestCodec* codec_ = nullptr;
  Connection* connection_ = nullptr;
};
INSTANTIATE_TEST_SUITE_P(PiecesOf, GrpcClientTest, testing::Values(1, 7, 4096, 1 << 20),
                         testing::PrintToStringParamName());

TEST_P(GrpcClientTest, MessageOfSeveralFramesComesBackWhole) {
  const std::string message(60'000, 'x');
  const Answer& answer = Await(Call("/t.T/Echo", message));
  EXPECT_EQ(answer.end->status, 0);
  ASSERT_EQ(answer.messages.size(), 1U);
  EXPECT_TRUE(answer.messages[0] == message);
}

TEST_P(GrpcClientTest, StreamLargerThanEveryWindowArrivesWhole) {
  constexpr std::size_t kCount = 60'000;
  const Answer& answer = Await(Call("/t.T/Count", std::to_string(kCount)));
  EXPECT_EQ(answer.end->status, 0);
  ASSERT_EQ(answer.messages.size(), kCount);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(answer.messages[i], std::to_string(i));
    bytes += answer.messages[i].size() + 5;
  }
  EXPECT_GT(bytes, 2 * GrpcClient::kWindowBytes);
}

TEST_P(GrpcClientTest, FailureComesWithCodeAndMessage) {
  const Answer& answer = Await(Call("/t.T/Fail", "8"));
  EXPECT_EQ(answer.end->status, 8);
  EXPECT_FALSE(answer.end->message.empty());
}

TEST_P(GrpcClientTest, UnknownMethodIsUnimplemented) {
  EXPECT_EQ(Await(Call("/t.T/Nothing", "")).end->status, 12);
}

TEST_P(GrpcClientTest, CallsAtOnceAreAsManyAsTheServerAllows) {
  std::vector<std::uint32_t> calls;
  while (codec_->client().Room(10) > 0) calls.push_back(Call("/t.T/Echo", "0123456789"));
  EXPECT_EQ(calls.size(), 100U);
  for (const auto call : calls) EXPECT_EQ(Await(call).end->status, 0);
  EXPECT_EQ(codec_->client().Room(10), 100U);
}

}  // namespace
}  // namespace yap::bench
