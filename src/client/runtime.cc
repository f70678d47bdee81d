#include "client/runtime.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace yap::client {
namespace {

constexpr auto kCallMax = 30s;

v1::ChannelRef RefOf(const std::string& ref) {
  v1::ChannelRef out;
  std::uint64_t id = 0;
  if (ref.starts_with("id:")) {
    std::from_chars(ref.data() + 3, ref.data() + ref.size(), id);
    out.set_id(id);
  } else {
    out.set_name(ref);
  }
  return out;
}

v1::ChannelRef RefOf(std::uint64_t id) {
  v1::ChannelRef out;
  out.set_id(id);
  return out;
}

WallTime FromProto(const google::protobuf::Timestamp& time) {
  return WallTime(std::chrono::seconds(time.seconds()) +
                  std::chrono::microseconds(time.nanos() / 1000));
}

ChannelModel ModelOf(const std::string& ref, const v1::GetChannelResponse& response) {
  const v1::Channel& channel = response.channel();
  ChannelModel out;
  out.id = channel.id();
  out.ref = ref;
  out.title = channel.kind() == v1::CHANNEL_KIND_DIRECT ? "@" + response.joined().peer().username()
                                                        : "#" + channel.name();
  out.topic = channel.topic();
  out.epoch = channel.epoch();
  out.last_seq = out.head = channel.head();
  out.read_seq = response.joined().read_seq();
  out.read_countable = response.joined().read_countable();
  out.countable = out.read_countable + response.joined().unread();
  return out;
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

Result<std::shared_ptr<Runtime>> Runtime::Start(Session& session, asio::any_io_executor executor,
                                                RuntimeOptions options, Observer observer) {
  YAP_TRY(auto self, session.Who());
  const auto folder = options.state / "outbox" / OutboxFolderName(session.server(), self.username);
  YAP_TRY(auto outbox, Outbox::Open(folder));
  std::shared_ptr<Runtime> runtime(new Runtime(session, std::move(executor), std::move(options),
                                               std::move(observer), std::move(self),
                                               std::move(outbox)));
  runtime->Begin();
  return runtime;
}

Runtime::Runtime(Session& session, asio::any_io_executor executor, RuntimeOptions options,
                 Observer observer, Credentials self, Outbox outbox)
    : session_(session),
      executor_(std::move(executor)),
      options_(std::move(options)),
      observer_(std::move(observer)),
      outbox_(std::move(outbox)) {
  model_.self_id = self.user_id;
  model_.self = self.username;
}

Runtime::~Runtime() = default;

// Messages that were refused in an earlier run are shown, too: they wait for a decision.
void Runtime::Begin() {
  courier_ = Courier::Make(session_, outbox_, executor_, *this);
  for (const OutboxMessage& message : outbox_.messages()) {
    ChatLine line;
    line.key = message.key;
    line.user_id = model_.self_id;
    line.user = model_.self;
    line.text = message.text;
    line.state = message.failure.empty() ? LineState::kPending : LineState::kFailed;
    line.reason = message.failure;
    Apply(Queued{message.channel, std::move(line)});
  }
  for (const auto& channel : outbox_.Channels()) courier_->Kick(channel);
}

void Runtime::Apply(const Message& message) {
  if (stopped_) return;
  const auto commands = Update(model_, message);
  if (observer_) observer_(model_, message);
  for (const auto& command : commands) {
    if (!stopped_) std::visit([this](const auto& c) { Do(c); }, command);
  }
}

void Runtime::Stop() {
  if (std::exchange(stopped_, true)) return;
  observer_ = nullptr;
  courier_->Stop();
  if (sync_) sync_->Stop();
}

void Runtime::Type(const std::string& ref, std::string text) {
  Apply(Typed{ref, NewKey(session_.random()), std::move(text)});
}

void Runtime::Retry(const std::string& key) { Apply(RetryAsked{key, NewKey(session_.random())}); }

void Runtime::Drop(const std::string& key) { Apply(DropAsked{key}); }

void Runtime::Open(std::string ref, std::function<void(const Error&)> refused) {
  Spawn(executor_, OpenChannel(shared_from_this(), std::move(ref), std::move(refused)));
}

Task<v1::GetChannelResponse> Runtime::Ask(std::string ref) {
  v1::GetChannelRequest request;
  *request.mutable_channel() = RefOf(ref);
  co_return co_await session_.CallOnce(kGetChannel, std::move(request),
                                       Deadline::After(session_.clock(), 10s));
}

asio::awaitable<void> Runtime::OpenChannel(std::shared_ptr<Runtime> self, std::string ref,
                                           std::function<void(const Error&)> refused) {
  Backoff backoff(self->session_.random());
  while (!self->stopped_) {
    const auto answer = co_await self->Ask(ref);
    if (self->stopped_) co_return;
    if (answer) {
      self->Opened(ref, *answer);
      co_return;
    }
    if (Judge(answer.error(), true) == Verdict::kGiveUp) {
      refused(answer.error());
      co_return;
    }
    const Duration wait = backoff.Next();
    self->Apply(ConnectionChanged{Connection::kOffline, answer.error().message, wait});
    co_await SleepFor(self->session_.clock(), wait);
  }
}

void Runtime::Opened(const std::string& ref, const v1::GetChannelResponse& response) {
  const ChannelModel channel = ModelOf(ref, response);
  const Place place{channel.epoch, channel.last_seq};
  Apply(ChannelOpened{channel});
  if (stopped_) return;
  if (sync_) {
    sync_->Follow(channel.id, place);
    return;
  }
  SyncOptions options;
  options.places[channel.id] = place;
  sync_ = Sync::Make(session_, executor_, std::move(options), *this);
  sync_->Start();
}

asio::awaitable<void> Runtime::LoadPastOf(std::shared_ptr<Runtime> self, LoadPast what) {
  v1::ListEventsRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  request.set_before_seq(what.before);
  request.set_page_size(static_cast<std::int32_t>(self->options_.past));
  const auto page = co_await self->session_.Call(kListEvents, std::move(request),
                                                 Deadline::After(self->session_.clock(), kCallMax));
  PastLoaded loaded{what.channel, {}};
  if (page) {
    for (const auto& event : page->events()) loaded.events.push_back(client::FromProto(event));
  }
  self->Apply(loaded);
}

asio::awaitable<void> Runtime::LoadMembersOf(std::shared_ptr<Runtime> self, std::uint64_t channel) {
  v1::ListMembersRequest request;
  *request.mutable_channel() = RefOf(channel);
  request.set_page_size(200);
  MembersLoaded loaded{channel, {}};
  do {
    const auto page = co_await self->session_.Call(
        kListMembers, request, Deadline::After(self->session_.clock(), kCallMax));
    if (!page) co_return;
    for (const auto& member : page->members()) loaded.names.push_back(member.user().username());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  self->Apply(loaded);
}

asio::awaitable<void> Runtime::TellRead(std::shared_ptr<Runtime> self, std::uint64_t channel) {
  co_await SleepFor(self->session_.clock(), self->options_.read_every);
  const auto position = self->read_to_.extract(channel);
  if (self->stopped_ || position.empty()) co_return;
  v1::MarkReadRequest request;
  *request.mutable_channel() = RefOf(channel);
  request.set_seq(position.mapped());
  // A position that is not told is told with the next one.
  (void)co_await self->session_.CallOnce(kMarkRead, std::move(request),
                                         Deadline::After(self->session_.clock(), kCallMax));
}

void Runtime::Do(const Enqueue& command) {
  OutboxMessage message;
  message.key = command.key;
  message.channel = command.ref;
  message.text = command.text;
  if (const auto added = outbox_.Add(message); !added) {
    Apply(NotQueued{command.ref, command.key, added.error().message});
    return;
  }
  ChatLine line;
  line.key = command.key;
  line.user_id = model_.self_id;
  line.user = model_.self;
  line.text = command.text;
  line.time = session_.clock().Now();
  line.state = LineState::kPending;
  Apply(Queued{command.ref, std::move(line)});
  courier_->Kick(command.ref);
}

void Runtime::Do(const Requeue& command) {
  if (!outbox_.Retry(command.key, command.new_key)) return;
  Apply(Rekeyed{command.key, command.new_key});
  for (const auto& channel : outbox_.Channels()) courier_->Kick(channel);
}

// A failure to write leaves it on disk: it is shown again at the next start.
void Runtime::Do(const Discard& command) { (void)outbox_.Discard(command.key); }

void Runtime::Do(const LoadPast& command) {
  Spawn(executor_, LoadPastOf(shared_from_this(), command));
}

void Runtime::Do(const LoadMembers& command) {
  Spawn(executor_, LoadMembersOf(shared_from_this(), command.channel));
}

void Runtime::Do(const MoveRead& command) {
  const bool waiting = read_to_.contains(command.channel);
  read_to_[command.channel] = command.seq;
  if (!waiting) Spawn(executor_, TellRead(shared_from_this(), command.channel));
}

void Runtime::Do(const WakeCourier&) { courier_->Wake(); }

void Runtime::OnEvent(const v1::Event& event) { Apply(EventCame{client::FromProto(event)}); }

void Runtime::OnCaughtUp(std::uint64_t channel, std::uint64_t head) {
  Apply(CaughtUp{channel, head});
}

void Runtime::OnTruncated(const v1::Truncated& frame) {
  Apply(PastTruncated{frame.channel_id(), frame.first_available()});
}

// A person looks: the new log's end is what counts, and its past is loaded again.
std::optional<Place> Runtime::OnEpochChanged(const v1::EpochChanged& frame) {
  Apply(LogReplaced{frame.channel_id(), frame.epoch(), frame.head()});
  return Place{frame.epoch(), frame.head()};
}

void Runtime::OnEnded(const v1::Ended& frame) {
  Apply(ChannelEnded{frame.channel_id(), std::string(WhyEnded(frame.reason()))});
}

void Runtime::OnOnline() { Apply(ConnectionChanged{Connection::kOnline, "", {}}); }

void Runtime::OnOffline(const Error& why, Duration wait) {
  Apply(ConnectionChanged{Connection::kOffline, why.message, wait});
}

void Runtime::OnStopped(std::optional<Error> why) {
  Apply(ConnectionChanged{Connection::kStopped, why ? why->message : "", {}, why});
}

void Runtime::OnSent(const OutboxMessage& message, const v1::SendMessageResponse& response) {
  Apply(Delivered{message.channel, message.key, response.seq(), FromProto(response.create_time())});
}

void Runtime::OnFailed(const OutboxMessage& message, const Error& why) {
  Apply(Refused{message.channel, message.key, why.message});
}

void Runtime::OnWaiting(const OutboxMessage&, const Error& why, Duration wait) {
  if (!sync_) Apply(ConnectionChanged{Connection::kOffline, why.message, wait});
}

void Runtime::OnRekeyed(const std::string& old_key, const std::string& new_key) {
  Apply(Rekeyed{old_key, new_key});
}

void Runtime::OnHalted(const Error& why) { OnStopped(why); }

}  // namespace yap::client
