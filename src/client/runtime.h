// client/runtime.h: a Model that lives: an Engine executes its commands, and an observer hears of
// each change. For clients of one thread: the plain chat, bots, tests.
//
// One executor; the observer is called on it and may call back in.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/engine.h"

namespace yap::client {

class Runtime final : public std::enable_shared_from_this<Runtime> {
 public:
  using Observer = std::function<void(const Model&, const Message&)>;

  // Opens the outbox of whoever is logged in; what waits in it is sent, and shown as pending.
  // Needs no network. `session` outlives the runtime.
  // Errors: Session::Who's, Outbox::Open's.
  static Result<std::shared_ptr<Runtime>> Start(Session& session, asio::any_io_executor executor,
                                                EngineOptions options, Observer observer);

  const Model& model() const { return model_; }
  // Records of the outbox that were damaged on disk.
  std::size_t damaged() const { return engine_->damaged(); }

  // Opens a channel: Engine::Open.
  void Open(std::string ref, std::function<void(const Error&)> refused);
  // Sends a message. REQUIRES: unicode::CheckText has passed it.
  void Type(const std::string& ref, std::string text);
  // Sends a refused message again.
  void Retry(const std::string& key);
  // Forgets a refused message.
  void Drop(const std::string& key);
  void Apply(const Message& message);
  // Tells the server what was read and not told yet.
  Task<void> TellReadNow(Deadline deadline) { return engine_->TellReadNow(deadline); }
  // Ends streams and timers, and every call of the observer. What is not sent stays in the outbox.
  void Stop();

 private:
  Runtime(Session& session, Observer observer)
      : session_(session), observer_(std::move(observer)) {}

  Session& session_;
  Observer observer_;
  Model model_;
  std::shared_ptr<Engine> engine_;
  bool stopped_ = false;
};

}  // namespace yap::client
