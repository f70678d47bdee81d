#include "client/courier.h"

#include <charconv>
#include <utility>

namespace yap::client {
namespace {

// One attempt: the server caps what it takes at 30 s; a store that is down is told in 2 s.
constexpr auto kAttemptMax = 10s;

v1::ChannelRef RefOf(const std::string& channel) {
  v1::ChannelRef ref;
  std::uint64_t id = 0;
  if (channel.starts_with("id:")) {
    std::from_chars(channel.data() + 3, channel.data() + channel.size(), id);
    ref.set_id(id);
  } else {
    ref.set_name(channel);
  }
  return ref;
}

}  // namespace

// The wait of one channel, and what ends it early.
struct Courier::Lane {
  Lane(Random& random, std::unique_ptr<Timer> its_timer)
      : backoff(random), timer(std::move(its_timer)) {}

  Backoff backoff;
  std::unique_ptr<Timer> timer;
  Callback<void> waiting;
};

std::shared_ptr<Courier> Courier::Make(Session& session, Outbox& outbox,
                                       asio::any_io_executor executor, CourierListener& listener) {
  return std::shared_ptr<Courier>(new Courier(session, outbox, std::move(executor), listener));
}

Courier::Courier(Session& session, Outbox& outbox, asio::any_io_executor executor,
                 CourierListener& listener)
    : session_(session), outbox_(outbox), executor_(std::move(executor)), listener_(listener) {}

Courier::~Courier() = default;

void Courier::Kick(const std::string& channel) {
  if (stopped_ || lanes_.contains(channel) || !outbox_.Next(channel)) return;
  lanes_[channel] = std::make_unique<Lane>(session_.random(), session_.clock().NewTimer(executor_));
  Spawn(executor_, Run(shared_from_this(), channel));
}

void Courier::Wake() {
  for (auto& [channel, lane] : lanes_) {
    lane->timer->Cancel();
    if (auto waiting = std::exchange(lane->waiting, nullptr)) waiting({});
  }
}

void Courier::Stop() {
  stopped_ = true;
  Wake();
}

asio::awaitable<void> Courier::Run(std::shared_ptr<Courier> self, std::string channel) {
  while (!self->stopped_ && self->outbox_.Next(channel)) {
    const auto result = co_await self->SendNext(channel);
    if (result) {
      self->lanes_[channel]->backoff.Reset();
    } else if (!co_await self->WaitAfter(channel, result.error())) {
      break;
    }
  }
  self->lanes_.erase(channel);
}

// OK: the first message is sent or has failed. An error: it is as before.
Task<void> Courier::SendNext(std::string channel) {
  const OutboxMessage first = *outbox_.Next(channel);
  std::uint64_t head = first.head;
  if (first.attempts == 0) {
    const auto known = co_await Head(channel);
    if (!known) co_return Settle(first, std::unexpected(known.error()));
    head = *known;
    if (stopped_) co_return Result<void>();
  }
  YAP_CO_TRY_VOID(outbox_.Attempt(first.key, head));
  const OutboxMessage* next = outbox_.Next(channel);
  if (!next || next->key != first.key) co_return Result<void>();
  const OutboxMessage message = *next;
  const auto answer = co_await Attempt(message);
  if (!answer && answer.error().reason == "RETRY_TOO_LATE") co_return co_await LookForKey(message);
  co_return Settle(message, answer);
}

Task<std::uint64_t> Courier::Head(std::string channel) {
  v1::GetChannelRequest request;
  *request.mutable_channel() = RefOf(channel);
  YAP_CO_TRY(const auto response,
             co_await session_.CallOnce(kGetChannel, std::move(request),
                                        Deadline::After(session_.clock(), kAttemptMax)));
  co_return response.channel().head();
}

Task<v1::SendMessageResponse> Courier::Attempt(OutboxMessage message) {
  v1::SendMessageRequest request;
  *request.mutable_channel() = RefOf(message.channel);
  request.set_client_msg_id(message.key);
  request.set_text(message.text);
  if (message.reply_to) request.set_reply_to_seq(*message.reply_to);
  request.set_attempt(message.attempts);
  request.set_first_attempt_head(message.head);
  co_return co_await session_.CallOnce(kSendMessage, std::move(request),
                                       Deadline::After(session_.clock(), kAttemptMax));
}

// Errors that another attempt, or a new login, may cure are handed back.
Result<> Courier::Settle(const OutboxMessage& message,
                         const Result<v1::SendMessageResponse>& answer) {
  if (answer) {
    YAP_TRY_VOID(outbox_.Sent(message.key));
    if (!stopped_) listener_.OnSent(message, *answer);
    return {};
  }
  const Error error = UnknownUnlessYapds(answer.error());
  if (error.code == Errc::kUnauthenticated || Judge(error, true) != Verdict::kGiveUp) {
    return std::unexpected(error);
  }
  YAP_TRY_VOID(outbox_.Failed(message.key, error.message));
  if (!stopped_) listener_.OnFailed(message, error);
  return {};
}

// The server keeps only so many keys at hand. The log itself has the answer: everything that could
// be this message came after the head of the first attempt.
Task<void> Courier::LookForKey(OutboxMessage message) {
  v1::ListEventsRequest request;
  *request.mutable_channel() = RefOf(message.channel);
  request.set_after_seq(message.head);
  request.set_page_size(200);
  while (!stopped_) {
    const auto page = co_await session_.CallOnce(kListEvents, request,
                                                 Deadline::After(session_.clock(), kAttemptMax));
    if (!page) co_return Settle(message, std::unexpected(page.error()));
    for (const auto& event : page->events()) {
      if (event.client_msg_id() != message.key) continue;
      v1::SendMessageResponse found;
      found.set_seq(event.seq());
      found.set_epoch(event.epoch());
      found.set_channel_id(event.channel_id());
      *found.mutable_create_time() = event.time();
      co_return Settle(message, found);
    }
    if (!page->has_newer() || page->events().empty()) break;
    request.set_after_seq(page->events(page->events_size() - 1).seq());
  }
  if (stopped_) co_return Result<void>();
  const std::string key = session_.NewKey();
  YAP_CO_TRY_VOID(outbox_.Rekey(message.key, key));
  if (!stopped_) listener_.OnRekeyed(message.key, key);
  co_return Result<void>();
}

// False: no attempt makes sense any more.
asio::awaitable<bool> Courier::WaitAfter(std::string channel, Error why) {
  if (stopped_) co_return false;
  why = UnknownUnlessYapds(std::move(why));
  const Verdict verdict = Judge(why, true);
  if (verdict == Verdict::kGiveUp) {
    listener_.OnHalted(why);
    co_return false;
  }
  Lane& lane = *lanes_[channel];
  const Duration wait =
      verdict == Verdict::kRetryAfterTold ? Duration(*why.retry_after) : lane.backoff.Next();
  if (const OutboxMessage* message = outbox_.Next(channel)) {
    listener_.OnWaiting(*message, why, wait);
  }
  co_await FromCallback<void>([&](Callback<void> done) {
    lane.waiting = std::move(done);
    lane.timer->Arm(Deadline::After(session_.clock(), wait).at, [&lane] {
      if (auto waiting = std::exchange(lane.waiting, nullptr)) waiting({});
    });
  });
  co_return !stopped_;
}

}  // namespace yap::client
