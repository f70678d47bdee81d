// The one call that is not a question and an answer: authorise every cursor, then let the hub's
// bytes flow through the edge.
#include <set>

#include "api/convert.h"
#include "api/errors.h"
#include "api/services.h"
#include "api/stream_quota.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using yap::v1::SubscribeRequest;

// Cursors a client may name in one Subscribe; more channels come with follow_joined.
constexpr int kCursorsMax = 100;

// Hands the hub's subscriber to the edge.
class SubscriberSource final : public edge::ByteSource {
 public:
  // `place`: the stream's, in its user's quota.
  SubscriberSource(std::shared_ptr<hub::Subscriber> subscriber, std::shared_ptr<const void> place)
      : subscriber_(std::move(subscriber)), place_(std::move(place)) {}

  std::size_t Available(std::size_t max) override { return subscriber_->Available(max); }
  void Take(std::size_t n, edge::Gather& out) override {
    Sink sink(out);
    subscriber_->Take(n, sink);
  }
  std::optional<edge::Status> Finished() override {
    const auto end = subscriber_->Finished();
    if (!end) return std::nullopt;
    return *end ? edge::Status{} : ToStatus(end->error());
  }

 private:
  class Sink final : public hub::Sink {
   public:
    explicit Sink(edge::Gather& out) : out_(out) {}
    void Share(std::span<const char> bytes) override { out_.Share(bytes); }
    void Copy(std::span<const char> bytes) override { out_.Copy(bytes); }

   private:
    edge::Gather& out_;
  };
  std::shared_ptr<hub::Subscriber> subscriber_;
  std::shared_ptr<const void> place_;
};

hub::StartCursor FromHead(const core::ReadGrant& grant) {
  return {grant.channel, grant.head, grant.head.seq, grant.head.epoch};
}

class SubscribeCall {
 public:
  SubscribeCall(core::Channels& channels, Caller caller)
      : channels_(channels), caller_(std::move(caller)), deadline_(caller_.deadline) {}

  // What the hub is to be asked for. `deadline` bounds the look-ups, not the stream.
  Task<hub::SubscribeOptions> Authorise(SubscribeRequest request, Deadline deadline) {
    deadline_ = deadline;
    options_.user = caller_.who.user;
    options_.session = caller_.who.session;
    // The inbox's head is read before the joined channels are listed: a channel that is joined in
    // between is in the list or in an inbox event after that head, never in neither.
    if (request.follow_joined()) YAP_CO_TRY_VOID(co_await FollowInbox());
    for (const auto& cursor : request.cursors()) YAP_CO_TRY_VOID(co_await AddCursor(cursor));
    if (request.follow_joined()) YAP_CO_TRY_VOID(co_await AddJoined());
    co_return std::move(options_);
  }

 private:
  Task<void> FollowInbox() {
    YAP_CO_TRY(const auto inbox, co_await channels_.AuthorizeInbox(caller_.who, deadline_));
    options_.follow_inbox = FromHead(inbox);
    co_return Result<>();
  }

  Task<void> AddCursor(const yap::v1::Cursor& cursor) {
    YAP_CO_TRY(const auto ref, FromProto(cursor.channel()));
    auto authorised = co_await channels_.AuthorizeRead(caller_.who, ref, deadline_);
    if (!authorised && MayBeSkipped(ref, authorised.error())) co_return Result<>();
    YAP_CO_TRY(const auto grant, std::move(authorised));
    hub::StartCursor start = FromHead(grant);
    if (cursor.has_after_seq()) start.after = core::Seq(cursor.after_seq());
    if (cursor.epoch() != 0) start.epoch = core::Epoch(cursor.epoch());
    if (options_.follow_inbox && start.channel == options_.follow_inbox->channel) {
      options_.follow_inbox = start;  // The client kept its place in the inbox.
      co_return Result<>();
    }
    if (seen_.insert(start.channel).second) {
      options_.cursors.push_back(start);
      co_return Result<>();
    }
    co_return Fail(MakeError(Errc::kInvalidArgument, core::reason::kCursorInvalid,
                             "a channel is named twice; give each channel one cursor")
                       .InField("cursors"));
  }

  // A follower that was removed while it was away learns that from its inbox; its cursor is no
  // error.
  bool MayBeSkipped(const core::ChannelRef& ref, const Error& error) const {
    return options_.follow_inbox && std::holds_alternative<core::ChannelId>(ref) &&
           (error.code == Errc::kNotFound || error.code == Errc::kPermissionDenied);
  }

  Task<void> AddJoined() {
    core::PageRequest page{.size = core::kPageSizeMax, .token = {}};
    do {
      YAP_CO_TRY(auto joined, co_await channels_.ListJoined(caller_.who, page, deadline_));
      for (const auto& item : joined.items) {
        const auto& channel = item.joined.channel;
        if (!seen_.insert(channel.id).second) continue;
        options_.cursors.push_back(
            {channel.id, channel.head, channel.head.seq, channel.head.epoch});
      }
      page.token = std::move(joined.next_page_token);
    } while (!page.token.empty());
    co_return Result<>();
  }

  core::Channels& channels_;
  const Caller caller_;
  Deadline deadline_;
  std::set<core::ChannelId> seen_;
  hub::SubscribeOptions options_;
};

Result<SubscribeRequest> Parse(const std::optional<std::string>& message) {
  SubscribeRequest request;
  if (!message || !request.ParseFromString(*message)) return Fail(MalformedRequest());
  if (request.cursors_size() > kCursorsMax) {
    return Fail(
        MakeError(Errc::kInvalidArgument, core::reason::kTooManyCursors,
                  "at most 100 cursors in one Subscribe; set follow_joined for the rest, or "
                  "open a second stream")
            .InField("cursors"));
  }
  return request;
}

class Subscribe {
 public:
  Subscribe(core::Channels& channels, hub::Hub& hub, Clock& clock, std::size_t streams_per_user_max)
      : channels_(channels), hub_(hub), clock_(clock), quota_(streams_per_user_max) {}

  asio::awaitable<edge::Status> operator()(Caller caller, std::shared_ptr<edge::Call> call) {
    auto message = co_await call->Read();
    if (!message) co_return ToStatus(message.error());
    auto request = Parse(*message);
    if (!request) co_return ToStatus(request.error());
    auto place = quota_.Take(caller.who.user);
    if (!place) co_return ToStatus(place.error());
    SubscribeCall subscribe(channels_, std::move(caller));
    auto options =
        co_await subscribe.Authorise(*std::move(request), Deadline::After(clock_, kAdmitMax));
    if (!options) co_return ToStatus(options.error());
    co_return co_await Flow(*std::move(options), *std::move(place), std::move(call));
  }

 private:
  asio::awaitable<edge::Status> Flow(hub::SubscribeOptions options,
                                     std::shared_ptr<const void> place,
                                     std::shared_ptr<edge::Call> call) {
    std::shared_ptr<hub::Subscriber> subscriber =
        hub_.Subscribe(std::move(options), call->Executor(), call->Waker());
    call->OnAgeing([ageing = std::weak_ptr(subscriber)](Duration left) {
      if (const auto open = ageing.lock()) open->AskToReconnect(left / 2);
    });
    co_return co_await call->Stream(
        std::make_unique<SubscriberSource>(std::move(subscriber), std::move(place)));
  }

  core::Channels& channels_;
  hub::Hub& hub_;
  Clock& clock_;
  StreamQuota quota_;
};

}  // namespace

void AddSubscribe(MethodTable& table, core::Channels& channels, hub::Hub& hub, Clock& clock,
                  std::size_t streams_per_user_max) {
  auto subscribe = std::make_shared<Subscribe>(channels, hub, clock, streams_per_user_max);
  table.Stream("/yap.v1.MessageService/Subscribe",
               [subscribe](Caller caller, std::shared_ptr<edge::Call> call) {
                 return (*subscribe)(std::move(caller), std::move(call));
               });
}

}  // namespace yap::api
