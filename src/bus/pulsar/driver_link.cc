#include "bus/pulsar/internal/driver_link.h"

#include <utility>

namespace yap::bus::pulsar {
namespace {

class DriverProducer final : public LinkProducer {
 public:
  DriverProducer(std::unique_ptr<drivers::PulsarProducer> producer, asio::any_io_executor executor)
      : producer_(std::move(producer)), executor_(std::move(executor)) {}

  void Send(std::string payload, Duration limit, Sent sent) override {
    producer_->Send(payload, limit, executor_, std::move(sent));
  }
  Task<> Close(Deadline deadline) override { return producer_->Close(deadline); }

 private:
  const std::unique_ptr<drivers::PulsarProducer> producer_;
  const asio::any_io_executor executor_;
};

class DriverConsumer final : public LinkConsumer {
 public:
  explicit DriverConsumer(std::unique_ptr<drivers::PulsarConsumer> consumer)
      : consumer_(std::move(consumer)) {}

  void AckCumulative(const drivers::MessageId& id) override { consumer_->AckCumulative(id); }
  Task<> Close(Subscription subscription, Deadline deadline) override {
    return consumer_->Close(subscription, deadline);
  }

 private:
  const std::unique_ptr<drivers::PulsarConsumer> consumer_;
};

class DriverLink final : public Link {
 public:
  DriverLink(std::unique_ptr<drivers::Pulsar> pulsar, asio::any_io_executor executor)
      : pulsar_(std::move(pulsar)), executor_(std::move(executor)) {}

  Task<std::unique_ptr<LinkProducer>> OpenProducer(drivers::ProducerOptions options,
                                                   Deadline deadline) override {
    YAP_CO_TRY(auto producer, co_await pulsar_->OpenProducer(std::move(options), deadline));
    co_return std::make_unique<DriverProducer>(std::move(producer), executor_);
  }
  std::unique_ptr<LinkConsumer> OpenConsumer(drivers::ConsumerOptions options,
                                             drivers::ConsumerHandlers handlers) override {
    return std::make_unique<DriverConsumer>(
        pulsar_->OpenConsumer(std::move(options), executor_, std::move(handlers)));
  }

 private:
  const std::unique_ptr<drivers::Pulsar> pulsar_;
  const asio::any_io_executor executor_;
};

Task<std::shared_ptr<Link>> ConnectOnce(drivers::PulsarOptions options,
                                        asio::any_io_executor executor, Deadline deadline) {
  YAP_CO_TRY(auto pulsar, co_await drivers::Pulsar::Connect(drivers::Runtime::Shared(),
                                                            std::move(options), deadline));
  co_return std::make_shared<DriverLink>(std::move(pulsar), std::move(executor));
}

}  // namespace

Connect ConnectDriver(const PulsarBusOptions& options, asio::any_io_executor executor) {
  const drivers::PulsarOptions driver{.url = options.url,
                                      .ca_file = options.ca_file.string(),
                                      .token_file = options.token_file.string(),
                                      .operation_timeout = options.operation_timeout,
                                      .keepalive = options.keepalive};
  return [driver, executor](Deadline deadline) { return ConnectOnce(driver, executor, deadline); };
}

}  // namespace yap::bus::pulsar
