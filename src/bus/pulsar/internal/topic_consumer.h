// bus/pulsar/internal/topic_consumer.h: what one topic brings, checked and told to the handlers.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/task.h"
#include "bus/handler_list.h"
#include "bus/pulsar/envelope_codec.h"
#include "bus/pulsar/internal/env.h"

namespace yap::bus::pulsar {

// Used, and destroyed, on the executor of `env`. Its subscription at the broker stays behind unless
// it was closed.
class TopicConsumer final : public std::enable_shared_from_this<TopicConsumer> {
 public:
  // `handlers` outlives it.
  TopicConsumer(std::shared_ptr<Env> env, TopicName topic, std::string subscription,
                HandlerList& handlers);
  ~TopicConsumer();
  TopicConsumer(const TopicConsumer&) = delete;
  TopicConsumer& operator=(const TopicConsumer&) = delete;

  // Consumes through this connection from now on; null: there is none.
  void Use(std::shared_ptr<Link> link);
  // Acknowledges, leaves, and lets the broker forget the subscription.
  static Task<> Close(std::shared_ptr<TopicConsumer> self, Deadline deadline);

 private:
  void OnMessage(const drivers::PulsarMessage& message);
  void OnEvent(const drivers::ConsumerEvent& event);
  void OnSubscribed();
  void OnLost(const Error& error);
  std::expected<OwnedEnvelope, Refusal> Read(std::string_view payload) const;
  void AckLater(const drivers::MessageId& id);
  void Ack();
  void SetReady(bool ready);

  const std::shared_ptr<Env> env_;
  const TopicName topic_;
  const EnvelopeCodec codec_;
  const std::string subscription_;
  HandlerList& handlers_;

  std::unique_ptr<Timer> ack_timer_;
  std::shared_ptr<Link> link_;
  std::unique_ptr<LinkConsumer> consumer_;
  std::optional<drivers::MessageId> unacked_;  // The last one, while the timer runs.
  int losses_ = 0;                             // In a row.
  bool ready_ = false;
};

}  // namespace yap::bus::pulsar
