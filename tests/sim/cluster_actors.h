// tests/sim/cluster_actors.h: the people of a cluster's simulation, each a coroutine of its own.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/gateway_testing.h"
#include "checker/checker.h"
#include "sim/wire.h"

namespace yap::sim {

// What every actor shares.
struct ClusterStage {
  api::Cluster& cluster;
  Random& random;
  checker::History& history;
  // Which life each gateway is in; odd: none.
  std::vector<int> lives;
  bool closing = false;  // No new sends; what was begun is brought to an answer.
  bool over = false;     // Everybody goes home.
  std::vector<std::string> violations;

  std::int64_t Nanos() const { return cluster.clock.Mono().time_since_epoch().count(); }
  Duration Some(Duration least, Duration most);
  // One that lives, if any.
  std::optional<std::size_t> AnyGateway();
};

// A user with a session, which may end and be followed by another.
struct Account {
  core::UserId user;
  std::string name;
  std::string token;
  // When the sessions of former tokens were said to have ended.
  std::map<std::string, MonoTime> ended;
};

// Sends messages until the stage closes: each with one key until it has a definite answer.
class ClusterSender {
 public:
  ClusterSender(ClusterStage& stage, const Account& who, core::ChannelId channel)
      : stage_(stage), who_(who), channel_(channel) {}
  asio::awaitable<void> Run();
  bool done() const { return done_; }

 private:
  asio::awaitable<void> SendOne();

  ClusterStage& stage_;
  const Account& who_;
  const core::ChannelId channel_;
  bool done_ = false;
};

// Reads one channel for ever through any gateway, resuming from its last seq.
class ClusterReader {
 public:
  ClusterReader(ClusterStage& stage, std::string name, const Account& who, core::ChannelId channel)
      : stage_(stage), name_(std::move(name)), who_(who), channel_(channel) {}
  asio::awaitable<void> Run();
  core::Seq last() const { return last_; }
  void Hurry() { hurry_ = true; }

 private:
  asio::awaitable<void> Listen(std::size_t gateway);
  void Drain(api::LocalCall& call, std::size_t window, const std::string& token);
  void Take(const Frame& frame);

  ClusterStage& stage_;
  const std::string name_;
  const Account& who_;
  const core::ChannelId channel_;
  Decoder decoder_;
  MonoTime begun_;  // When the frame that is not complete yet began to come.
  core::Seq last_;
  bool hurry_ = false;
  bool over_ = false;  // This stream.
};

// Logs out and in again, at any gateway.
class Fickle {
 public:
  Fickle(ClusterStage& stage, Account& who) : stage_(stage), who_(who) {}
  asio::awaitable<void> Run();

 private:
  asio::awaitable<bool> LogOut();
  asio::awaitable<bool> LogIn();

  ClusterStage& stage_;
  Account& who_;
};

}  // namespace yap::sim
