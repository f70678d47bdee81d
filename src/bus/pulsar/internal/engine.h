// bus/pulsar/internal/engine.h: the bus behind its header: connects, and again, and gives each
// topic the connection. Knows Pulsar through internal/link.h alone.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bus/handler_list.h"
#include "bus/pulsar/internal/env.h"
#include "bus/pulsar/internal/publish_queue.h"
#include "bus/pulsar/internal/topic_consumer.h"
#include "bus/pulsar/internal/topic_publisher.h"
#include "bus/pulsar/pulsar_bus.h"

namespace yap::bus::pulsar {

// Made on any thread; started, used and destroyed on the executor of `env`, but for what says "any
// thread".
class Engine final : public std::enable_shared_from_this<Engine> {
 public:
  Engine(std::shared_ptr<Env> env, const PulsarBusOptions& options, Connect connect);

  void Start();
  // Any thread.
  void Publish(const core::Envelope& envelope);
  HandlerList& handlers() { return handlers_; }
  bool connected() const { return env_->ready == parts_; }
  const Env& env() const { return *env_; }

  static Task<> Close(std::shared_ptr<Engine> self, Deadline deadline);

 private:
  void Drain();
  void ConnectAgain();
  static asio::awaitable<void> ConnectOnce(std::shared_ptr<Engine> self);
  void Connected(Result<std::shared_ptr<Link>> link);
  void Use(const std::shared_ptr<Link>& link);
  void Suspect(const std::shared_ptr<Link>& link);

  const std::shared_ptr<Env> env_;
  const PulsarBusOptions options_;
  const Connect connect_;
  const std::string subscription_;
  const std::uint32_t parts_;  // Producers and consumers to be had.

  PublishQueue queue_;
  HandlerList handlers_;

  std::vector<std::shared_ptr<TopicPublisher>> publishers_;  // By topic; none: it does not publish.
  std::vector<std::shared_ptr<TopicConsumer>> consumers_;
  std::shared_ptr<Link> link_;
  Retry retry_;
  std::unique_ptr<Timer> timer_;
  bool connecting_ = false;      // An attempt runs or is due.
  bool said_connected_ = false;  // Since the last failure to connect.
  bool closed_ = false;
};

// The bus over any Link; OpenPulsarBus gives it the real one.
std::unique_ptr<PulsarBus> NewPulsarBus(PulsarBusOptions options, Secret key, Connect connect,
                                        asio::any_io_executor executor, Clock& clock,
                                        Random& random);

// "persistent://public/default/yap-events-7"
std::string TopicNameOf(const PulsarBusOptions& options, std::uint32_t topic);

}  // namespace yap::bus::pulsar
