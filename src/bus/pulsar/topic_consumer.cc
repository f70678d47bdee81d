#include "bus/pulsar/internal/topic_consumer.h"

#include <algorithm>
#include <utility>

#include "bus/pulsar/internal/metrics.h"
#include "bus/pulsar/limits.h"

namespace yap::bus::pulsar {

using drivers::ConsumerEvent;
using drivers::MessageId;
using drivers::PulsarMessage;

TopicConsumer::TopicConsumer(std::shared_ptr<Env> env, TopicName topic, std::string subscription,
                             HandlerList& handlers)
    : env_(std::move(env)),
      topic_(std::move(topic)),
      codec_(env_->key, topic_.name),
      subscription_(std::move(subscription)),
      handlers_(handlers),
      ack_timer_(env_->clock.NewTimer(env_->executor)) {}

TopicConsumer::~TopicConsumer() { SetReady(false); }

void TopicConsumer::Use(std::shared_ptr<Link> link) {
  SetReady(false);
  Ack();
  consumer_.reset();
  losses_ = 0;
  link_ = std::move(link);
  if (!link_) return;
  drivers::ConsumerOptions options{.topic = topic_.name, .subscription = subscription_};
  options.credits = kConsumerCredits;
  consumer_ = link_->OpenConsumer(std::move(options),
                                  {.on_message = [this](const PulsarMessage& m) { OnMessage(m); },
                                   .on_event = [this](const ConsumerEvent& e) { OnEvent(e); }});
}

Task<> TopicConsumer::Close(std::shared_ptr<TopicConsumer> self, Deadline deadline) {
  self->SetReady(false);
  self->Ack();
  self->link_.reset();
  const auto consumer = std::move(self->consumer_);
  if (!consumer) co_return Result<>();
  co_return co_await consumer->Close(LinkConsumer::Subscription::kRemove, deadline);
}

void TopicConsumer::OnMessage(const PulsarMessage& message) {
  AckLater(message.id);
  const auto envelope = Read(message.payload);
  if (!envelope) return Refused(envelope.error()).Add();
  BusMetrics().received.Add();
  handlers_.Call(envelope->View());
}

std::expected<OwnedEnvelope, Refusal> TopicConsumer::Read(std::string_view payload) const {
  auto envelope = codec_.Decode(payload);
  if (envelope && envelope->topic != topic_.index) return std::unexpected(Refusal::kMalformed);
  return envelope;
}

void TopicConsumer::OnEvent(const ConsumerEvent& event) {
  switch (event.kind) {
    case ConsumerEvent::Kind::kSubscribed:
      return OnSubscribed();
    case ConsumerEvent::Kind::kLost:
      return OnLost(event.error);
  }
}

// Even the first time: what was published before it is for the handlers to find.
void TopicConsumer::OnSubscribed() {
  losses_ = 0;
  SetReady(true);
  handlers_.Call({.topic = topic_.index, .began_anew = true});
}

void TopicConsumer::OnLost(const Error& error) {
  SetReady(false);
  BusMetrics().consumer_losses.Add();
  env_->Report(error);
  if (++losses_ == kOpenFailuresMax) env_->suspect(link_);
}

// A redelivered message is older than what was acknowledged already.
void TopicConsumer::AckLater(const MessageId& id) {
  if (!unacked_) ack_timer_->Arm(env_->In(kAckPause), [this] { Ack(); });
  unacked_ = unacked_ ? std::max(*unacked_, id) : id;
}

void TopicConsumer::Ack() {
  ack_timer_->Cancel();
  if (consumer_ && unacked_) consumer_->AckCumulative(*unacked_);
  unacked_.reset();
}

void TopicConsumer::SetReady(bool ready) {
  if (std::exchange(ready_, ready) == ready) return;
  ready ? ++env_->ready : --env_->ready;
  BusMetrics().topics_consuming.Add(ready ? 1 : -1);
}

}  // namespace yap::bus::pulsar
