// api/gateway_testing.h: a whole cluster in one thread on simulated time: chat-services over one
// store in memory, gateways before them, a bus between. Calls are made as clients make them, with
// tokens; nothing of a socket.
#pragma once

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api.h"
#include "api/cluster_testing.h"
#include "api/frame_encoder.h"
#include "api/gateway.h"
#include "base/sim_clock.h"
#include "bus/memory/faulty_bus.h"
#include "bus/memory/memory_bus.h"
#include "core/append_journal.h"
#include "core/counted_bus.h"
#include "crypto/fake_password_hasher.h"
#include "edge/grpc_wire.h"
#include "store/memory/faulty_store.h"
#include "store/memory/memory_store.h"

namespace yap::api {

// One life of a chat-service, from start to crash.
class ChatNode {
 public:
  ChatNode(asio::io_context& io, SimClock& clock, store::Store& truth, core::EventBus& bus,
           std::uint64_t seed, Secret key);
  ~ChatNode();

  edge::Router* router() { return dead_ ? nullptr : router_.get(); }
  core::Channels& channels() { return *channels_; }
  core::Accounts& accounts() { return *accounts_; }
  store::FaultyStore& store() { return *store_; }
  bus::FaultyBus& bus() { return *bus_; }
  bool dead() const { return dead_; }
  void SetReady(bool ready) { readiness_.Set(ready); }

  // kill -9: what has reached the store stays, everything else is gone.
  void Crash();

 private:
  static asio::awaitable<void> Live(ChatNode& node);

  SimClock& clock_;
  SeededRandom random_;
  std::unique_ptr<store::FaultyStore> store_;
  std::unique_ptr<bus::FaultyBus> bus_;
  core::AppendJournal journal_;
  core::JournaledLog log_;
  core::CountedBus counted_;
  FakePasswordHasher hasher_;
  std::unique_ptr<core::Channels> channels_;
  std::unique_ptr<core::Accounts> accounts_;
  Readiness readiness_;
  std::unique_ptr<edge::Router> router_;
  bool dead_ = false;
};

// One life of a gateway.
class GatewayNode {
 public:
  struct Options {
    std::vector<std::string> services;
    bool bus_silent = false;
    hub::HubOptions hub;
  };
  GatewayNode(asio::io_context& io, SimClock& clock, core::EventBus& bus,
              const hub::FrameEncoder& encoder, std::uint64_t seed, Secret key, Options options);
  // Its streams end first.
  ~GatewayNode();

  edge::Router& router() { return gateway_->router(); }
  Gateway& gateway() { return *gateway_; }
  LocalUpstreams& upstreams() { return upstreams_; }
  FakeResolver& resolver() { return resolver_; }

 private:
  SeededRandom random_;
  LocalUpstreams upstreams_;
  FakeResolver resolver_;
  Readiness readiness_;
  std::unique_ptr<Gateway> gateway_;
};

struct ClusterOptions {
  std::size_t chats = 2;
  std::size_t gateways = 2;
  bool bus_silent = false;
  std::uint64_t seed = 1;
  hub::HubOptions hub;
  const hub::FrameEncoder* encoder = nullptr;  // None: the product's.
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options = {});
  ~Cluster();

  ChatNode& chat(std::size_t i) { return *chats_[i]; }
  GatewayNode& gateway(std::size_t i) { return *gateways_[i]; }
  static std::string TargetOf(std::size_t chat) { return "chat" + std::to_string(chat) + ":1"; }
  // How gateway `g` reaches chat-service `c`.
  LocalService& link(std::size_t g, std::size_t c) {
    return gateways_[g]->upstreams().at(TargetOf(c));
  }
  void CrashChat(std::size_t i);
  void StartChat(std::size_t i);
  void CrashGateway(std::size_t i);
  void StartGateway(std::size_t i);

  void Run(Duration span) { clock.RunFor(io, span); }
  bool RunUntil(Duration most, const std::function<bool()>& done) {
    return clock.RunFor(io, most, done);
  }
  template <class T>
  std::optional<T> Await(asio::awaitable<T> work, Duration most = std::chrono::minutes(1)) {
    std::optional<T> result;
    SpawnThen(io.get_executor(), std::move(work), [&](T r) { result = std::move(r); });
    RunUntil(most, [&] { return result.has_value(); });
    return result;
  }

  // A unary call of a client with that token to that gateway.
  asio::awaitable<Answer<std::string>> CallBytes(std::size_t gateway, std::string path,
                                                 std::string request, std::string token,
                                                 edge::Metadata more = {});
  template <class Response, class Request>
  Answer<Response> Call(std::size_t gateway, const std::string& path, const Request& request,
                        const std::string& token = {}, edge::Metadata more = {}) {
    auto reply = Await(CallBytes(gateway, path, request.SerializeAsString(), token, more));
    EXPECT_TRUE(reply) << path << " was never answered";
    if (!reply || !*reply) return std::unexpected(reply ? reply->error() : edge::Status{});
    Response response;
    EXPECT_TRUE(response.ParseFromString(**reply));
    return response;
  }

  asio::io_context io;
  SimClock clock;
  SeededRandom random;
  std::unique_ptr<store::Store> truth =
      store::OpenMemoryStore({.writers = core::Writers::kOthersToo});
  std::unique_ptr<core::EventBus> bus = bus::NewMemoryBus();

 private:
  const ClusterOptions options_;
  const Secret key_{std::string(32, 'k')};
  const std::unique_ptr<hub::FrameEncoder> own_encoder_ = NewFrameEncoder();
  std::vector<std::shared_ptr<ChatNode>> chats_;
  std::vector<std::unique_ptr<GatewayNode>> gateways_;
  std::vector<std::unique_ptr<GatewayNode>> gateway_graveyard_;
  std::vector<std::shared_ptr<ChatNode>> graveyard_;  // Their coroutines end before they do.
};

}  // namespace yap::api
