// bench/fanout.h: the shape "one channel, N subscribers, K in flight": a closed loop that sends the
// next message as soon as the oldest is with every subscriber. What is measured is a window between
// a warm-up and the end; what is checked is everything, from the first message to the last.
#pragma once

#include <netinet/in.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "bench/codec.h"

namespace yap::bench {

struct FanoutOptions {
  sockaddr_in server{};
  pid_t server_pid = 0;
  std::size_t subscribers = 1000;
  std::size_t message_bytes = 128;
  std::size_t in_flight = 256;
  Duration warm_up = std::chrono::seconds(1);
  Duration window = std::chrono::seconds(5);
};

struct FanoutReport {
  double seconds = 0;
  double deliveries_per_second = 0;
  double messages_per_second = 0;
  // Of sends; 0 where the protocol has none (NATS).
  double acknowledgements_per_second = 0;
  Duration latency_p50{};
  Duration latency_p99{};
  double server_cpu_ns_per_delivery = 0;
  // Of the load client.
  double client_cpu_ns_per_delivery = 0;
  double server_cores = 0;
  double client_cores = 0;
  // All else that was busy on the machine.
  double other_cores = 0;
  // What one idle subscriber adds to the server's resident memory.
  double resident_bytes_per_subscriber = 0;
  // Over the whole run: order and density for every subscriber, the history checker for a few.
  std::uint64_t deliveries_checked = 0;
  std::string history;
};

// Errors: InvalidArgument (options), Corruption (a message was lost, doubled, reordered or
// changed), Unavailable (the server refused, went away or stopped delivering).
Result<FanoutReport> RunFanout(System& system, const FanoutOptions& options);

}  // namespace yap::bench
