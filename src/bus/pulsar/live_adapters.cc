// The contract suite on a real Pulsar: YAP_TEST_PULSAR=pulsar://host:port, and where it asks for
// them YAP_TEST_PULSAR_CA_FILE and YAP_TEST_PULSAR_TOKEN_FILE.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/io_threads.h"
#include "bus/event_bus_contract.h"
#include "bus/pulsar/pulsar_bus.h"
#include "crypto/secret_file.h"

namespace yap::bus {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// A bus on topics of its own, with its thread, that was connected when it was made.
class LiveBus final : public core::EventBus {
 public:
  LiveBus(const std::string& url, PulsarBusOptions::Topics topics) {
    YAP_CHECK(ReadOrCreateKeyFile(key_file_, SystemRandom()).has_value());
    PulsarBusOptions options;
    options.url = url;
    options.ca_file = Variable("YAP_TEST_PULSAR_CA_FILE");
    options.token_file = Variable("YAP_TEST_PULSAR_TOKEN_FILE");
    options.key_file = key_file_;
    options.topics = topics;
    options.prefix = key_file_.filename();
    options.count = 2;
    bus_ = std::move(
        OpenPulsarBus(options, threads_.executor(0), SystemClock(), SystemRandom()).value());
    const auto ready = Wait(bus_->Ready(In(std::chrono::seconds(30))));
    YAP_CHECK(ready.has_value(), ready ? "" : ready.error().message);
  }
  ~LiveBus() override {
    (void)Wait(bus_->Close(In(std::chrono::seconds(10))));
    bus_.reset();
    std::filesystem::remove(key_file_);
  }

  void Publish(const core::Envelope& envelope) override { bus_->Publish(envelope); }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    return bus_->Subscribe(std::move(handler));
  }

 private:
  static Deadline In(Duration span) { return Deadline::After(SystemClock(), span); }
  Result<> Wait(Task<> task) { return SpawnFuture(threads_.executor(1), std::move(task)).get(); }

  const std::filesystem::path key_file_ = std::filesystem::temp_directory_path() /
                                          ("yap-live-" + std::to_string(SystemRandom().NextId()));
  IoThreads threads_{2};
  std::unique_ptr<PulsarBus> bus_;
};

std::function<std::unique_ptr<core::EventBus>()> Make(PulsarBusOptions::Topics topics) {
  return [topics]() -> std::unique_ptr<core::EventBus> {
    const std::string url = Variable("YAP_TEST_PULSAR");
    if (url.empty()) return nullptr;
    return std::make_unique<LiveBus>(url, topics);
  };
}

}  // namespace

std::vector<BusAdapter> BusAdapters() {
  const std::string needs = "set YAP_TEST_PULSAR=pulsar://host:port";
  return {{"Persistent", Make(PulsarBusOptions::Topics::kPersistent), needs},
          // Of what a broker can't hand on at once, more than 1,000 messages, it drops the rest.
          {"NonPersistent", Make(PulsarBusOptions::Topics::kNonPersistent), needs, 500}};
}

}  // namespace yap::bus
