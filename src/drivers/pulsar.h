// drivers/pulsar.h: a client of an Apache Pulsar cluster: producers and consumers.
//
// Errors are those of drivers/error.h. Delivery is at least once: a message that was sent may come
// twice, and one whose sending failed may still come.
#pragma once

#include <asio/any_io_executor.hpp>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/task.h"
#include "drivers/limits.h"
#include "drivers/runtime.h"
#include "yapdrivers/yapdrivers.h"

namespace yap::drivers {

struct PulsarOptions {
  std::string url;  // "pulsar://host:port" or "pulsar+ssl://host:port"
  // PEM, for pulsar+ssl. Empty: the system's authorities. The broker's certificate is verified by
  // the name in the URL. (The client library can't show a certificate of its own: use a token.)
  std::string ca_file = {};
  std::string token_file = {};  // Read again for each connection. Empty: no token.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
  // Of one request to the broker, and of a message on its way to it.
  std::chrono::milliseconds operation_timeout = std::chrono::seconds(4);
  std::chrono::milliseconds keepalive = std::chrono::seconds(10);
};

// Place of a message in its topic, in order of publication.
struct MessageId {
  std::int64_t ledger = -1;
  std::int64_t entry = -1;
  std::int32_t partition = -1;    // -1: the topic has none.
  std::int32_t batch_index = -1;  // -1: not of a batch.
  friend auto operator<=>(const MessageId&, const MessageId&) = default;
};

struct ProducerOptions {
  std::string topic;      // "persistent://tenant/namespace/topic" or "non-persistent://…"
  std::string name = {};  // Unique on the topic. Empty: the broker gives one.
  // What may wait for the broker's receipt; beyond it Send fails with kFull.
  std::uint32_t pending_messages_max = kPendingMessagesMax;
  std::uint32_t pending_bytes_max = kPendingBytesMax;
};

// Publishes on one topic. Lost connections, unloaded topics and producers that the broker closed
// are mended inside, with what is pending sent again. Thread-safe. What is pending when it is
// destroyed fails with kCancelled.
class PulsarProducer {
 public:
  using Sent = std::move_only_function<void(Result<MessageId>)>;

  ~PulsarProducer();
  PulsarProducer(const PulsarProducer&) = delete;
  PulsarProducer& operator=(const PulsarProducer&) = delete;

  // Copies the payload and returns at once; messages go out in the order of the calls. `sent` is
  // called exactly once, on `executor`: with the broker's receipt, or kTimeout when there was none
  // within `limit` of this call, or kFull, kClosed, kInvalid (a payload over kPayloadBytesMax),
  // kBroken, kAuth, kNoTopic, kServerFailed. The executor outlives the runtime.
  void Send(std::string_view payload, Duration limit, asio::any_io_executor executor, Sent sent);
  // The same as a coroutine; the message is queued when it is first awaited.
  Task<MessageId> Send(std::string payload, Duration limit);

  // Takes nothing new (kClosed), waits until all that is pending is answered, and tells the broker.
  Task<> Close(Deadline deadline);

 private:
  friend class Pulsar;
  PulsarProducer(std::shared_ptr<Runtime> runtime, yd_producer* producer);

  const std::shared_ptr<Runtime> runtime_;
  yd_producer* const producer_;
};

struct PulsarMessage {
  MessageId id;
  std::string payload;
  WallTime publish_time;  // The producer's clock.
};

struct ConsumerEvent {
  enum class Kind : std::uint8_t {
    kSubscribed,  // Messages come from now on. Again after each kLost.
    // The stream ended or could not be had (`error` says why). The next try follows by itself,
    // with back-off. Outages of up to some seconds are mended inside and are not told: who must
    // know what he missed watches heartbeats.
    kLost,
  };
  Kind kind;
  Error error;
};

struct ConsumerOptions {
  std::string topic;
  std::string subscription;  // Durable and exclusive: it keeps its place while nobody consumes.
  std::string name = {};     // Shown in the broker's statistics.
  enum class Start : std::uint8_t { kLatest, kEarliest };
  Start start = Start::kLatest;              // Where a subscription that is new begins.
  std::uint32_t credits = kConsumerCredits;  // Messages that may wait for the handler.
};

struct ConsumerHandlers {
  std::move_only_function<void(PulsarMessage)> on_message;
  std::move_only_function<void(const ConsumerEvent&)> on_event;
};

// Consumes one topic through one subscription. Calls its handlers on the executor it was given, one
// at a time, in order; a message whose handler has returned makes room for one more.
// Used, and destroyed, on that executor's thread; no handler runs after its destructor.
class PulsarConsumer {
 public:
  // The subscription stays at the broker: the next consumer goes on after the last ack.
  ~PulsarConsumer();
  PulsarConsumer(const PulsarConsumer&) = delete;
  PulsarConsumer& operator=(const PulsarConsumer&) = delete;

  // This message and all before it need not come again. Returns at once and is not confirmed; of
  // several, the latest counts. The broker writes it down within seconds: after a crash of the
  // broker some of what was acknowledged may come again.
  void AckCumulative(const MessageId& id);

  enum class Subscription : std::uint8_t { kKeep, kRemove };
  // No handler is called from now on. Sends the last ack, then leaves; with kRemove the broker
  // forgets the subscription.
  Task<> Close(Subscription subscription, Deadline deadline);

 private:
  friend class Pulsar;
  struct State;
  PulsarConsumer(std::shared_ptr<Runtime> runtime, std::shared_ptr<State> state,
                 yd_consumer* consumer);

  const std::shared_ptr<Runtime> runtime_;
  const std::shared_ptr<State> state_;
  yd_consumer* const consumer_;
};

// Thread-safe. Producers and consumers may outlive it.
class Pulsar {
 public:
  // Answers when a connection works. Errors: kFile, kHost, kUnreachable, kTls, kProtocol, kAuth,
  // kInvalid, kTimeout. Later outages are mended inside.
  static Task<std::unique_ptr<Pulsar>> Connect(std::shared_ptr<Runtime> runtime,
                                               PulsarOptions options, Deadline deadline);
  ~Pulsar();
  Pulsar(const Pulsar&) = delete;
  Pulsar& operator=(const Pulsar&) = delete;

  // Errors besides: kNoTopic, kAuth (no right to produce), kBusy (another has the name).
  Task<std::unique_ptr<PulsarProducer>> OpenProducer(ProducerOptions options, Deadline deadline);
  // Returns at once and tries for as long as it lives; kSubscribed or kLost tell.
  // REQUIRES: topic and subscription not empty; 1 <= credits <= 100'000; a serial executor (one
  // thread or a strand) that outlives the runtime.
  std::unique_ptr<PulsarConsumer> OpenConsumer(ConsumerOptions options,
                                               asio::any_io_executor executor,
                                               ConsumerHandlers handlers);

 private:
  Pulsar(std::shared_ptr<Runtime> runtime, yd_pulsar* pulsar);

  const std::shared_ptr<Runtime> runtime_;
  yd_pulsar* const pulsar_;
};

}  // namespace yap::drivers
