// bus/pulsar/pulsar_bus.h: the bus of a cluster, on Apache Pulsar. docs/bus.md has its data flow,
// what may be lost and who repairs it, and the broker's settings.
#pragma once

#include <asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "base/task.h"
#include "core/event_bus.h"

namespace yap::bus {

struct PulsarBusOptions {
  std::string url;                   // "pulsar://host:port" or "pulsar+ssl://host:port"
  std::filesystem::path ca_file;     // PEM, for pulsar+ssl. Empty: the system's authorities.
  std::filesystem::path token_file;  // Read again for each connection. Empty: none is sent.
  // 32 bytes that every chat-service and gateway of the cluster has: what is not signed with it is
  // dropped. crypto/secret_file.h says how the file must be kept.
  std::filesystem::path key_file;

  enum class Topics : std::uint8_t { kPersistent, kNonPersistent };
  Topics topics = Topics::kPersistent;
  // The same in every process of the cluster: "<topics>://<name_space>/<prefix>-<0 … count - 1>".
  std::string name_space = "public/default";
  std::string prefix = "yap-events";
  std::uint32_t count = 16;  // 1 to pulsar::kTopicsMax.

  enum class Part : std::uint8_t {
    kPublish,  // A chat-service. Handlers are never called.
    kConsume,  // A gateway. What is published is dropped.
    kBoth,
  };
  Part part = Part::kBoth;
  // Begins the name of the subscription, which is this process's alone: an operator knows whose it
  // is. Letters, digits, '-', '_' and '.'.
  std::string process_name = "yap";

  std::chrono::milliseconds operation_timeout = std::chrono::seconds(4);
  std::chrono::milliseconds keepalive = std::chrono::seconds(10);
};

// Events reach the handlers on the thread of the bus's executor. Of an envelope without the
// broker's receipt in the end, `heads` tell how far its channel goes, in an envelope that nobody
// counts (producer 0), until the broker has it. Handlers hear `began_anew` whenever a topic's
// consumer begins; other envelopes of that topic may come before it.
// Outlives its subscriptions. REQUIRES of Publish: topic < count; fewer than
// pulsar::kEnvelopeHeadsMax heads.
class PulsarBus : public core::EventBus {
 public:
  // Whether everything works at this moment. Any thread.
  virtual bool connected() const = 0;
  // Waits until it does. Errors: DeadlineExceeded "BUS_NOT_CONNECTED", with the last failure. Not
  // needed to publish or serve: the bus goes on trying for as long as it lives.
  virtual Task<> Ready(Deadline deadline) = 0;
  // Sends what waits, lets the broker forget this process's subscriptions, and stops; what is
  // published from now on is dropped. Returns when nothing of the bus needs its executor any more:
  // an attempt to connect to a broker that swallows everything is waited for, beyond the deadline,
  // some seconds. Without it, as after a crash, the broker forgets the subscriptions after its
  // subscriptionExpirationTimeMinutes. Once.
  virtual Task<> Close(Deadline deadline) = 0;
};

// Reads the key and returns; connects behind the caller's back. `executor` is serial (one thread or
// a strand) and, like `clock` and `random`, outlives the drivers' runtime; the bus may be destroyed
// on any thread.
// Errors, one line each for the operator: InvalidArgument "BUS_OPTION", and those of ReadKeyFile.
Result<std::unique_ptr<PulsarBus>> OpenPulsarBus(PulsarBusOptions options,
                                                 asio::any_io_executor executor, Clock& clock,
                                                 Random& random);

}  // namespace yap::bus
