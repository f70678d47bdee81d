#include "edge/violation.h"

#include <array>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "edge/limits.h"
#include "edge/token_bucket.h"

namespace yap::edge {
namespace {

using Counters = std::array<metrics::Counter, kViolationKinds>;

Counters& TheCounters() {
  static Counters counters = [] {
    Counters made;
    for (int i = 0; i < kViolationKinds; ++i) {
      made[static_cast<std::size_t>(i)] =
          metrics::NewCounter("yap_edge_violations_total",
                              "Connections ended because the peer broke a budget or a rule",
                              {{"kind", std::string(ViolationName(static_cast<Violation>(i)))}});
    }
    return made;
  }();
  return counters;
}

bool MayLog() {
  static Guarded<TokenBucket> bucket(TokenBucket(
      Rate{kViolationLogLinesPerSecond, 4 * kViolationLogLinesPerSecond}, SystemClock().Mono()));
  return bucket.With([](TokenBucket& b) { return b.Take(SystemClock().Mono()); });
}

}  // namespace

std::string_view ViolationName(Violation kind) {
  switch (kind) {
    case Violation::kHeaderBlock:
      return "header_block";
    case Violation::kOpens:
      return "opens";
    case Violation::kResets:
      return "resets";
    case Violation::kControls:
      return "controls";
    case Violation::kWindowUpdates:
      return "window_updates";
    case Violation::kProtocol:
      return "protocol";
    case Violation::kHttp1:
      return "http1";
    case Violation::kTlsOnPlaintext:
      return "tls_on_plaintext";
    case Violation::kPlaintextOnTls:
      return "plaintext_on_tls";
    case Violation::kTlsHandshake:
      return "tls_handshake";
    case Violation::kProxyHeader:
      return "proxy_header";
    case Violation::kNotAProxy:
      return "not_a_proxy";
    case Violation::kHandshakeTimeout:
      return "handshake_timeout";
    case Violation::kFirstRequestTimeout:
      return "first_request_timeout";
    case Violation::kWriteStall:
      return "write_stall";
    case Violation::kKeepaliveTimeout:
      return "keepalive_timeout";
  }
  return "unknown";
}

void RecordViolation(Violation kind, std::string_view address) {
  TheCounters()[static_cast<std::size_t>(kind)].Add();
  if (!MayLog()) return;
  log::Warning("connection ended by the edge",
               {{"kind", ViolationName(kind)}, {"address", address}});
}

void RecordRefusal(std::string_view limit, std::size_t max, std::string_view address) {
  if (!MayLog()) return;
  log::Warning("connection refused: a limit is reached",
               {{"limit", limit}, {"max", max}, {"address", address}});
}

double ViolationCount(Violation kind) {
  return TheCounters()[static_cast<std::size_t>(kind)].Value();
}

}  // namespace yap::edge
