#include "bus/pulsar/pulsar_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bus/pulsar/internal/driver_link.h"
#include "bus/pulsar/internal/engine.h"
#include "bus/pulsar/limits.h"
#include "crypto/secret_file.h"

namespace yap::bus {
namespace pulsar {
namespace {

std::unexpected<Error> Wrong(std::string message) {
  return Fail(Errc::kInvalidArgument, "BUS_OPTION", std::move(message));
}

bool IsName(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

bool IsNamespace(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && IsName(text.substr(0, slash)) &&
         IsName(text.substr(slash + 1));
}

Result<> Check(const PulsarBusOptions& options) {
  const std::string& url = options.url;
  if (!url.starts_with("pulsar://") && !url.starts_with("pulsar+ssl://")) {
    return Wrong(
        fmt::format("the bus's url is '{}'; it begins with pulsar:// or pulsar+ssl://", url));
  }
  if (!options.ca_file.empty() && !url.starts_with("pulsar+ssl://")) {
    return Wrong(
        fmt::format("a CA file is given, but '{}' is not encrypted: use pulsar+ssl://", url));
  }
  if (!IsNamespace(options.name_space)) {
    return Wrong(
        fmt::format("'{}' is no namespace of Pulsar; write tenant/namespace", options.name_space));
  }
  if (!IsName(options.prefix) || !IsName(options.process_name)) {
    return Wrong("names of topics and processes are made of letters, digits, '-', '_' and '.'");
  }
  if (options.count < 1 || options.count > kTopicsMax) {
    return Wrong(fmt::format("{} topics are asked for; 1 to {} can be", options.count, kTopicsMax));
  }
  return {};
}

}  // namespace

}  // namespace pulsar

Result<std::unique_ptr<PulsarBus>> OpenPulsarBus(PulsarBusOptions options,
                                                 asio::any_io_executor executor, Clock& clock,
                                                 Random& random) {
  YAP_TRY_VOID(pulsar::Check(options));
  YAP_TRY(Secret key, ReadKeyFile(options.key_file));
  auto connect = pulsar::ConnectDriver(options, executor);
  return pulsar::NewPulsarBus(std::move(options), std::move(key), std::move(connect),
                              std::move(executor), clock, random);
}

}  // namespace yap::bus
