// bus/pulsar/internal/topic_publisher.h: publishes on one topic, for as long as it lives: opens its
// producer again and again, and tells the heads of what could not be sent.
#pragma once

#include <memory>
#include <span>

#include "base/task.h"
#include "bus/pulsar/envelope_codec.h"
#include "bus/pulsar/internal/env.h"
#include "bus/pulsar/internal/waiting_heads.h"

namespace yap::bus::pulsar {

// Used, and destroyed, on the executor of `env`.
class TopicPublisher final : public std::enable_shared_from_this<TopicPublisher> {
 public:
  TopicPublisher(std::shared_ptr<Env> env, TopicName topic);
  ~TopicPublisher();
  TopicPublisher(const TopicPublisher&) = delete;
  TopicPublisher& operator=(const TopicPublisher&) = delete;

  // Publishes through this connection from now on; null: there is none.
  void Use(std::shared_ptr<Link> link);
  // An envelope without the broker's receipt in the end leaves its heads.
  void Publish(const OwnedEnvelope& envelope);
  // To be told until the broker has them.
  void TellHeads(std::span<const core::ChannelHead> heads);
  // Tells what is left to tell, once, and waits until all that was sent is answered.
  static Task<> Close(std::shared_ptr<TopicPublisher> self, Deadline deadline);

 private:
  enum class Telling : std::uint8_t { kIdle, kPausing, kSent };
  struct Sending {
    int life = 0;  // Of the producer it went out with.
    MonoTime since;
    std::vector<core::ChannelHead> heads;
  };

  void Open();
  static asio::awaitable<void> OpenOnce(std::shared_ptr<TopicPublisher> self,
                                        std::shared_ptr<Link> link);
  void Opened(const std::shared_ptr<Link>& link, Result<std::unique_ptr<LinkProducer>> producer);
  void DropProducer();
  void Send(const OwnedEnvelope& envelope, Sending sending,
            void (TopicPublisher::*then)(const Sending&, const Result<drivers::MessageId>&));
  void Sent(const Sending& sending, const Result<drivers::MessageId>& receipt);
  void Told(const Sending& sending, const Result<drivers::MessageId>& receipt);
  bool Confirmed(const Sending& sending, const Result<drivers::MessageId>& receipt);
  void JudgeProducer(const Error& error);
  void TellSome();
  void TellSoon();
  void CountWaiting();

  const std::shared_ptr<Env> env_;
  const TopicName topic_;
  const EnvelopeCodec codec_;

  bool closed_ = false;
  Retry retry_;
  std::unique_ptr<Timer> open_timer_;
  std::unique_ptr<Timer> heads_timer_;
  std::shared_ptr<Link> link_;
  std::unique_ptr<LinkProducer> producer_;
  int life_ = 0;           // Producers so far.
  MonoTime last_receipt_;  // Or when the producer was opened.
  WaitingHeads waiting_;
  std::size_t counted_ = 0;  // What the gauge knows of waiting_.
  Telling telling_ = Telling::kIdle;
};

}  // namespace yap::bus::pulsar
