#include "bus/pulsar/internal/topic_publisher.h"

#include <chrono>
#include <utility>

#include "bus/pulsar/internal/metrics.h"
#include "bus/pulsar/limits.h"
#include "drivers/error.h"

namespace yap::bus::pulsar {

using drivers::MessageId;

TopicPublisher::TopicPublisher(std::shared_ptr<Env> env, TopicName topic)
    : env_(std::move(env)),
      topic_(std::move(topic)),
      codec_(env_->key, topic_.name),
      retry_(env_->random),
      open_timer_(env_->clock.NewTimer(env_->executor)),
      heads_timer_(env_->clock.NewTimer(env_->executor)) {}

TopicPublisher::~TopicPublisher() {
  DropProducer();
  waiting_ = {};
  CountWaiting();
}

void TopicPublisher::Use(std::shared_ptr<Link> link) {
  if (closed_) return;
  DropProducer();
  open_timer_->Cancel();
  retry_.Reset();
  link_ = std::move(link);
  if (link_) Open();
}

void TopicPublisher::Publish(const OwnedEnvelope& envelope) {
  if (closed_) return;
  Sending sending{.life = life_, .since = env_->clock.Mono(), .heads = HeadsOf(envelope)};
  if (producer_) return Send(envelope, std::move(sending), &TopicPublisher::Sent);
  BusMetrics().dropped.Add();
  SendFailures("not_connected").Add();
  TellHeads(sending.heads);
}

void TopicPublisher::TellHeads(std::span<const core::ChannelHead> heads) {
  const std::size_t lost = waiting_.Add(heads);
  if (lost > 0) BusMetrics().heads_lost.Add(static_cast<double>(lost));
  CountWaiting();
  TellSoon();
}

Task<> TopicPublisher::Close(std::shared_ptr<TopicPublisher> self, Deadline deadline) {
  self->telling_ = Telling::kIdle;
  self->TellSome();
  self->closed_ = true;
  self->open_timer_->Cancel();
  self->heads_timer_->Cancel();
  if (!self->producer_) co_return Result<>();
  const Result<> closed = co_await self->producer_->Close(deadline);
  self->DropProducer();
  co_return closed;
}

// --- The producer ---

void TopicPublisher::Open() { Spawn(env_->executor, OpenOnce(shared_from_this(), link_)); }

asio::awaitable<void> TopicPublisher::OpenOnce(std::shared_ptr<TopicPublisher> self,
                                               std::shared_ptr<Link> link) {
  const Attempt attempt(self->env_);
  drivers::ProducerOptions options{.topic = self->topic_.name};
  options.pending_bytes_max = kUnconfirmedBytesMax;
  auto producer =
      co_await link->OpenProducer(std::move(options), Deadline{self->env_->In(kOpenLimit)});
  self->Opened(link, std::move(producer));
}

void TopicPublisher::Opened(const std::shared_ptr<Link>& link,
                            Result<std::unique_ptr<LinkProducer>> producer) {
  if (closed_ || link != link_) return;
  if (!producer) {
    env_->Report(producer.error());
    const Duration pause = retry_.Next();
    if (retry_.failures() >= kOpenFailuresMax) return env_->suspect(std::exchange(link_, nullptr));
    return open_timer_->Arm(env_->In(pause), [this] { Open(); });
  }
  producer_ = *std::move(producer);
  ++life_;
  last_receipt_ = env_->clock.Mono();
  ++env_->ready;
  BusMetrics().topics_publishing.Add(1);
  BusMetrics().producer_opens.Add();
  TellSome();
}

void TopicPublisher::DropProducer() {
  if (!producer_) return;
  producer_.reset();
  --env_->ready;
  BusMetrics().topics_publishing.Add(-1);
  if (telling_ == Telling::kSent) telling_ = Telling::kIdle;
}

// --- Messages on their way ---

void TopicPublisher::Send(const OwnedEnvelope& envelope, Sending sending,
                          void (TopicPublisher::*then)(const Sending&, const Result<MessageId>&)) {
  producer_->Send(codec_.Encode(envelope), kReceiptLimit,
                  [weak = weak_from_this(), sending = std::move(sending),
                   then](const Result<MessageId>& receipt) {
                    if (const auto self = weak.lock()) (*self.*then)(sending, receipt);
                  });
}

void TopicPublisher::Sent(const Sending& sending, const Result<MessageId>& receipt) {
  if (Confirmed(sending, receipt)) return;
  BusMetrics().dropped.Add();
  TellHeads(sending.heads);
}

bool TopicPublisher::Confirmed(const Sending& sending, const Result<MessageId>& receipt) {
  const MonoTime now = env_->clock.Mono();
  if (!receipt) {
    SendFailures(receipt.error().reason).Add();
    if (sending.life == life_ && producer_ && !closed_) JudgeProducer(receipt.error());
    return false;
  }
  retry_.Reset();
  last_receipt_ = now;
  BusMetrics().confirmed.Add();
  BusMetrics().receipt.Observe(std::chrono::duration<double>(now - sending.since).count());
  return true;
}

// Full or late is for the producer to mend; what does not mend, or says something else, is
// replaced.
void TopicPublisher::JudgeProducer(const Error& error) {
  env_->Report(error);
  if (error.reason == drivers::kFull || error.reason == drivers::kInvalid) return;
  const bool late = error.reason == drivers::kTimeout;
  if (late && env_->clock.Mono() - last_receipt_ < kReceiptSilenceMax) return;
  DropProducer();
  open_timer_->Arm(env_->In(retry_.Next()), [this] { Open(); });
}

// --- Heads ---

void TopicPublisher::TellSome() {
  if (!producer_ || closed_ || telling_ == Telling::kSent || waiting_.empty()) return;
  heads_timer_->Cancel();
  OwnedEnvelope envelope;
  envelope.topic = topic_.index;
  envelope.heads = waiting_.Some(kEnvelopeHeadsMax);
  telling_ = Telling::kSent;
  Sending sending{.life = life_, .since = env_->clock.Mono(), .heads = envelope.heads};
  Send(envelope, std::move(sending), &TopicPublisher::Told);
}

void TopicPublisher::Told(const Sending& sending, const Result<MessageId>& receipt) {
  if (sending.life == life_ && telling_ == Telling::kSent) telling_ = Telling::kIdle;
  if (!Confirmed(sending, receipt)) return TellSoon();
  waiting_.Remove(sending.heads);
  CountWaiting();
  BusMetrics().heads_told.Add(static_cast<double>(sending.heads.size()));
  TellSome();
}

void TopicPublisher::TellSoon() {
  if (!producer_ || closed_ || telling_ != Telling::kIdle || waiting_.empty()) return;
  telling_ = Telling::kPausing;
  heads_timer_->Arm(env_->In(kHeadsPause), [this] {
    telling_ = Telling::kIdle;
    TellSome();
  });
}

void TopicPublisher::CountWaiting() {
  const auto more = static_cast<double>(waiting_.size()) - static_cast<double>(counted_);
  if (more == 0) return;
  BusMetrics().heads_waiting.Add(more);
  counted_ = waiting_.size();
}

}  // namespace yap::bus::pulsar
