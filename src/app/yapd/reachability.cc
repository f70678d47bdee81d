#include "app/yapd/reachability.h"

#include <fmt/format.h>
#include <unistd.h>

#include "api/identity.h"
#include "api/replicas.h"
#include "app/yapd/adapters.h"
#include "app/yapd/cluster_proof.h"
#include "app/yapd/host_resolver.h"
#include "base/io_threads.h"

namespace yap::app {
namespace {

constexpr auto kConnectTime = std::chrono::seconds(3);

Finding Unreachable(std::string text) { return {true, std::move(text)}; }

// The internal question that costs nothing and is answered only to a peer that is believed.
Task<std::string> Greet(std::shared_ptr<api::Upstream> upstream) {
  auto reply = co_await upstream->Call({.path = "/yap.internal.v1.InternalService/Heads",
                                        .request = {},
                                        .identity = api::EncodeIdentity({}),
                                        .deadline = Deadline::After(SystemClock(), kConnectTime)});
  if (reply) co_return std::string();
  co_return reply.error().why.empty() ? reply.error().status.message : reply.error().why;
}

class ServiceCheck {
 public:
  explicit ServiceCheck(api::GrpcUpstreamOptions proof)
      : upstreams_(api::NewGrpcUpstreams(std::move(proof))) {}

  std::vector<Finding> Run(const std::string& service) {
    const auto address = api::ParseService(service);
    if (!address->resolve) return Ask(service, address->host, address->host, address->port);
    const auto found = BlockOn(
        threads_, resolver_->Resolve(address->host, Deadline::After(SystemClock(), kConnectTime)));
    if (!found)
      return {Unreachable(fmt::format("chat-service {}: {}", service, found.error().message))};
    std::vector<Finding> findings;
    for (const auto& one : *found) {
      for (auto& finding : Ask(service, address->host, one, address->port)) {
        findings.push_back(std::move(finding));
      }
    }
    return findings;
  }

 private:
  std::vector<Finding> Ask(const std::string& service, const std::string& name,
                           const std::string& host, const std::string& port) {
    const bool ipv6 = host.find(':') != std::string::npos;
    const auto target = fmt::format("{}{}{}:{}", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
    const auto why = BlockOn(threads_, Greet(upstreams_->Open(target, name)));
    if (why && why->empty()) return {};
    return {Unreachable(fmt::format(
        "chat-service {} ({}) cannot be used: {}; check that it runs there, and its log", service,
        target, why ? *why : why.error().message))};
  }

  IoThreads threads_{1};
  std::unique_ptr<api::UpstreamFactory> upstreams_;
  std::unique_ptr<api::HostResolver> resolver_ = NewHostResolver(threads_.executor(0));
};

std::vector<Finding> CheckServices(const Config& config) {
  auto proof = ProofOptionsOf(config);
  if (!proof) return {Unreachable(proof.error().message)};
  ServiceCheck check(*std::move(proof));
  std::vector<Finding> findings;
  for (const auto& service : config.cluster_chat_services) {
    for (auto& finding : check.Run(service)) findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<Finding> Reach(std::string_view what, Result<> (*reach)(const Config&, IoThreads&),
                           const Config& config) {
  IoThreads threads(1);
  const auto reached = reach(config, threads);
  if (reached) return {};
  return {Unreachable(fmt::format("{}: {}", what, reached.error().message))};
}

std::vector<Finding> CheckBus(const Config& config) {
  if (config.bus_kind != "pulsar") return {};
  return Reach("bus", ReachBus, config);
}

// A database that is in use cannot be opened a second time, so only its place is looked at.
std::vector<Finding> CheckStore(const Config& config, const DataPaths& paths) {
  if (config.store_kind == "scylla") return Reach("store", ReachStore, config);
  if (config.store_kind != "sqlite") return {};
  auto place = paths.directory;
  std::error_code hidden;
  while (!std::filesystem::exists(place, hidden) && !hidden && place.has_parent_path()) {
    place = place.parent_path();
  }
  if (::access(place.c_str(), W_OK | X_OK) == 0) return {};
  return {Unreachable(
      fmt::format("store: the data directory {} cannot be written to", paths.directory.string()))};
}

}  // namespace

std::vector<Finding> CheckReachable(const Config& config, const DataPaths& paths) {
  auto findings = config.role == "api" ? CheckServices(config) : CheckStore(config, paths);
  for (auto& finding : CheckBus(config)) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace yap::app
