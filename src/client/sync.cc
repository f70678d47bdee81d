#include "client/sync.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yap::client {

// One stream, and the timer that ends it when nothing comes.
struct Sync::Reader {
  std::unique_ptr<Stream> stream;
  std::unique_ptr<Timer> watch;
  Duration silence_max{};
  Secret token;
  bool open = false;  // Hello has come.
  bool gone = false;  // Nothing of it is handled any more.
};

namespace {

Duration FromProto(const google::protobuf::Duration& span) {
  return std::chrono::seconds(span.seconds()) + std::chrono::nanoseconds(span.nanos());
}

// What a server takes of one Subscribe.
constexpr int kCursorsMax = 100;
// Events of one page that fills up a channel without a cursor.
constexpr int kFillPageEvents = 200;

Error Broken(std::string_view reason, std::string message) {
  return MakeError(Errc::kUnavailable, reason, std::move(message));
}

}  // namespace

std::shared_ptr<Sync> Sync::Make(Session& session, asio::any_io_executor executor,
                                 SyncOptions options, SyncListener& listener) {
  return std::shared_ptr<Sync>(
      new Sync(session, std::move(executor), std::move(options), listener));
}

Sync::Sync(Session& session, asio::any_io_executor executor, SyncOptions options,
           SyncListener& listener)
    : session_(session),
      executor_(std::move(executor)),
      options_(std::move(options)),
      listener_(listener),
      places_(options_.places),
      backoff_(session.random()),
      timer_(session.clock().NewTimer(executor_)) {}

Sync::~Sync() = default;

void Sync::Start() { OpenReader(); }

void Sync::Stop() {
  if (std::exchange(stopped_, true)) return;
  asio::post(executor_, [self = shared_from_this()] { self->Finish(std::nullopt); });
}

void Sync::Follow(std::uint64_t channel, Place place) {
  places_[channel] = place;
  OpenLater(Duration::zero());
}

void Sync::Drop(std::uint64_t channel) { places_.erase(channel); }

std::string Sync::Request() const {
  v1::SubscribeRequest request;
  request.set_follow_joined(options_.follow_joined);
  for (const auto& [channel, place] : places_) {
    // The server begins the rest at their heads, and they are filled up to there.
    if (options_.follow_joined && request.cursors_size() == kCursorsMax) break;
    auto& cursor = *request.add_cursors();
    cursor.mutable_channel()->set_id(channel);
    cursor.set_epoch(place.epoch);
    if (place.after) cursor.set_after_seq(*place.after);
  }
  return request.SerializeAsString();
}

// A reader that is replaced is read on until its successor has begun: no moment without a stream.
void Sync::OpenReader() {
  if (stopped_ || finished_) return;
  auto& replaced = newest_ && newest_->open ? older_ : newest_;
  if (replaced) {
    replaced->gone = true;
    if (replaced->stream) replaced->stream->Cancel();
  }
  if (newest_ && newest_->open) older_ = std::move(newest_);
  newest_ = std::make_shared<Reader>();
  ++counters_.opened;
  newest_->watch = session_.clock().NewTimer(executor_);
  newest_->silence_max = options_.open_max;
  Spawn(executor_, Read(shared_from_this(), newest_));
}

asio::awaitable<void> Sync::Read(std::shared_ptr<Sync> self, std::shared_ptr<Reader> reader) {
  const auto result = co_await self->ReadFrames(reader);
  reader->watch->Cancel();
  self->ReaderEnded(
      reader, result ? Broken("STREAM_ENDED", "the server ended the stream") : result.error());
}

Task<void> Sync::ReadFrames(std::shared_ptr<Reader> reader) {
  YAP_CO_TRY(reader->token,
             co_await session_.FreshToken(Deadline::After(session_.clock(), options_.open_max)));
  if (reader->gone) co_return Result<void>();
  reader->stream = session_.transport().Open(kSubscribe.method, Request(), reader->token);
  while (true) {
    Watch(reader);
    YAP_CO_TRY(const auto bytes, co_await reader->stream->Next());
    if (!bytes || reader->gone || finished_) co_return Result<void>();
    v1::SubscribeResponse frame;
    if (!frame.ParseFromString(*bytes))
      co_return Fail(Broken("FRAME_MALFORMED", "unreadable frame"));
    if (frame.has_caught_up()) YAP_CO_TRY_VOID(co_await FillUpTo(reader, frame.caught_up()));
    if (reader->gone || finished_) co_return Result<void>();
    if (!Handle(reader, frame)) {
      co_return Fail(Broken("STREAM_GAP", "the stream skipped an event"));
    }
  }
}

void Sync::Watch(const std::shared_ptr<Reader>& reader) {
  const Deadline silent = Deadline::After(session_.clock(), reader->silence_max);
  reader->watch->Arm(silent.at, [self = weak_from_this(), weak = std::weak_ptr(reader)] {
    const auto sync = self.lock();
    const auto silent_one = weak.lock();
    if (!sync || !silent_one) return;
    ++sync->counters_.silences;
    silent_one->stream->Cancel();
  });
}

bool Sync::Handle(const std::shared_ptr<Reader>& reader, const v1::SubscribeResponse& frame) {
  switch (frame.frame_case()) {
    case v1::SubscribeResponse::kHello:
      HandleHello(reader, frame.hello());
      return true;
    case v1::SubscribeResponse::kEvent:
      return HandleEvent(frame.event());
    case v1::SubscribeResponse::kCaughtUp:
      HandleCaughtUp(reader, frame.caught_up());
      return true;
    case v1::SubscribeResponse::kTruncated:
      HandleTruncated(frame.truncated());
      return true;
    case v1::SubscribeResponse::kEpochChanged:
      HandleEpoch(frame.epoch_changed());
      return true;
    case v1::SubscribeResponse::kReconnect:
      if (reader == newest_) OpenLater(FromProto(frame.reconnect().after()));
      return true;
    case v1::SubscribeResponse::kEnded:
      HandleEnded(frame.ended());
      return true;
    case v1::SubscribeResponse::kHeartbeat:
    case v1::SubscribeResponse::FRAME_NOT_SET:
      return true;
  }
  return true;
}

void Sync::HandleHello(const std::shared_ptr<Reader>& reader, const v1::Hello& hello) {
  reader->open = true;
  const Duration interval = FromProto(hello.heartbeat_interval());
  if (interval > Duration::zero()) {
    reader->silence_max = std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::nano>(interval) * options_.silent_intervals);
  }
  if (reader != newest_) return;
  if (auto old = std::exchange(older_, nullptr)) {
    old->gone = true;
    if (old->stream) old->stream->Cancel();
  }
  backoff_.Reset();
  if (!std::exchange(online_, true)) listener_.OnOnline();
}

// The gap rule: the next event is the last one's seq + 1; earlier ones were handed out before, a
// later one means that this stream cannot be trusted.
bool Sync::HandleEvent(const v1::Event& event) {
  auto found = places_.find(event.channel_id());
  if (found == places_.end()) {
    if (!options_.follow_joined) return true;  // Of a channel that was dropped.
    found = places_.emplace(event.channel_id(), Place{}).first;
  }
  Place& place = found->second;
  if (place.epoch != 0 && event.epoch() != place.epoch) {
    ++counters_.doubles;  // Of the log before this one, on an older stream.
    return true;
  }
  if (place.after && event.seq() <= *place.after) {
    ++counters_.doubles;
    return true;
  }
  if (place.after && event.seq() != *place.after + 1) {
    ++counters_.gaps;
    return false;
  }
  place = {event.epoch(), event.seq()};
  listener_.OnEvent(event);
  return true;
}

// The stream began the channel behind its place: it had no cursor.
bool Sync::Lags(const v1::CaughtUp& frame) const {
  const auto found = places_.find(frame.channel_id());
  return found != places_.end() && found->second.after && found->second.epoch == frame.epoch() &&
         *found->second.after < frame.head();
}

// Reads what lies between; the stream's next frames wait.
Task<void> Sync::FillUpTo(std::shared_ptr<Reader> reader, v1::CaughtUp frame) {
  while (!reader->gone && !finished_ && Lags(frame)) {
    Watch(reader);
    v1::ListEventsRequest request;
    request.mutable_channel()->set_id(frame.channel_id());
    request.set_after_seq(*places_[frame.channel_id()].after);
    request.set_page_size(kFillPageEvents);
    const auto page = co_await session_.CallOnce(
        kListEvents, request, Deadline::After(session_.clock(), options_.open_max));
    if (finished_) co_return Result<void>();
    if (!page) {
      const Error why = UnknownUnlessYapds(page.error());
      // Who was removed meanwhile is told so by the stream.
      const bool removed = why.code == Errc::kNotFound || why.code == Errc::kPermissionDenied;
      if (removed) co_return Result<void>();
      co_return Fail(why);
    }
    const bool same_log = page->epoch() == frame.epoch();
    if (!same_log || !HandOut(frame.channel_id(), request.after_seq(), *page)) {
      co_return Fail(Broken("STREAM_GAP", "history does not lead on"));
    }
  }
  co_return Result<void>();
}

// The page after `after`. False: it does not lead on.
bool Sync::HandOut(std::uint64_t channel, std::uint64_t after, const v1::ListEventsResponse& page) {
  const bool truncated = page.first_available() > after + 1;
  if (truncated) {
    v1::Truncated frame;
    frame.set_channel_id(channel);
    frame.set_epoch(page.epoch());
    frame.set_head(page.head());
    frame.set_first_available(page.first_available());
    HandleTruncated(frame);
  }
  for (const auto& event : page.events()) {
    if (finished_ || !places_.contains(channel)) return true;
    if (!HandleEvent(event)) return false;
  }
  return truncated || !page.events().empty();
}

// A channel that had no cursor has no EpochChanged either.
bool Sync::HasOtherLog(const v1::CaughtUp& frame) const {
  const auto found = places_.find(frame.channel_id());
  if (found == places_.end() || !found->second.after) return false;
  const Place& place = found->second;
  return (place.epoch != 0 && place.epoch != frame.epoch()) || *place.after > frame.head();
}

void Sync::HandleCaughtUp(const std::shared_ptr<Reader>& reader, const v1::CaughtUp& frame) {
  if (reader == newest_ && HasOtherLog(frame)) {
    v1::EpochChanged changed;
    changed.set_channel_id(frame.channel_id());
    changed.set_epoch(frame.epoch());
    changed.set_head(frame.head());
    return HandleEpoch(changed);
  }
  auto found = places_.find(frame.channel_id());
  if (found == places_.end() && !options_.follow_joined) return;
  Place& place = places_[frame.channel_id()];
  place.epoch = frame.epoch();
  if (!place.after) place.after = frame.head();
  listener_.OnCaughtUp(frame.channel_id(), frame.head());
}

void Sync::HandleTruncated(const v1::Truncated& frame) {
  auto found = places_.find(frame.channel_id());
  if (found == places_.end() || frame.first_available() == 0) return;
  Place& place = found->second;
  if (place.after && *place.after + 1 >= frame.first_available()) return;  // The other stream told.
  place = {frame.epoch(), frame.first_available() - 1};
  listener_.OnTruncated(frame);
}

void Sync::HandleEpoch(const v1::EpochChanged& frame) {
  auto found = places_.find(frame.channel_id());
  if (found == places_.end()) return;
  const Place before = found->second;
  if (before.epoch == frame.epoch() && (!before.after || *before.after <= frame.head())) return;
  const auto next = listener_.OnEpochChanged(frame);
  if (next) {
    places_[frame.channel_id()] = *next;
    OpenLater(Duration::zero());
  } else {
    places_.erase(frame.channel_id());
    if (places_.empty() && !options_.follow_joined) Stop();
  }
}

void Sync::HandleEnded(const v1::Ended& frame) {
  if (frame.channel_id() == 0) return;  // The status that follows says it.
  if (places_.erase(frame.channel_id()) == 0) return;
  listener_.OnEnded(frame);
  if (places_.empty() && !options_.follow_joined) Stop();
}

void Sync::ReaderEnded(const std::shared_ptr<Reader>& reader, Error why) {
  if (finished_) return;
  if (reader == older_) {
    older_.reset();
    return;
  }
  if (reader != newest_) return;
  newest_ = std::exchange(older_, nullptr);
  why = UnknownUnlessYapds(std::move(why));
  if (TokenRefused(why) && !reader->open && !reader->token.empty()) {
    // Between FreshToken and the server's look at it, or a clock that is wrong.
    Spawn(executor_, Renew(shared_from_this(), reader->token));
  } else if (Judge(why, true) == Verdict::kGiveUp && !GoesOnWithOther(*reader, why)) {
    Finish(std::move(why));
    return;
  }
  const Duration wait = std::max<Duration>(
      backoff_.Next(), why.retry_after ? Duration(*why.retry_after) : Duration::zero());
  if (!newest_) {
    online_ = false;
    listener_.OnOffline(why, wait);
  }
  OpenLater(wait);
}

// The next reader has the new token.
asio::awaitable<void> Sync::Renew(std::shared_ptr<Sync> self, Secret token) {
  const auto renewed = co_await self->session_.Renew(
      std::move(token), Deadline::After(self->session_.clock(), self->options_.open_max));
  if (renewed) co_return;
  const Error why = UnknownUnlessYapds(renewed.error());
  if (why.code == Errc::kUnauthenticated) self->Finish(why);
}

// Whoever logs in anew on this device ends the session that was there.
bool Sync::GoesOnWithOther(const Reader& reader, const Error& why) {
  return why.code == Errc::kUnauthenticated && !reader.token.empty() &&
         session_.TakeOther(reader.token);
}

void Sync::OpenLater(Duration wait) {
  timer_->Arm(Deadline::After(session_.clock(), wait).at, [self = weak_from_this()] {
    if (const auto sync = self.lock()) sync->OpenReader();
  });
}

void Sync::Finish(std::optional<Error> why) {
  if (std::exchange(finished_, true)) return;
  timer_->Cancel();
  for (const auto& reader : {newest_, older_}) {
    if (!reader) continue;
    reader->gone = true;
    reader->watch->Cancel();
    if (reader->stream) reader->stream->Cancel();
  }
  newest_.reset();
  older_.reset();
  listener_.OnStopped(std::move(why));
}

}  // namespace yap::client
