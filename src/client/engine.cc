#include "client/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yap::client {
namespace {

// What was typed or came last is on disk after this.
constexpr Duration kFlushAfter = std::chrono::seconds(1);
constexpr Duration kDrainPoll = std::chrono::milliseconds(20);

WallTime FromProto(const google::protobuf::Timestamp& time) {
  return WallTime(std::chrono::seconds(time.seconds()) +
                  std::chrono::microseconds(time.nanos() / 1000));
}

std::string_view WhyEnded(v1::EndReason reason) {
  switch (reason) {
    case v1::END_REASON_LEFT:
      return "you left";
    case v1::END_REASON_REMOVED:
      return "you were removed";
    case v1::END_REASON_BANNED:
      return "you were banned";
    case v1::END_REASON_SESSION_ENDED:
      return "the session ended";
    default:
      return "the channel is gone";
  }
}

}  // namespace

Result<std::shared_ptr<Engine>> Engine::Make(Session& session, asio::any_io_executor executor,
                                             EngineOptions options, Sink sink) {
  YAP_TRY(auto self, session.Who());
  const auto folder = options.state / "outbox" / OutboxFolderName(session.server(), self.username);
  YAP_TRY(auto outbox, Outbox::Open(folder));
  return std::shared_ptr<Engine>(new Engine(session, std::move(executor), std::move(options),
                                            std::move(sink), std::move(self), std::move(outbox)));
}

Engine::Engine(Session& session, asio::any_io_executor executor, EngineOptions options, Sink sink,
               Credentials self, Outbox outbox)
    : session_(session),
      executor_(std::move(executor)),
      options_(std::move(options)),
      self_(std::move(self)),
      sink_(std::move(sink)),
      outbox_(std::move(outbox)),
      drafts_(options_.state / "drafts" /
              (OutboxFolderName(session.server(), self_.username) + ".json")),
      cache_(EventCacheFolder(options_.state, session.server(), self_.username)),
      flush_(session.clock().NewTimer(executor_)) {}

Engine::~Engine() = default;

// Messages that were refused in an earlier run are told, too: they wait for a decision.
void Engine::Begin() {
  courier_ = Courier::Make(session_, outbox_, executor_, *this);
  for (const OutboxMessage& message : outbox_.messages()) {
    ChatLine line;
    line.key = message.key;
    line.user_id = self_.user_id;
    line.user = self_.username;
    line.text = message.text;
    line.state = message.failure.empty() ? LineState::kPending : LineState::kFailed;
    line.reason = message.failure;
    Tell(Queued{message.channel, std::move(line)});
  }
  for (const auto& channel : outbox_.Channels()) courier_->Kick(channel);
  if (options_.follow_joined) Spawn(executor_, FollowAll(shared_from_this()));
}

void Engine::Tell(const Message& message) {
  if (!stopped_ && sink_) sink_(message);
}

void Engine::Stop() {
  if (std::exchange(stopped_, true)) return;
  sink_ = nullptr;
  flush_->Cancel();
  Flush();
  courier_->Stop();
  if (sync_) sync_->Stop();
}

asio::awaitable<void> Engine::Drain(std::shared_ptr<Engine> self) {
  while (!self->courier_->idle()) co_await SleepFor(self->session_.clock(), kDrainPoll);
  self->outbox_.Close();
  // What Stop has posted still speaks to the engine.
  asio::post(self->executor_, [self] {});
}

void Engine::Do(const Command& command) {
  if (!stopped_) std::visit([this](const auto& c) { Run(c); }, command);
}

// --- The outbox ---

// From here on the outbox has it: a crash must not bring it back as a draft, too.
void Engine::Run(const Enqueue& command) {
  OutboxMessage message;
  message.key = command.key;
  message.channel = command.ref;
  message.text = command.text;
  if (const auto added = outbox_.Add(message); !added) {
    return Tell(NotQueued{command.ref, command.key, command.text, added.error().message});
  }
  drafts_.Keep(command.ref, "");
  if (!drafts_.Flush()) FlushSoon();
  ChatLine line;
  line.key = command.key;
  line.user_id = self_.user_id;
  line.user = self_.username;
  line.text = command.text;
  line.time = session_.clock().Now();
  line.state = LineState::kPending;
  Tell(Queued{command.ref, std::move(line)});
  courier_->Kick(command.ref);
}

// What it could not take has been in the model alone.
Result<> Engine::QueueAgain(const Requeue& command) {
  const bool has = std::ranges::find(outbox_.messages(), command.key, &OutboxMessage::key) !=
                   outbox_.messages().end();
  if (has) return outbox_.Retry(command.key, command.new_key);
  OutboxMessage message;
  message.key = command.new_key;
  message.channel = command.ref;
  message.text = command.text;
  return outbox_.Add(std::move(message));
}

void Engine::Run(const Requeue& command) {
  if (const auto queued = QueueAgain(command); !queued) {
    return Tell(Refused{command.ref, command.key, queued.error().message});
  }
  Tell(Rekeyed{command.key, command.new_key});
  for (const auto& channel : outbox_.Channels()) courier_->Kick(channel);
}

// A failure to write leaves it on disk: it is shown again at the next start.
void Engine::Run(const Discard& command) { (void)outbox_.Discard(command.key); }

void Engine::Run(const WakeCourier&) { courier_->Wake(); }

void Engine::OnSent(const OutboxMessage& message, const v1::SendMessageResponse& response) {
  Tell(Delivered{message.channel, message.key, response.seq(), FromProto(response.create_time())});
}

void Engine::OnFailed(const OutboxMessage& message, const Error& why) {
  Tell(Refused{message.channel, message.key, why.message});
}

// A file that is in the way is not the connection's trouble.
void Engine::OnWaiting(const OutboxMessage&, const Error& why, Duration wait) {
  if (sync_ || OfThisMachine(why)) return;
  Tell(ConnectionChanged{Connection::kOffline, why.message, wait});
}

void Engine::OnRekeyed(const std::string& old_key, const std::string& new_key) {
  Tell(Rekeyed{old_key, new_key});
}

void Engine::OnHalted(const Error& why) { OnStopped(why); }

// --- Drafts and the cache ---

void Engine::Run(const KeepDraft& command) {
  drafts_.Keep(command.ref, command.text);
  FlushSoon();
}

void Engine::Run(const KeepHistory& command) {
  drafts_.AddHistory(command.text);
  FlushSoon();
}

void Engine::Run(const KeepMute& command) {
  drafts_.Mute(command.channel, command.on);
  FlushSoon();
}

void Engine::FlushSoon() {
  if (stopped_) return;  // What is kept may be about to go, with a log-out.
  if (std::exchange(flush_armed_, true)) return;
  flush_->Arm(In(kFlushAfter).at, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Flush();
  });
}

// Conveniences: where the disk is full, drafts are tried again, and nothing else suffers.
void Engine::Flush() {
  flush_armed_ = false;
  (void)cache_.Flush();
  if (!drafts_.Flush() && !stopped_) FlushSoon();
}

// --- The streams ---

void Engine::OnEvent(const v1::Event& event) {
  if (event.channel_id() == inbox_) return OnInbox(event);
  if (options_.follow_joined) {
    cache_.Add(event);
    FlushSoon();
  }
  Tell(EventCame{client::FromProto(event)});
}

void Engine::OnCaughtUp(std::uint64_t channel, std::uint64_t head) {
  if (channel != inbox_) Tell(CaughtUp{channel, head});
}

void Engine::OnTruncated(const v1::Truncated& frame) {
  Tell(PastTruncated{frame.channel_id(), frame.first_available()});
}

// A person looks: the new log's end is what counts, and its past is loaded again.
std::optional<Place> Engine::OnEpochChanged(const v1::EpochChanged& frame) {
  Tell(LogReplaced{frame.channel_id(), frame.epoch(), frame.head()});
  return Place{frame.epoch(), frame.head()};
}

void Engine::OnEnded(const v1::Ended& frame) {
  Closed(frame.channel_id(), std::string(WhyEnded(frame.reason())));
}

void Engine::OnOnline() { Tell(ConnectionChanged{Connection::kOnline, "", {}}); }

void Engine::OnOffline(const Error& why, Duration wait) {
  Tell(ConnectionChanged{Connection::kOffline, why.message, wait});
}

void Engine::OnStopped(std::optional<Error> why) {
  Tell(ConnectionChanged{Connection::kStopped, why ? why->message : "", {}, why});
}

}  // namespace yap::client
