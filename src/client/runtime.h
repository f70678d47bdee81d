// client/runtime.h: a Model that lives: follows channels, carries the outbox, executes commands,
// and tells an observer after each change.
//
// One executor; the observer is called on it and may call back in.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/courier.h"
#include "client/outbox.h"
#include "client/sync.h"
#include "client/update.h"

namespace yap::client {

struct RuntimeOptions {
  std::filesystem::path state;  // Paths::state: where the outbox lies.
  // Events shown when a channel is opened.
  std::uint32_t past = 50;
  // The read position is told to the server at most this often, per channel.
  Duration read_every = 3s;
};

class Runtime final : public SyncListener,
                      public CourierListener,
                      public std::enable_shared_from_this<Runtime> {
 public:
  using Observer = std::function<void(const Model&, const Message&)>;

  // Opens the outbox of whoever is logged in; what waits in it is sent, and shown as pending.
  // Needs no network. `session` outlives the runtime.
  // Errors: Session::Who's, Outbox::Open's.
  static Result<std::shared_ptr<Runtime>> Start(Session& session, asio::any_io_executor executor,
                                                RuntimeOptions options, Observer observer);
  ~Runtime() override;

  const Model& model() const { return model_; }
  // Records of the outbox that were damaged on disk.
  std::size_t damaged() const { return outbox_.damaged(); }

  // Opens a channel by what people or the outbox call it ("deck", "id:N"), and goes on trying while
  // the server is away. `refused` is called for a definite no.
  void Open(std::string ref, std::function<void(const Error&)> refused);
  // Sends a message. REQUIRES: unicode::CheckText has passed it.
  void Type(const std::string& ref, std::string text);
  // Sends a refused message again.
  void Retry(const std::string& key);
  // Forgets a refused message.
  void Drop(const std::string& key);
  void Apply(const Message& message);
  // Ends streams and timers, and every call of the observer. What is not sent stays in the outbox.
  void Stop();

  // SyncListener.
  void OnEvent(const v1::Event& event) override;
  void OnCaughtUp(std::uint64_t channel, std::uint64_t head) override;
  void OnTruncated(const v1::Truncated& frame) override;
  std::optional<Place> OnEpochChanged(const v1::EpochChanged& frame) override;
  void OnEnded(const v1::Ended& frame) override;
  void OnOnline() override;
  void OnOffline(const Error& why, Duration wait) override;
  void OnStopped(std::optional<Error> why) override;

  // CourierListener.
  void OnSent(const OutboxMessage& message, const v1::SendMessageResponse& response) override;
  void OnFailed(const OutboxMessage& message, const Error& why) override;
  void OnWaiting(const OutboxMessage& message, const Error& why, Duration wait) override;
  void OnRekeyed(const std::string& old_key, const std::string& new_key) override;
  void OnHalted(const Error& why) override;

 private:
  Runtime(Session& session, asio::any_io_executor executor, RuntimeOptions options,
          Observer observer, Credentials self, Outbox outbox);

  void Begin();
  static asio::awaitable<void> OpenChannel(std::shared_ptr<Runtime> self, std::string ref,
                                           std::function<void(const Error&)> refused);
  Task<v1::GetChannelResponse> Ask(std::string ref);
  void Opened(const std::string& ref, const v1::GetChannelResponse& response);
  static asio::awaitable<void> LoadPastOf(std::shared_ptr<Runtime> self, LoadPast what);
  static asio::awaitable<void> LoadMembersOf(std::shared_ptr<Runtime> self, std::uint64_t channel);
  static asio::awaitable<void> TellRead(std::shared_ptr<Runtime> self, std::uint64_t channel);

  void Do(const Enqueue& command);
  void Do(const Requeue& command);
  void Do(const Discard& command);
  void Do(const LoadPast& command);
  void Do(const LoadMembers& command);
  void Do(const MoveRead& command);
  void Do(const WakeCourier& command);

  Session& session_;
  const asio::any_io_executor executor_;
  const RuntimeOptions options_;
  Observer observer_;

  Model model_;
  Outbox outbox_;
  std::shared_ptr<Courier> courier_;
  std::shared_ptr<Sync> sync_;
  std::map<std::uint64_t, std::uint64_t> read_to_;  // Positions to tell; an entry: one is waiting.
  bool stopped_ = false;
};

}  // namespace yap::client
