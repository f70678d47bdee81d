// bench/load.h: some channels, many subscribers, messages in flight or by the clock: what is
// measured is a window between a warm-up and the end; what is checked is everything, from the first
// message to the last.
#pragma once

#include <netinet/in.h>

#include <chrono>
#include <string>
#include <vector>

#include "bench/audience.h"
#include "bench/drive.h"
#include "bench/usage.h"

namespace yap::bench {

struct LoadOptions {
  sockaddr_in send_to{};
  sockaddr_in read_from{};
  std::string tls_ca_file;  // PEM: TLS, and whom to trust. Empty: in the clear.
  std::vector<WatchedProcess> servers;
  AudienceOptions audience;  // But in_flight_max, which follows from the pace.
  Pace pace;
  std::size_t senders = 0;  // Connections that send; 0: as many as the messages in flight need.
  // Subscribers come when all has been sent, and read it from the store.
  enum class Readers : std::uint8_t { kLive, kAfterwards } readers = Readers::kLive;
  Duration warm_up = std::chrono::seconds(1);
  Duration window = std::chrono::seconds(5);
};

struct Report {
  Measures measures;
  std::string history;  // What the checker said.
};

// The measures:
//   deliveries_per_second, messages_per_second (sent), acknowledgements_per_second (0 for NATS),
//   latency_p50_us, latency_p99_us: from the send, or when it was due, to each delivery;
//   ack_p50_us, ack_p99_us: to the acknowledgement;
//   server_cpu_ns_per_delivery, client_cpu_ns_per_delivery, cpu_us_per_message.NAME of each server
//   and of "client";
//   resident_bytes_per_subscriber, connect_cpu_us: what one more idle connection that subscribes
//   took; deliveries_checked; and those of CoresOf.
// Errors: InvalidArgument (options), Corruption (a message was lost, doubled, reordered or
// changed), Unavailable (a server refused, went away, stopped delivering or did not keep up).
Result<Report> RunLoad(System& system, const LoadOptions& options);

}  // namespace yap::bench
