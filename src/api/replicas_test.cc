#include "api/replicas.h"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <map>

#include "api/cluster_testing.h"
#include "api/limits.h"
#include "base/sim_clock.h"
#include "grpc/health/v1/health.pb.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;

// A chat-service that says who it is, and whether it serves.
class FakeUpstreams final : public UpstreamFactory {
 public:
  struct Service {
    bool up = true;
    bool serving = true;
    bool trusts = true;
    std::map<std::string, int> calls;  // By path.
  };
  std::map<std::string, Service> services;
  std::map<std::string, std::string> server_names;

  std::shared_ptr<Upstream> Open(std::string target, std::string server_name) override {
    server_names[target] = std::move(server_name);
    return std::make_shared<One>(services[target], target);
  }

 private:
  class One final : public Upstream {
   public:
    One(Service& service, std::string target) : service_(service), target_(std::move(target)) {}
    asio::awaitable<UpstreamReply> Call(UpstreamCall call) override {
      ++service_.calls[call.path];
      if (!service_.up) co_return std::unexpected(UpstreamUnavailable());
      if (call.path == "/grpc.health.v1.Health/Check") co_return Health();
      if (!service_.trusts) co_return std::unexpected(UpstreamUnavailable());
      co_return target_;
    }

   private:
    std::string Health() const {
      grpc::health::v1::HealthCheckResponse response;
      response.set_status(service_.serving ? grpc::health::v1::HealthCheckResponse::SERVING
                                           : grpc::health::v1::HealthCheckResponse::NOT_SERVING);
      return response.SerializeAsString();
    }
    Service& service_;
    const std::string target_;
  };
};

class ReplicasTest : public ::testing::Test {
 protected:
  ~ReplicasTest() override {
    if (replicas_) replicas_->Stop();
    clock_.RunFor(io_, 1min);
  }
  void Start(std::vector<std::string> services) {
    replicas_ = NewReplicas({upstreams_, resolver_, clock_, io_.get_executor()}, {services});
    replicas_->Start([this] { ++changes_; });
    Run(100ms);
  }
  void Run(Duration span) { clock_.RunFor(io_, span); }
  // Who answered, or "nobody".
  std::string Call(std::uint64_t key, bool idempotent = false) {
    std::optional<UpstreamReply> reply;
    SpawnThen(io_.get_executor(), replicas_->Call(key, idempotent, {.path = "/t.T/Call"}),
              [&](UpstreamReply r) { reply = std::move(r); });
    Run(0s);
    return reply && *reply ? **reply : "nobody";
  }
  std::vector<std::string> Targets() {
    std::vector<std::string> out;
    for (const auto& replica : replicas_->All()) out.push_back(replica->target());
    return out;
  }

  asio::io_context io_;
  SimClock clock_;
  FakeUpstreams upstreams_;
  FakeResolver resolver_;
  int changes_ = 0;
  std::unique_ptr<Replicas> replicas_;
};

TEST_F(ReplicasTest, AKeyStaysWithItsReplicaUntilThatIsLostAndComesBackToIt) {
  Start({"a:1", "b:1", "c:1"});
  const std::string home = Call(7);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Call(7), home);
  upstreams_.services[home].up = false;
  EXPECT_EQ(Call(7), "nobody") << "not known to be repeatable";
  const std::string other = Call(7);
  EXPECT_NE(other, "nobody");
  EXPECT_NE(other, home);
  upstreams_.services[home].up = true;
  Run(kProbeInterval);
  EXPECT_EQ(Call(7), home);
}

TEST_F(ReplicasTest, AnIdempotentCallGoesOnToTheNextAtOnce) {
  Start({"a:1", "b:1"});
  const std::string home = Call(7);
  upstreams_.services[home].up = false;
  EXPECT_NE(Call(7, true), "nobody");
  EXPECT_EQ(upstreams_.services[home].calls["/t.T/Call"], 2);
}

TEST_F(ReplicasTest, NobodyIsAskedWhereNobodyLives) {
  upstreams_.services["a:1"].up = false;
  Start({"a:1"});
  EXPECT_FALSE(replicas_->AnyAlive());
  EXPECT_EQ(Call(7, true), "nobody");
  EXPECT_EQ(upstreams_.services["a:1"].calls["/t.T/Call"], 0);
}

TEST_F(ReplicasTest, ProbesFindWhatFailsAndWhatStopsServingAndTellBoth) {
  Start({"a:1"});
  EXPECT_TRUE(replicas_->AnyAlive());
  EXPECT_EQ(changes_, 1);
  upstreams_.services["a:1"].serving = false;
  Run(kProbeInterval);
  EXPECT_FALSE(replicas_->AnyAlive());
  EXPECT_EQ(changes_, 2);
  upstreams_.services["a:1"].serving = true;
  Run(kProbeIntervalLost);
  EXPECT_TRUE(replicas_->AnyAlive());
  EXPECT_EQ(changes_, 3);
}

TEST_F(ReplicasTest, OneThatDoesNotTrustUsIsNotThere) {
  upstreams_.services["a:1"].trusts = false;
  Start({"a:1"});
  Run(5s);
  EXPECT_FALSE(replicas_->AnyAlive());
}

TEST_F(ReplicasTest, EveryAddressOfANameIsOneAndTheyComeAndGo) {
  resolver_.hosts["chat.svc"] = {"10.0.0.1", "fd00::2"};
  Start({"dns:///chat.svc:7678"});
  EXPECT_EQ(Targets(), (std::vector<std::string>{"10.0.0.1:7678", "[fd00::2]:7678"}));
  EXPECT_EQ(upstreams_.server_names["10.0.0.1:7678"], "chat.svc");
  resolver_.hosts["chat.svc"] = {"10.0.0.1", "10.0.0.3"};
  Run(kResolveInterval);
  EXPECT_EQ(Targets(), (std::vector<std::string>{"10.0.0.1:7678", "10.0.0.3:7678"}));
  Run(kProbeInterval);
  const int probes = upstreams_.services["[fd00::2]:7678"].calls["/grpc.health.v1.Health/Check"];
  Run(10s);
  EXPECT_EQ(upstreams_.services["[fd00::2]:7678"].calls["/grpc.health.v1.Health/Check"], probes);
  resolver_.hosts["chat.svc"] = {};  // The resolver is away: what is known goes on.
  Run(kResolveInterval);
  EXPECT_EQ(Targets().size(), 2U);
}

TEST(ParseServiceTest, TakesAddressesAndNamesAndNothingElse) {
  EXPECT_FALSE(ParseService("127.0.0.1:7678")->resolve);
  EXPECT_EQ(ParseService("[::1]:7678")->host, "::1");
  const auto dns = ParseService("dns:///chat.svc:7678");
  EXPECT_TRUE(dns->resolve);
  EXPECT_EQ(dns->host, "chat.svc");
  EXPECT_EQ(dns->port, "7678");
  for (const char* bad :
       {"", "host", ":7678", "host:", "host:port", "http://host:1", "host:123456"}) {
    EXPECT_FALSE(ParseService(bad)) << bad;
  }
}

}  // namespace
}  // namespace yap::api
