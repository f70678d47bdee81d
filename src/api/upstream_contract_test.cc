// What every Upstream promises, over each adapter: the one over libgrpc++ against a real server,
// and the one that tests use.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "api/cluster_testing.h"
#include "api/errors.h"
#include "api/identity.h"
#include "api/method_table.h"
#include "api/upstream_grpc.h"
#include "base/io_threads.h"
#include "edge/server.h"
#include "edge/test_certificates.h"
#include "yap/internal/v1/internal_service.pb.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;

Secret Key(char fill = 'k') { return Secret(std::string(32, fill)); }

// Methods that do as a test needs, behind the door that a chat-service has.
class TestApi final : public edge::Router {
 public:
  TestApi() : table_(NewIdentityAdmission({Key(), {}})) {
    Add("Echo", [](Caller, std::string request) -> asio::awaitable<Answer<std::string>> {
      co_return request;
    });
    Add("Who", [](Caller caller, std::string) -> asio::awaitable<Answer<std::string>> {
      co_return caller.who.username + "@" + caller.peer.text;
    });
    Add("Refuse", [](Caller, std::string) -> asio::awaitable<Answer<std::string>> {
      co_return std::unexpected(edge::Status{edge::Code::kAlreadyExists, "taken: ü", "details\0x"});
    });
    Add("Wait", [](Caller, std::string) -> asio::awaitable<Answer<std::string>> {
      co_await SleepFor(SystemClock(), 20s);
      co_return "late";
    });
  }
  edge::Handler* Find(std::string_view path) override { return table_.Find(path); }

 private:
  void Add(const std::string& name, MethodTable::BytesHandler handler) {
    table_.Forward("/t.T/" + name, yap::v1::POLICY_PUBLIC, std::move(handler));
  }
  MethodTable table_;
};

// A chat-service and the way to it.
class World {
 public:
  virtual ~World() = default;
  virtual std::shared_ptr<Upstream> Connect(Secret key) = 0;
  // Where nobody is.
  virtual std::shared_ptr<Upstream> ConnectNowhere() = 0;
  IoThreads& threads() { return threads_; }

 protected:
  TestApi api_;
  IoThreads threads_{1};
};

class GrpcWorld final : public World {
 public:
  GrpcWorld() : server_({}, threads_.executors(), api_, SystemClock(), SystemRandom()) {
    edge::ListenerOptions listener;
    listener.budgets = edge::Budgets::Internal();
    port_ = *server_.Listen(listener);
  }
  ~GrpcWorld() override { threads_.Stop(); }
  std::shared_ptr<Upstream> Connect(Secret key) override {
    factories_.push_back(NewGrpcUpstreams({.tls = {}, .key = std::move(key)}));
    return factories_.back()->Open("127.0.0.1:" + std::to_string(port_), "localhost");
  }
  std::shared_ptr<Upstream> ConnectNowhere() override {
    factories_.push_back(NewGrpcUpstreams({.tls = {}, .key = Key()}));
    return factories_.back()->Open("127.0.0.1:1", "localhost");
  }

 private:
  edge::Server server_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<UpstreamFactory>> factories_;
};

class LocalWorld final : public World {
 public:
  ~LocalWorld() override { threads_.Stop(); }
  std::shared_ptr<Upstream> Connect(Secret key) override {
    factories_.push_back(std::make_unique<LocalUpstreams>(SystemClock(), SystemRandom(),
                                                          threads_.executor(0), std::move(key)));
    factories_.back()->at("here").router = [this] { return &api_; };
    return factories_.back()->Open("here", "");
  }
  std::shared_ptr<Upstream> ConnectNowhere() override {
    Connect(Key());
    return factories_.back()->Open("nowhere", "");
  }

 private:
  std::vector<std::unique_ptr<LocalUpstreams>> factories_;
};

struct Adapter {
  std::string name;
  std::function<std::unique_ptr<World>()> make;
};

class UpstreamContractTest : public ::testing::TestWithParam<Adapter> {
 protected:
  std::future<UpstreamReply> Start(std::shared_ptr<Upstream> upstream, const std::string& method,
                                   std::string request = {}, Duration patience = 10s) {
    Caller caller{.who = {.user = core::UserId(7), .username = "ada"}, .peer = {"192.0.2.7"}};
    UpstreamCall call{.path = "/t.T/" + method,
                      .request = std::move(request),
                      .identity = EncodeIdentity(caller),
                      .deadline = Deadline::After(SystemClock(), patience)};
    return SpawnFuture(world_->threads().executor(0), upstream->Call(std::move(call)));
  }
  UpstreamReply Call(const std::string& method, std::string request = {}, Duration patience = 10s) {
    return Start(upstream_, method, std::move(request), patience).get();
  }

  const std::unique_ptr<World> world_ = GetParam().make();
  std::shared_ptr<Upstream> upstream_ = world_->Connect(Key());
};

TEST_P(UpstreamContractTest, BytesGoThereAndBackAsTheyAre) {
  const std::string bytes("nul\0 and \xff\xfe", 11);
  EXPECT_EQ(*Call("Echo", bytes), bytes);
  EXPECT_EQ(*Call("Echo"), "");
  const std::string large(60'000, 'x');
  EXPECT_EQ(*Call("Echo", large), large);
}

TEST_P(UpstreamContractTest, TheIdentityArrivesAndIsBelieved) {
  EXPECT_EQ(*Call("Who"), "ada@192.0.2.7");
}

TEST_P(UpstreamContractTest, AStatusOfTheServiceComesThroughWhole) {
  const auto reply = Call("Refuse");
  ASSERT_FALSE(reply);
  EXPECT_TRUE(reply.error().answered);
  EXPECT_EQ(reply.error().status.code, edge::Code::kAlreadyExists);
  EXPECT_EQ(reply.error().status.message, "taken: ü");
  EXPECT_EQ(reply.error().status.details, "details");
}

TEST_P(UpstreamContractTest, AnUnknownMethodIsAnAnswerToo) {
  const auto reply = Call("Nothing");
  ASSERT_FALSE(reply);
  EXPECT_TRUE(reply.error().answered);
  EXPECT_EQ(reply.error().status.code, edge::Code::kUnimplemented);
}

TEST_P(UpstreamContractTest, NobodyThereIsUnavailableAndNoAnswer) {
  upstream_ = world_->ConnectNowhere();
  const auto reply = Call("Echo");
  ASSERT_FALSE(reply);
  EXPECT_FALSE(reply.error().answered);
  EXPECT_EQ(reply.error().status.code, edge::Code::kUnavailable);
  EXPECT_NE(reply.error().status.details.find("UPSTREAM_UNAVAILABLE"), std::string::npos);
}

TEST_P(UpstreamContractTest, TheDeadlineEndsAWaitWithoutAnAnswer) {
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = Call("Wait", {}, 100ms);
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().status.code, edge::Code::kDeadlineExceeded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

// A gateway with another key must not throw its users' sessions away.
TEST_P(UpstreamContractTest, ADistrustedPeerIsUnavailableAndNeverUnauthenticated) {
  upstream_ = world_->Connect(Key('x'));
  const auto reply = Call("Echo");
  ASSERT_FALSE(reply);
  EXPECT_FALSE(reply.error().answered);
  EXPECT_EQ(reply.error().status.code, edge::Code::kUnavailable);
}

TEST_P(UpstreamContractTest, ManyCallsAtOnceAreAnsweredEach) {
  std::vector<std::future<UpstreamReply>> replies;
  for (int i = 0; i < 500; ++i) replies.push_back(Start(upstream_, "Echo", std::to_string(i)));
  for (int i = 0; i < 500; ++i) {
    const auto reply = replies[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(reply) << i << ": " << reply.error().why << ": " << reply.error().status.message;
    EXPECT_EQ(*reply, std::to_string(i));
  }
}

std::vector<Adapter> Adapters() {
  return {{"Grpc", [] { return std::make_unique<GrpcWorld>(); }},
          {"Local", [] { return std::make_unique<LocalWorld>(); }}};
}
INSTANTIATE_TEST_SUITE_P(Adapters, UpstreamContractTest, ::testing::ValuesIn(Adapters()),
                         [](const auto& info) { return info.param.name; });

// --- Of the adapter over libgrpc++ alone ---

TEST(GrpcUpstreamTest, WhatIsUnderWayIsAnsweredBeforeTheConnectionGoes) {
  GrpcWorld world;
  auto upstream = world.Connect(Key());
  UpstreamCall call{.path = "/t.T/Wait",
                    .request = {},
                    .identity = EncodeIdentity({}),
                    .deadline = Deadline::After(SystemClock(), 10s)};
  // The call does not own the connection: it must not outlive the loop.
  auto reply = SpawnFuture(world.threads().executor(0), upstream->Call(std::move(call)));
  EXPECT_EQ(reply.wait_for(50ms), std::future_status::timeout);
  upstream.reset();
  EXPECT_EQ(reply.get().error().status.code, edge::Code::kUnavailable);
}

// Its thread runs this call and then nothing for three tenths of a second.
TEST(GrpcUpstreamTest, AServiceThatIsTooBusyToAcceptAtOnceIsWaitedFor) {
  GrpcWorld world;
  const auto upstream = world.Connect(Key());
  UpstreamCall call{.path = "/t.T/Echo",
                    .request = "hello",
                    .identity = EncodeIdentity({}),
                    .deadline = Deadline::After(SystemClock(), 10s)};
  auto reply = SpawnFuture(world.threads().executor(0), upstream->Call(std::move(call)));
  asio::post(world.threads().executor(0), [] { std::this_thread::sleep_for(300ms); });
  const auto answer = reply.get();
  ASSERT_TRUE(answer) << answer.error().why;
  EXPECT_EQ(*answer, "hello");
}

class TlsUpstreamTest : public ::testing::Test {
 protected:
  // A chat-service whose gateways must have one of these names; how a gateway with the client
  // certificate fares there.
  UpstreamReply CallWith(std::vector<std::string> names, const std::string& server_name) {
    MethodTable table(NewIdentityAdmission({{}, std::move(names)}));
    table.Forward("/t.T/Echo", yap::v1::POLICY_PUBLIC,
                  [](Caller, std::string request) -> asio::awaitable<Answer<std::string>> {
                    co_return request;
                  });
    IoThreads threads(1);
    edge::Server server({}, threads.executors(), table, SystemClock(), SystemRandom());
    edge::ListenerOptions listener;
    listener.tls = edge::TlsOptions{files_.File("server.pem"), files_.File("server.key"),
                                    files_.File("ca.pem")};
    const auto port = *server.Listen(listener);
    UpstreamTls tls{files_.Read("ca.pem"), files_.Read("client.pem"),
                    Secret(files_.Read("client.key"))};
    auto factory = NewGrpcUpstreams({.tls = std::move(tls), .key = {}});
    auto upstream = factory->Open("127.0.0.1:" + std::to_string(port), server_name);
    UpstreamCall call{.path = "/t.T/Echo",
                      .request = "hello",
                      .identity = EncodeIdentity({}),
                      .deadline = Deadline::After(SystemClock(), 10s)};
    auto reply = SpawnFuture(threads.executor(0), upstream->Call(std::move(call))).get();
    threads.Stop();
    return reply;
  }

  edge::TestCertificates files_;
};

TEST_F(TlsUpstreamTest, ACertificateOfTheClustersCaIsProofEnough) {
  EXPECT_EQ(*CallWith({}, "localhost"), "hello");
  EXPECT_EQ(*CallWith({"client.test"}, "localhost"), "hello");
}

TEST_F(TlsUpstreamTest, ACertificateWithAnotherNameIsNone) {
  EXPECT_EQ(CallWith({"gateway.test"}, "localhost").error().status.code, edge::Code::kUnavailable);
}

TEST_F(TlsUpstreamTest, AServiceThatIsNotTheOneNamedIsNotCalled) {
  EXPECT_EQ(CallWith({}, "other.test").error().status.code, edge::Code::kUnavailable);
}

}  // namespace
}  // namespace yap::api
