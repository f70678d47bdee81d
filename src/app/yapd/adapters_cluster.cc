// ScyllaDB and Pulsar, from the configuration's keys.
#include "app/yapd/adapters_cluster.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "app/yapd/files.h"
#include "bus/pulsar/pulsar_bus.h"
#include "store/scylla/scylla_store.h"

namespace yap::app {
namespace {

using std::chrono::seconds;

constexpr auto kOpenTime = seconds(15);
// A new schema is a dozen tables, each agreed on by all nodes; another runner may be at it.
constexpr auto kMigrateTime = std::chrono::minutes(5);
// Beside a broker that answers at once or not at all.
constexpr auto kReachTime = seconds(5);

Result<store::ScyllaOptions> ScyllaOptionsOf(const Config& config) {
  store::ScyllaOptions options;
  options.hosts = config.store_scylla_hosts;
  options.keyspace = config.store_scylla_keyspace;
  options.datacenter = config.store_scylla_datacenter;
  options.username = config.store_scylla_username;
  if (!options.username.empty()) {
    YAP_TRY(options.password, ReadStorePassword(config.store_scylla_password_file));
  }
  if (config.store_scylla_tls) {
    options.tls = store::ScyllaTls{config.store_scylla_ca_file, config.store_scylla_cert_file,
                                   config.store_scylla_key_file};
  }
  return options;
}

bus::PulsarBusOptions PulsarOptionsOf(const Config& config) {
  bus::PulsarBusOptions options;
  options.url = config.bus_pulsar_url;
  options.ca_file = config.bus_pulsar_ca_file;
  options.token_file = config.bus_pulsar_token_file;
  options.key_file = config.bus_pulsar_key_file;
  using Topics = bus::PulsarBusOptions::Topics;
  options.topics =
      config.bus_pulsar_topics == "persistent" ? Topics::kPersistent : Topics::kNonPersistent;
  options.name_space = config.bus_pulsar_namespace;
  options.count = static_cast<std::uint32_t>(config.bus_topics);
  using Part = bus::PulsarBusOptions::Part;
  options.part = config.role == "chat" ? Part::kPublish : Part::kConsume;
  options.process_name = "yap-" + config.role;
  return options;
}

Result<std::unique_ptr<bus::PulsarBus>> MakePulsar(const Config& config, IoThreads& threads) {
  return bus::OpenPulsarBus(PulsarOptionsOf(config), threads.executor(0), SystemClock(),
                            SystemRandom());
}

}  // namespace

bool WithCluster() { return true; }

Result<std::unique_ptr<store::Store>> OpenScylla(const Config& config, IoThreads& threads) {
  YAP_TRY(auto options, ScyllaOptionsOf(config));
  return BlockOn(threads, store::OpenScyllaStore(std::move(options),
                                                 Deadline::After(SystemClock(), kOpenTime)));
}

Result<Bus> OpenPulsar(const Config& config, IoThreads& threads) {
  YAP_TRY(auto opened, MakePulsar(config, threads));
  auto* pulsar = opened.get();
  return Bus{std::move(opened), [pulsar](Deadline deadline) { return pulsar->Close(deadline); }};
}

Result<std::string> MigrateStore(const Config& config, IoThreads& threads) {
  YAP_TRY(auto options, ScyllaOptionsOf(config));
  YAP_TRY(const auto state,
          BlockOn(threads, store::MigrateScylla(std::move(options),
                                                Deadline::After(SystemClock(), kMigrateTime))));
  if (state.version == state.latest) {
    return fmt::format("keyspace {} has schema {} already", config.store_scylla_keyspace,
                       state.latest);
  }
  return fmt::format("keyspace {}: schema {} → {}", config.store_scylla_keyspace, state.version,
                     state.latest);
}

Result<> ReachStore(const Config& config, IoThreads& threads) {
  YAP_TRY(auto options, ScyllaOptionsOf(config));
  YAP_TRY_VOID(BlockOn(
      threads, store::CheckSchema(std::move(options), Deadline::After(SystemClock(), kReachTime))));
  return {};
}

Result<> ReachBus(const Config& config, IoThreads& threads) {
  YAP_TRY(const auto bus, MakePulsar(config, threads));
  const auto ready = BlockOn(threads, bus->Ready(Deadline::After(SystemClock(), kReachTime)));
  // A subscription made to try is not left behind.
  YAP_TRY_VOID(BlockOn(threads, bus->Close(Deadline::After(SystemClock(), kReachTime))));
  return ready;
}

}  // namespace yap::app
