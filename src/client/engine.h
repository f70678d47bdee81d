// client/engine.h: the hands of a client: executes the commands of client/update.h and tells, as
// messages, what came of them and what happened. It has no model.
//
// One executor; the sink is called on it, also from inside Do, and may call back in.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "client/courier.h"
#include "client/drafts.h"
#include "client/event_cache.h"
#include "client/outbox.h"
#include "client/sync.h"
#include "client/update.h"

namespace yap::client {

struct EngineOptions {
  std::filesystem::path state;  // Paths::state: outbox, drafts and cache lie there.
  // Events of one page of the past.
  std::uint32_t past = 50;
  // The read position is told to the server at most this often, per channel.
  Duration read_every = 3s;
  // All joined channels, those to come as well, with a cache on disk; else those of Open.
  bool follow_joined = false;
  // What the session lives in, if anything: kept as long as something here may still use it.
  std::shared_ptr<const void> owner{};
};

class Engine final : public SyncListener,
                     public CourierListener,
                     public std::enable_shared_from_this<Engine> {
 public:
  using Sink = std::function<void(const Message&)>;

  // Opens the outbox of whoever is logged in. Needs no network. `session` outlives the engine.
  // Errors: Session::Who's, Outbox::Open's.
  static Result<std::shared_ptr<Engine>> Make(Session& session, asio::any_io_executor executor,
                                              EngineOptions options, Sink sink);
  ~Engine() override;

  const Credentials& self() const { return self_; }
  const Drafts& drafts() const { return drafts_; }
  // Records of the outbox that were damaged on disk.
  std::size_t damaged() const { return outbox_.damaged(); }

  // Tells what waits in the outbox and sends it; follows all channels, where that is asked for.
  void Begin();
  // Opens a channel by what people or the outbox call it ("deck", "id:N"), and goes on trying while
  // the server is away. `refused` is called for a definite no.
  void Open(std::string ref, std::function<void(const Error&)> refused);
  // Of LogIn and LogOut it knows nothing: whoever owns the session does those.
  void Do(const Command& command);
  // Tells the server the read positions that wait for their time.
  Task<void> TellReadNow(Deadline deadline);
  // Ends streams and timers, and every call of the sink. What is not sent stays in the outbox.
  void Stop();
  // After Stop: ends when no attempt is under way any more and the outbox is let go of, so that the
  // next engine of the same user takes over what waits in it.
  static asio::awaitable<void> Drain(std::shared_ptr<Engine> self);

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
  struct Joined {
    std::uint64_t inbox = 0;
    Place inbox_place;
    std::vector<v1::JoinedChannel> channels;
  };
  struct Done {  // Of an action.
    std::uint64_t channel = 0;
  };

  Engine(Session& session, asio::any_io_executor executor, EngineOptions options, Sink sink,
         Credentials self, Outbox outbox);

  void Tell(const Message& message);
  Deadline In(Duration span) const { return Deadline::After(session_.clock(), span); }

  // engine_channels.cc: which channels there are, and their past.
  static asio::awaitable<void> FollowAll(std::shared_ptr<Engine> self);
  Task<Joined> ListJoined();
  void TellCached();
  void Followed(const Joined& joined);
  Place PlaceOf(const ChannelModel& channel) const;
  static asio::awaitable<void> OpenChannel(std::shared_ptr<Engine> self, std::string ref,
                                           std::function<void(const Error&)> refused);
  static asio::awaitable<void> OpenAdded(std::shared_ptr<Engine> self, std::uint64_t channel);
  Task<v1::GetChannelResponse> Ask(v1::ChannelRef ref, Deadline deadline);
  void Opened(const v1::JoinedChannel& joined, const std::string& ref);
  void Closed(std::uint64_t channel, const std::string& why);
  void OnInbox(const v1::Event& event);
  static asio::awaitable<void> LoadPastOf(std::shared_ptr<Engine> self, LoadPast what);
  static asio::awaitable<void> LoadMembersOf(std::shared_ptr<Engine> self, std::uint64_t channel);
  static asio::awaitable<void> TellRead(std::shared_ptr<Engine> self, std::uint64_t channel);
  Task<v1::MarkReadResponse> MarkRead(std::uint64_t channel, std::uint64_t seq, Deadline deadline);

  // engine_actions.cc: what people do to channels.
  static asio::awaitable<void> RunAction(std::shared_ptr<Engine> self, Act act);
  static asio::awaitable<void> ListPublicsOf(std::shared_ptr<Engine> self, std::string prefix);
  Task<std::vector<PublicChannel>> Publics(std::string prefix);
  Task<Done> Perform(CreateChannel what);
  Task<Done> Perform(JoinChannel what);
  Task<Done> Perform(LeaveChannel what);
  Task<Done> Perform(OpenDirect what);
  Task<Done> Perform(InviteUser what);
  Task<Done> Perform(RemoveUser what);
  Task<Done> Perform(SetUserRole what);
  Task<Done> Perform(SetTopic what);

  void Run(const Enqueue& command);
  void Run(const Requeue& command);
  void Run(const Discard& command);
  void Run(const LoadPast& command);
  void Run(const LoadMembers& command);
  void Run(const MoveRead& command);
  void Run(const WakeCourier& command);
  void Run(const LogIn&) {}
  void Run(const LogOut&) {}
  void Run(const ListPublics& command);
  void Run(const Act& command);
  void Run(const KeepDraft& command);
  void Run(const KeepHistory& command);
  void Run(const KeepMute& command);

  // Errors: Outbox::Retry's or Add's.
  Result<> QueueAgain(const Requeue& command);
  void FlushSoon();
  void Flush();

  Session& session_;
  const asio::any_io_executor executor_;
  const EngineOptions options_;
  const Credentials self_;
  Sink sink_;

  Outbox outbox_;
  Drafts drafts_;
  EventCache cache_;
  std::unique_ptr<Timer> flush_;
  bool flush_armed_ = false;
  std::shared_ptr<Courier> courier_;
  std::shared_ptr<Sync> sync_;
  std::uint64_t inbox_ = 0;
  std::map<std::uint64_t, v1::JoinedChannel> joined_;  // With follow_joined, once they are listed.
  std::map<std::uint64_t, Place> cached_;              // Up to where the cache goes.
  std::map<std::uint64_t, std::uint64_t> read_to_;  // Positions to tell; an entry: one is waiting.
  bool stopped_ = false;
};

}  // namespace yap::client
