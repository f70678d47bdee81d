// bus/pulsar/internal/link.h: what the bus needs of a Pulsar client. drivers/pulsar.h is behind it
// (driver_link.h), and in tests a broker that does what it is told.
//
// Promises and errors are those of drivers/pulsar.h; only what differs is said here.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/task.h"
#include "drivers/pulsar.h"

namespace yap::bus::pulsar {

class LinkProducer {
 public:
  using Sent = drivers::PulsarProducer::Sent;

  virtual ~LinkProducer() = default;
  // `sent` is called on the bus's executor, never before this returns.
  virtual void Send(std::string payload, Duration limit, Sent sent) = 0;
  virtual Task<> Close(Deadline deadline) = 0;
};

class LinkConsumer {
 public:
  using Subscription = drivers::PulsarConsumer::Subscription;

  virtual ~LinkConsumer() = default;
  virtual void AckCumulative(const drivers::MessageId& id) = 0;
  virtual Task<> Close(Subscription subscription, Deadline deadline) = 0;
};

// A connection to a cluster. Used on the bus's executor.
class Link {
 public:
  virtual ~Link() = default;
  virtual Task<std::unique_ptr<LinkProducer>> OpenProducer(drivers::ProducerOptions options,
                                                           Deadline deadline) = 0;
  virtual std::unique_ptr<LinkConsumer> OpenConsumer(drivers::ConsumerOptions options,
                                                     drivers::ConsumerHandlers handlers) = 0;
};

using Connect = std::function<Task<std::shared_ptr<Link>>(Deadline)>;

}  // namespace yap::bus::pulsar
