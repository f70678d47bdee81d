// bench/relay.h: the shape "sent at one server, read at another": some channels, each with one
// sender that keeps K sends without an answer, and one reader elsewhere. What is measured is a
// window between a warm-up and the end; what is checked is everything.
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/codec.h"

namespace yap::bench {

struct WatchedProcess {
  std::string name;
  pid_t pid = 0;
};

struct RelayOptions {
  sockaddr_in send_to{};
  sockaddr_in read_from{};
  std::vector<WatchedProcess> processes;  // Whose CPU time is taken.
  std::size_t channels = 1;
  std::size_t in_flight = 1;  // Of each channel: sent and not yet acknowledged.
  std::size_t message_bytes = 128;
  Duration warm_up = std::chrono::seconds(1);
  Duration window = std::chrono::seconds(5);
};

struct RelayReport {
  double seconds = 0;
  double messages_per_second = 0;  // Acknowledged.
  Duration ack_p50{};
  Duration ack_p99{};
  Duration delivery_p50{};  // From the send.
  Duration delivery_p99{};
  std::vector<double> cpu_us_per_message;  // Of each of options.processes.
  double client_cpu_us_per_message = 0;
  double other_cores = 0;  // All else that was busy on the machine.
  std::uint64_t deliveries_checked = 0;
};

// `system(i)`: what channel i speaks, each with a channel of its own. Errors: as RunFanout's.
Result<RelayReport> RunRelay(const std::function<std::unique_ptr<System>(std::size_t)>& system,
                             const RelayOptions& options);

}  // namespace yap::bench
