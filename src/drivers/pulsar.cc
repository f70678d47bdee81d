#include "drivers/pulsar.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "drivers/error.h"
#include "drivers/internal/call.h"

namespace yap::drivers {
namespace {

std::uint32_t Ms(std::chrono::milliseconds span) {
  return static_cast<std::uint32_t>(span.count());
}

MessageId IdOf(const yd_message_id& id) {
  return {id.ledger, id.entry, id.partition, id.batch_index};
}

// A send in flight.
struct Pending {
  asio::any_io_executor executor;
  PulsarProducer::Sent sent;
};

void Answer(std::unique_ptr<Pending> pending, Result<MessageId> result) {
  asio::post(pending->executor,
             [sent = std::move(pending->sent), result = std::move(result)]() mutable {
               sent(std::move(result));
             });
}

void OnSent(void* ctx, const yd_outcome* outcome, const yd_message_id* id) noexcept {
  TsanAcquire(ctx);
  std::unique_ptr<Pending> pending(static_cast<Pending*>(ctx));
  if (outcome->status != YD_OK) return Answer(std::move(pending), Fail(ErrorOf(*outcome)));
  Answer(std::move(pending), IdOf(*id));
}

Error TooLarge(std::size_t bytes) {
  return MakeError(Errc::kInvalidArgument, kInvalid,
                   fmt::format("a message of {} bytes; {} are allowed", bytes, kPayloadBytesMax));
}

}  // namespace

// --- Pulsar ---

Pulsar::Pulsar(std::shared_ptr<Runtime> runtime, yd_pulsar* pulsar)
    : runtime_(std::move(runtime)), pulsar_(pulsar) {}

Pulsar::~Pulsar() { yd_pulsar_free(pulsar_); }

Task<std::unique_ptr<Pulsar>> Pulsar::Connect(std::shared_ptr<Runtime> runtime,
                                              PulsarOptions options, Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  const yd_pulsar_options view{
      .url = TextOf(options.url),
      .ca_file = TextOf(options.ca_file),
      .token_file = TextOf(options.token_file),
      .connect_timeout_ms = Ms(options.connect_timeout),
      .operation_timeout_ms = Ms(options.operation_timeout),
      .keepalive_ms = Ms(options.keepalive),
      .reserved = 0,
  };
  auto pulsar = co_await Call<OwnedPulsar>([&](yd_callback callback, void* ctx) {
    yd_pulsar_connect(runtime->get(), &view, limit, callback, ctx);
  });
  if (!pulsar && pulsar.error().reason == kTimeout) {
    pulsar.error().message =
        fmt::format("Pulsar broker {}: no answer within {} ms", options.url, limit);
  }
  if (!pulsar) co_return Fail(std::move(pulsar).error());
  co_return std::unique_ptr<Pulsar>(new Pulsar(std::move(runtime), pulsar->release()));
}

Task<std::unique_ptr<PulsarProducer>> Pulsar::OpenProducer(ProducerOptions options,
                                                           Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  const auto runtime = runtime_;
  const yd_producer_options view{TextOf(options.topic), TextOf(options.name),
                                 options.pending_messages_max, options.pending_bytes_max};
  YAP_CO_TRY(OwnedProducer producer,
             co_await Call<OwnedProducer>([&](yd_callback callback, void* ctx) {
               yd_producer_open(pulsar_, &view, limit, callback, ctx);
             }));
  co_return std::unique_ptr<PulsarProducer>(new PulsarProducer(runtime, producer.release()));
}

// --- PulsarProducer ---

PulsarProducer::PulsarProducer(std::shared_ptr<Runtime> runtime, yd_producer* producer)
    : runtime_(std::move(runtime)), producer_(producer) {}

PulsarProducer::~PulsarProducer() { yd_producer_free(producer_); }

void PulsarProducer::Send(std::string_view payload, Duration limit, asio::any_io_executor executor,
                          Sent sent) {
  auto pending = std::make_unique<Pending>(std::move(executor), std::move(sent));
  if (payload.size() > kPayloadBytesMax) {
    return Answer(std::move(pending), Fail(TooLarge(payload.size())));
  }
  const auto limit_ms = LimitMs(Deadline::After(SystemClock(), limit));
  if (!limit_ms) return Answer(std::move(pending), Fail(limit_ms.error()));
  auto* ctx = pending.release();
  TsanRelease(ctx);
  yd_producer_send(producer_, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(),
                   *limit_ms, &OnSent, ctx);
}

Task<MessageId> PulsarProducer::Send(std::string payload, Duration limit) {
  auto executor = co_await asio::this_coro::executor;
  co_return co_await FromCallback<MessageId>([&](Callback<MessageId> done) {
    Send(std::string_view(payload), limit, executor, std::move(done));
  });
}

Task<> PulsarProducer::Close(Deadline deadline) {
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  YAP_CO_TRY_VOID(co_await Call<Nothing>([&](yd_callback callback, void* ctx) {
    yd_producer_close(producer_, limit, callback, ctx);
  }));
  co_return Result<>();
}

// --- PulsarConsumer ---

// Shared by the consumer and the calls on their way to its executor. All but `executor` belongs to
// the executor's thread.
struct PulsarConsumer::State {
  asio::any_io_executor executor;
  ConsumerHandlers handlers;
  yd_consumer* consumer = nullptr;  // None once the handlers must not be called any more.

  void Deliver(PulsarMessage message) {
    if (consumer == nullptr) return;
    handlers.on_message(std::move(message));
    // The handler may have closed it.
    if (consumer != nullptr) yd_consumer_credit(consumer, 1);
  }
  void Tell(const ConsumerEvent& event) {
    if (consumer != nullptr) handlers.on_event(event);
  }

  // The library's context: a share of the state, until YD_ENDED.
  using Share = std::shared_ptr<State>;
  static void OnMessage(void* ctx, const yd_message* message) noexcept;
  static void OnEvent(void* ctx, std::int32_t event, const yd_outcome* why) noexcept;
};

void PulsarConsumer::State::OnMessage(void* ctx, const yd_message* message) noexcept {
  TsanAcquire(ctx);
  const Share& state = *static_cast<const Share*>(ctx);
  PulsarMessage copy{
      .id = IdOf(message->id),
      .payload = std::string(reinterpret_cast<const char*>(message->payload), message->length),
      .publish_time = WallTime(std::chrono::milliseconds(message->publish_time_ms)),
  };
  asio::post(state->executor,
             [state, copy = std::move(copy)]() mutable { state->Deliver(std::move(copy)); });
  TsanRelease(ctx);
}

void PulsarConsumer::State::OnEvent(void* ctx, std::int32_t event, const yd_outcome* why) noexcept {
  TsanAcquire(ctx);
  if (event == YD_ENDED) {
    // Handlers are destroyed where they ran.
    const std::unique_ptr<Share> last(static_cast<Share*>(ctx));
    const auto home = (*last)->executor;
    return asio::post(home, [state = std::move(*last)] {});
  }
  const Share& state = *static_cast<const Share*>(ctx);
  ConsumerEvent told{ConsumerEvent::Kind::kSubscribed, {}};
  if (event == YD_LOST) told = {ConsumerEvent::Kind::kLost, ErrorOf(*why)};
  asio::post(state->executor, [state, told = std::move(told)] { state->Tell(told); });
  TsanRelease(ctx);
}

std::unique_ptr<PulsarConsumer> Pulsar::OpenConsumer(ConsumerOptions options,
                                                     asio::any_io_executor executor,
                                                     ConsumerHandlers handlers) {
  using State = PulsarConsumer::State;
  auto state = std::make_shared<State>(std::move(executor), std::move(handlers));
  auto* ctx = new State::Share(state);
  const yd_consumer_options view{
      .topic = TextOf(options.topic),
      .subscription = TextOf(options.subscription),
      .name = TextOf(options.name),
      .position = options.start == ConsumerOptions::Start::kEarliest ? 1U : 0U,
      .credits = options.credits,
      .on_message = &State::OnMessage,
      .on_event = &State::OnEvent,
      .ctx = ctx,
  };
  TsanRelease(ctx);
  state->consumer = yd_consumer_open(pulsar_, &view);
  YAP_CHECK(state->consumer != nullptr, "a consumer's options are out of bounds");
  auto* consumer = state->consumer;
  return std::unique_ptr<PulsarConsumer>(new PulsarConsumer(runtime_, std::move(state), consumer));
}

PulsarConsumer::PulsarConsumer(std::shared_ptr<Runtime> runtime, std::shared_ptr<State> state,
                               yd_consumer* consumer)
    : runtime_(std::move(runtime)), state_(std::move(state)), consumer_(consumer) {}

PulsarConsumer::~PulsarConsumer() {
  state_->consumer = nullptr;
  yd_consumer_free(consumer_);
}

void PulsarConsumer::AckCumulative(const MessageId& id) {
  const yd_message_id view{id.ledger, id.entry, id.partition, id.batch_index};
  yd_consumer_ack(consumer_, &view);
}

Task<> PulsarConsumer::Close(Subscription subscription, Deadline deadline) {
  state_->consumer = nullptr;
  YAP_CO_TRY(const std::uint32_t limit, LimitMs(deadline));
  YAP_CO_TRY_VOID(co_await Call<Nothing>([&](yd_callback callback, void* ctx) {
    yd_consumer_close(consumer_, subscription == Subscription::kRemove ? 1U : 0U, limit, callback,
                      ctx);
  }));
  co_return Result<>();
}

}  // namespace yap::drivers
