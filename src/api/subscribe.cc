// The one call that is not a question and an answer: authorise every cursor, then let the hub's
// bytes flow through the edge.
#include "api/authorise.h"
#include "api/decode.h"
#include "api/errors.h"
#include "api/services.h"
#include "api/stream_quota.h"
#include "core/reasons.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using yap::v1::SubscribeRequest;

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

Result<SubscribeRequest> Parse(const std::optional<std::string>& message) {
  YAP_TRY(auto request, Decode<SubscribeRequest>(message.value_or("")));
  if (request.cursors_size() == 0 && !request.follow_joined()) {
    return Fail(MakeError(Errc::kInvalidArgument, core::reason::kFieldRequired,
                          "a Subscribe names cursors, or says follow_joined")
                    .InField("cursors"));
  }
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
  explicit Subscribe(const SubscribePorts& ports)
      : authority_(ports.authority),
        hub_(ports.hub),
        clock_(ports.clock),
        quota_(ports.streams_per_user_max) {}

  asio::awaitable<edge::Status> operator()(Caller caller, std::shared_ptr<edge::Call> call) {
    auto message = co_await call->Read();
    if (!message) co_return ToStatus(message.error());
    auto request = Parse(*message);
    if (!request) co_return ToStatus(request.error());
    auto place = quota_.Take(caller.who.user);
    if (!place) co_return ToStatus(place.error());
    auto options = co_await authority_.Authorise(std::move(caller), *std::move(request),
                                                 Deadline::After(clock_, kAdmitMax));
    if (!options) co_return std::move(options).error();
    Flow(*std::move(options), *std::move(place), *call);
    co_return edge::Status{};
  }

 private:
  void Flow(hub::SubscribeOptions options, std::shared_ptr<const void> place, edge::Call& call) {
    std::shared_ptr<hub::Subscriber> subscriber =
        hub_.Subscribe(std::move(options), call.Executor(), call.Waker());
    call.OnAgeing([ageing = std::weak_ptr(subscriber)](Duration left) {
      if (const auto open = ageing.lock()) open->AskToReconnect(left / 2);
    });
    call.StreamFrom(std::make_unique<SubscriberSource>(std::move(subscriber), std::move(place)));
  }

  SubscribeAuthority& authority_;
  hub::Hub& hub_;
  Clock& clock_;
  StreamQuota quota_;
};

}  // namespace

void AddSubscribe(MethodTable& table, const SubscribePorts& ports) {
  auto subscribe = std::make_shared<Subscribe>(ports);
  table.Stream("/yap.v1.MessageService/Subscribe",
               [subscribe](Caller caller, std::shared_ptr<edge::Call> call) {
                 return (*subscribe)(std::move(caller), std::move(call));
               });
}

}  // namespace yap::api
