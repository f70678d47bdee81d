// client/engine.h: which channels there are, their past, their members, how far they are read.
#include <algorithm>
#include <utility>

#include "client/engine.h"
#include "client/wire_model.h"

namespace yap::client {
namespace {

constexpr auto kCallMax = 30s;
constexpr auto kAskMax = 10s;
// After a past or members that could not be had, before whoever looks may ask again.
constexpr auto kAskAgainPause = 2s;
constexpr int kPage = 200;
// A channel that went on by more than this since the last run is not read through: its newest page
// is enough, and the rest comes when somebody scrolls there.
constexpr std::uint64_t kResumeMax = 1000;

// Calls `take(page)` for each page of a list.
template <class Method, class F>
Task<void> EachPage(Session& session, Method method, typename Method::Request request,
                    Deadline deadline, F take) {
  request.set_page_size(kPage);
  do {
    YAP_CO_TRY(const auto page, co_await session.Call(method, request, deadline));
    take(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  co_return Result<void>();
}

}  // namespace

// --- All joined channels ---

asio::awaitable<void> Engine::FollowAll(std::shared_ptr<Engine> self) {
  self->TellCached();
  Backoff backoff(self->session_.random());
  while (!self->stopped_) {
    const auto joined = co_await self->ListJoined();
    if (self->stopped_) co_return;
    if (joined) {
      self->Followed(*joined);
      co_return;
    }
    const Error why = UnknownUnlessYapds(joined.error());
    if (Judge(why, true) == Verdict::kGiveUp) {
      self->OnStopped(why);
      co_return;
    }
    const Duration wait = backoff.Next();
    self->OnOffline(why, wait);
    co_await SleepFor(self->session_.clock(), wait);
  }
}

void Engine::TellCached() {
  JoinedListed listed;
  for (const CachedChannel& cached : cache_.Read()) {
    ChannelModel channel = ModelOf(cached.channel);
    channel.muted = drafts_.Muted(channel.id);
    if (!cached.events.empty()) {
      channel.last_seq = cached.events.back().seq();
      channel.countable = std::max(channel.countable, cached.events.back().countable());
      cached_[channel.id] = {channel.epoch, channel.last_seq};
    }
    for (const auto& event : cached.events) {
      channel.lines.push_back(LineOf(client::FromProto(event), self_.username));
    }
    listed.channels.push_back(std::move(channel));
  }
  if (!listed.channels.empty()) Tell(listed);
}

// The inbox's head is read first: what is joined after that is an event behind it.
Task<Engine::Joined> Engine::ListJoined() {
  Joined out;
  YAP_CO_TRY(const auto me, co_await session_.CallOnce(kWhoAmI, {}, In(kAskMax)));
  out.inbox = me.inbox_channel_id();
  v1::ListEventsRequest newest;
  *newest.mutable_channel() = RefOf(out.inbox);
  newest.set_page_size(1);
  YAP_CO_TRY(const auto inbox, co_await session_.CallOnce(kListEvents, newest, In(kAskMax)));
  out.inbox_place = {inbox.epoch(), inbox.head()};
  YAP_CO_TRY_VOID(co_await EachPage(
      session_, kListJoinedChannels, {}, In(kAskMax),
      [&out](const v1::ListJoinedChannelsResponse& page) {
        out.channels.insert(out.channels.end(), page.channels().begin(), page.channels().end());
      }));
  co_return out;
}

Place Engine::PlaceOf(const ChannelModel& channel) const {
  const auto cached = cached_.find(channel.id);
  const Place head{channel.epoch, channel.head};
  if (cached == cached_.end() || cached->second.epoch != channel.epoch) return head;
  const std::uint64_t after = *cached->second.after;
  return after <= channel.head && channel.head - after <= kResumeMax ? cached->second : head;
}

void Engine::Followed(const Joined& joined) {
  inbox_ = joined.inbox;
  SyncOptions options;
  options.follow_joined = true;
  options.owner = options_.owner;
  options.places[inbox_] = joined.inbox_place;
  JoinedListed listed;
  for (const auto& each : joined.channels) {
    ChannelModel channel = ModelOf(each);
    const Place place = PlaceOf(channel);
    channel.last_seq = *place.after;
    channel.muted = drafts_.Muted(channel.id);
    options.places[channel.id] = place;
    joined_[channel.id] = each;
    listed.channels.push_back(std::move(channel));
  }
  (void)cache_.Keep(joined.channels);
  Tell(listed);
  if (stopped_) return;
  sync_ = Sync::Make(session_, executor_, std::move(options), *this);
  sync_->Start();
}

void Engine::OnInbox(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kAddedToChannel:
      Spawn(executor_, OpenAdded(shared_from_this(), event.added_to_channel().channel_id()));
      return;
    case v1::Event::kReadMoved:
      return Tell(ReadMoved{event.read_moved().channel_id(), event.read_moved().seq(),
                            event.read_moved().countable()});
    default:
      return;  // The channel's own stream, or the end of this one, says it.
  }
}

asio::awaitable<void> Engine::OpenAdded(std::shared_ptr<Engine> self, std::uint64_t channel) {
  if (self->joined_.contains(channel)) co_return;
  auto answer = co_await self->Ask(RefOf(channel), self->In(kCallMax));
  if (!answer || self->stopped_ || !answer->has_joined()) co_return;
  *answer->mutable_joined()->mutable_channel() = answer->channel();
  self->Opened(answer->joined(), RefNameOf(answer->channel()));
}

// --- One channel ---

void Engine::Open(std::string ref, std::function<void(const Error&)> refused) {
  Spawn(executor_, OpenChannel(shared_from_this(), std::move(ref), std::move(refused)));
}

Task<v1::GetChannelResponse> Engine::Ask(v1::ChannelRef ref, Deadline deadline) {
  v1::GetChannelRequest request;
  *request.mutable_channel() = std::move(ref);
  co_return co_await session_.CallOnce(kGetChannel, std::move(request), deadline);
}

asio::awaitable<void> Engine::OpenChannel(std::shared_ptr<Engine> self, std::string ref,
                                          std::function<void(const Error&)> refused) {
  Backoff backoff(self->session_.random());
  while (!self->stopped_) {
    auto answer = co_await self->Ask(RefOf(ref), self->In(kAskMax));
    if (self->stopped_) co_return;
    if (answer) {
      *answer->mutable_joined()->mutable_channel() = answer->channel();
      self->Opened(answer->joined(), ref);
      co_return;
    }
    if (Judge(answer.error(), true) == Verdict::kGiveUp) {
      refused(answer.error());
      co_return;
    }
    const Duration wait = backoff.Next();
    self->OnOffline(answer.error(), wait);
    co_await SleepFor(self->session_.clock(), wait);
  }
}

// What the outbox calls it is what the caller said: messages wait under that name.
void Engine::Opened(const v1::JoinedChannel& joined, const std::string& ref) {
  ChannelModel channel = ModelOf(joined);
  channel.ref = ref;
  channel.muted = drafts_.Muted(channel.id);
  const Place place{channel.epoch, channel.last_seq};
  const std::uint64_t id = channel.id;
  if (options_.follow_joined) {
    joined_[id] = joined;
    std::vector<v1::JoinedChannel> all;
    for (const auto& [each, what] : joined_) all.push_back(what);
    (void)cache_.Keep(all);
  }
  Tell(ChannelOpened{std::move(channel)});
  if (stopped_) return;
  if (sync_) return sync_->Follow(id, place);
  if (options_.follow_joined) return;  // FollowAll is about to, and lists it.
  SyncOptions options;
  options.owner = options_.owner;
  options.places[id] = place;
  sync_ = Sync::Make(session_, executor_, std::move(options), *this);
  sync_->Start();
}

void Engine::Closed(std::uint64_t channel, const std::string& why) {
  joined_.erase(channel);
  cached_.erase(channel);
  Tell(ChannelEnded{channel, why});
}

void Engine::Run(const LoadPast& command) {
  Spawn(executor_, LoadPastOf(shared_from_this(), command));
}

asio::awaitable<void> Engine::LoadPastOf(std::shared_ptr<Engine> self, LoadPast what) {
  v1::ListEventsRequest request;
  *request.mutable_channel() = RefOf(what.channel);
  request.set_before_seq(what.before);
  request.set_page_size(static_cast<std::int32_t>(self->options_.past));
  const auto page =
      co_await self->session_.Call(kListEvents, std::move(request), self->In(kCallMax));
  PastLoaded loaded{what.channel, {}, !page, page && !page->has_older()};
  if (!page) co_await SleepFor(self->session_.clock(), kAskAgainPause);
  if (page) {
    for (const auto& event : page->events()) {
      loaded.events.push_back(client::FromProto(event));
      if (self->options_.follow_joined) self->cache_.Add(event);
    }
    if (self->cache_.dirty()) self->FlushSoon();
  }
  self->Tell(loaded);
}

void Engine::Run(const LoadMembers& command) {
  Spawn(executor_, LoadMembersOf(shared_from_this(), command.channel));
}

asio::awaitable<void> Engine::LoadMembersOf(std::shared_ptr<Engine> self, std::uint64_t channel) {
  v1::ListMembersRequest request;
  *request.mutable_channel() = RefOf(channel);
  MembersLoaded loaded{channel, {}};
  const auto listed = co_await EachPage(
      self->session_, kListMembers, std::move(request), self->In(kCallMax),
      [&](const v1::ListMembersResponse& page) {
        for (const auto& member : page.members()) {
          loaded.members[member.user().username()] = client::FromProto(member.role());
        }
      });
  if (!listed) {
    loaded.failed = true;
    co_await SleepFor(self->session_.clock(), kAskAgainPause);
  }
  self->Tell(loaded);
}

// --- Read positions ---

void Engine::Run(const MoveRead& command) {
  const bool waiting = read_to_.contains(command.channel);
  read_to_[command.channel] = command.seq;
  if (!waiting) Spawn(executor_, TellRead(shared_from_this(), command.channel));
}

Task<v1::MarkReadResponse> Engine::MarkRead(std::uint64_t channel, std::uint64_t seq,
                                            Deadline deadline) {
  v1::MarkReadRequest request;
  *request.mutable_channel() = RefOf(channel);
  request.set_seq(seq);
  co_return co_await session_.CallOnce(kMarkRead, std::move(request), deadline);
}

asio::awaitable<void> Engine::TellRead(std::shared_ptr<Engine> self, std::uint64_t channel) {
  co_await SleepFor(self->session_.clock(), self->options_.read_every);
  const auto position = self->read_to_.extract(channel);
  if (self->stopped_ || position.empty()) co_return;
  // A position that is not told is told with the next one.
  (void)co_await self->MarkRead(channel, position.mapped(), self->In(kCallMax));
}

Task<void> Engine::TellReadNow(Deadline deadline) {
  while (!read_to_.empty() && !deadline.Expired(session_.clock())) {
    const auto position = read_to_.extract(read_to_.begin());
    YAP_CO_TRY_VOID(co_await MarkRead(position.key(), position.mapped(), deadline));
  }
  co_return Result<void>();
}

}  // namespace yap::client
