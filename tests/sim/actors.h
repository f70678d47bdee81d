// tests/sim/actors.h: the people of the simulation, each a coroutine or a timer of its own.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "sim/wire.h"
#include "sim/world.h"

namespace yap::sim {

// What every actor shares. `server` answers the one that lives now, or null while there is none.
struct Stage {
  asio::io_context& io;
  SimClock& clock;
  Random& random;
  checker::History& history;
  std::function<std::shared_ptr<Server>()> server;
  // Stops new sends; what was begun is brought to an answer.
  bool closing = false;
  std::vector<std::string> violations;

  std::int64_t Nanos() const { return clock.Mono().time_since_epoch().count(); }
  Duration Some(Duration least, Duration most);
};

core::Principal PrincipalOf(core::UserId user, const std::string& name);

// Sends messages until the stage closes: each with one key until it has a definite answer.
class Sender {
 public:
  Sender(Stage& stage, core::Principal who, core::ChannelId channel);
  asio::awaitable<void> Run();
  bool done() const { return done_; }
  std::size_t stored() const { return stored_; }

 private:
  asio::awaitable<void> SendOne();

  Stage& stage_;
  const core::Principal who_;
  const core::ChannelId channel_;
  std::size_t stored_ = 0;
  bool done_ = false;
};

// Reads one channel for ever, at a pace of its own, resuming from its last seq whenever its stream
// or its server ends.
class Reader {
 public:
  Reader(Stage& stage, std::string name, core::Principal who, core::ChannelId channel);
  asio::awaitable<void> Run();
  core::Seq last() const { return last_; }
  // Reads as fast as it can from now on.
  void Hurry() { hurry_ = true; }

 private:
  asio::awaitable<bool> Connect(std::shared_ptr<Server> server);
  asio::awaitable<void> Listen(std::shared_ptr<Server> server);
  void Drain(std::size_t window);
  void Take(const Frame& frame);

  Stage& stage_;
  const std::string name_;
  const core::Principal who_;
  const core::ChannelId channel_;
  std::unique_ptr<hub::Subscriber> subscriber_;
  Decoder decoder_;
  core::Seq last_;
  core::Seq granted_;  // The head this stream was authorised at.
  bool hurry_ = false;
  // Of this stream:
  bool gone_ = false;  // Its reader was removed by an event after the grant: nothing may follow.
  bool ended_ = false;
  bool reconnect_ = false;
};

// Comes with a position of another life of the log, is told so, and lingers: others read the
// channel meanwhile.
class Stranger {
 public:
  Stranger(Stage& stage, core::Principal who, core::ChannelId channel);
  asio::awaitable<void> Run();
  bool done() const { return done_; }

 private:
  asio::awaitable<void> Visit(std::shared_ptr<Server> server);
  void Judge(hub::Subscriber& subscriber);

  Stage& stage_;
  const core::Principal who_;
  const core::ChannelId channel_;
  bool done_ = false;
};

// Leaves and joins again, or is kicked and invited, for as long as the stage is open.
class Restless {
 public:
  Restless(Stage& stage, core::Principal owner, core::Principal who, core::ChannelId channel);
  asio::awaitable<void> Run();

 private:
  Stage& stage_;
  const core::Principal owner_;
  const core::Principal who_;
  const core::ChannelId channel_;
};

}  // namespace yap::sim
