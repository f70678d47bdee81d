#include "bus/pulsar/fake_link_testing.h"

#include <asio/post.hpp>
#include <utility>

#include "drivers/error.h"

namespace yap::bus::pulsar {

using drivers::ConsumerEvent;
using drivers::MessageId;

namespace {

Error Unreachable() {
  return MakeError(Errc::kUnavailable, drivers::kUnreachable, "nobody answers at the broker");
}

}  // namespace

class FakeProducer final : public LinkProducer {
 public:
  FakeProducer(FakeBroker& broker, std::string topic) : broker_(broker), topic_(std::move(topic)) {}
  ~FakeProducer() override {
    for (auto& [id, p] : *pending_) {
      Answer(std::move(p.sent), Fail(Errc::kUnavailable, drivers::kCancelled, "destroyed"));
    }
    pending_->clear();
  }

  void Send(std::string payload, Duration limit, Sent sent) override {
    using enum FakeBroker::Receipts;
    if (broker_.receipts == kRefuse) return Answer(std::move(sent), Fail(broker_.refusal));
    if (pending_->size() >= broker_.pending_max) {
      return Answer(std::move(sent), Fail(Errc::kResourceExhausted, drivers::kFull, "full"));
    }
    if (broker_.up && broker_.receipts == kGive) {
      return Answer(std::move(sent), broker_.Store(topic_, payload));
    }
    if (broker_.up && broker_.receipts == kStoreButNever) broker_.Store(topic_, payload);
    AnswerLate(limit, std::move(sent));
  }
  Task<> Close(Deadline deadline) override {
    while (!pending_->empty() && !deadline.Expired(broker_.clock_)) {
      co_await SleepFor(broker_.clock_, std::chrono::milliseconds(10));
    }
    co_return Result<>();
  }

 private:
  struct Pending {
    Sent sent;
    std::unique_ptr<Timer> timer;
  };

  void Answer(Sent sent, Result<MessageId> receipt) {
    asio::post(broker_.io_, [sent = std::move(sent), receipt = std::move(receipt)]() mutable {
      sent(std::move(receipt));
    });
  }
  void AnswerLate(Duration limit, Sent sent) {
    const int id = next_++;
    Pending& p = (*pending_)[id];
    p.sent = std::move(sent);
    p.timer = broker_.clock_.NewTimer(broker_.io_.get_executor());
    p.timer->Arm(Deadline::After(broker_.clock_, limit).at, [all = pending_, id] {
      Sent late = std::move(all->at(id).sent);
      all->erase(id);
      late(Fail(Errc::kDeadlineExceeded, drivers::kTimeout, "no receipt in time"));
    });
  }

  FakeBroker& broker_;
  const std::string topic_;
  int next_ = 0;
  const std::shared_ptr<std::map<int, Pending>> pending_ =
      std::make_shared<std::map<int, Pending>>();
};

class FakeConsumer final : public LinkConsumer {
 public:
  FakeConsumer(FakeBroker& broker, drivers::ConsumerOptions options,
               drivers::ConsumerHandlers handlers)
      : broker_(broker), options_(std::move(options)), handlers_(std::move(handlers)) {
    broker_.consumers_.push_back(this);
    Subscribe();
  }
  ~FakeConsumer() override {
    *alive_ = false;
    std::erase(broker_.consumers_, this);
  }

  void Subscribe() {
    if (!broker_.up) return Tell({ConsumerEvent::Kind::kLost, Unreachable()});
    broker_.subscriptions.insert(name());
    Tell({ConsumerEvent::Kind::kSubscribed, {}});
  }
  void Tell(ConsumerEvent event) {
    asio::post(broker_.io_, [this, alive = alive_, event] {
      if (*alive) handlers_.on_event(event);
    });
  }
  void Deliver(const MessageId& id, const std::string& payload) {
    asio::post(broker_.io_, [this, alive = alive_, id, payload] {
      if (*alive) handlers_.on_message({id, payload, broker_.clock_.Now()});
    });
  }

  void AckCumulative(const MessageId& id) override {
    ++broker_.acks;
    broker_.acked[options_.topic] = id;
  }
  Task<> Close(Subscription subscription, Deadline /*deadline*/) override {
    *alive_ = false;
    co_await SleepFor(broker_.clock_, broker_.unsubscribe_takes);
    if (subscription == Subscription::kRemove) broker_.subscriptions.erase(name());
    co_return Result<>();
  }

  const std::string& topic() const { return options_.topic; }

 private:
  std::string name() const { return options_.topic + " " + options_.subscription; }

  FakeBroker& broker_;
  const drivers::ConsumerOptions options_;
  drivers::ConsumerHandlers handlers_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class FakeLink final : public Link {
 public:
  explicit FakeLink(FakeBroker& broker) : broker_(broker) {}

  Task<std::unique_ptr<LinkProducer>> OpenProducer(drivers::ProducerOptions options,
                                                   Deadline /*deadline*/) override {
    if (!broker_.up || !broker_.producers) co_return Fail(Unreachable());
    ++broker_.producers_opened;
    co_return std::make_unique<FakeProducer>(broker_, options.topic);
  }
  std::unique_ptr<LinkConsumer> OpenConsumer(drivers::ConsumerOptions options,
                                             drivers::ConsumerHandlers handlers) override {
    return std::make_unique<FakeConsumer>(broker_, std::move(options), std::move(handlers));
  }

  static Task<std::shared_ptr<Link>> Make(FakeBroker& broker) {
    ++broker.connects;
    if (!broker.up) co_return Fail(Unreachable());
    co_return std::make_shared<FakeLink>(broker);
  }

 private:
  FakeBroker& broker_;
};

Connect FakeBroker::connect() {
  return [this](Deadline) { return FakeLink::Make(*this); };
}

void FakeBroker::EndStreams(const Error& error) {
  for (FakeConsumer* consumer : consumers_) consumer->Tell({ConsumerEvent::Kind::kLost, error});
}

void FakeBroker::Resubscribe() {
  for (FakeConsumer* consumer : consumers_) consumer->Subscribe();
}

void FakeBroker::Inject(const std::string& topic, const std::string& payload) {
  Store(topic, payload);
}

std::vector<std::string> FakeBroker::Stored(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found == topics_.end() ? std::vector<std::string>() : found->second;
}

MessageId FakeBroker::Store(const std::string& topic, const std::string& payload) {
  auto& log = topics_[topic];
  log.push_back(payload);
  const MessageId id{.ledger = 1, .entry = static_cast<std::int64_t>(log.size())};
  for (FakeConsumer* consumer : consumers_) {
    if (consumer->topic() == topic) consumer->Deliver(id, payload);
  }
  return id;
}

}  // namespace yap::bus::pulsar
