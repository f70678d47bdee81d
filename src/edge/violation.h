// edge/violation.h: the ways in which a peer can break its budget or the protocol.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yap::edge {

enum class Violation : std::uint8_t {
  kHeaderBlock,     // A header block over header_block_bytes_max, or too many CONTINUATIONs.
  kOpens,           // Streams opened too fast.
  kResets,          // RST_STREAM in either direction.
  kControls,        // PING, SETTINGS, empty DATA, PRIORITY, unknown frames.
  kWindowUpdates,   // WINDOW_UPDATE out of proportion to what was sent.
  kProtocol,        // Not HTTP/2, or against its rules.
  kHttp1,           // An HTTP/1 client (answered 426).
  kTlsOnPlaintext,  // A TLS client on a plaintext port.
  kPlaintextOnTls,  // The reverse.
  kTlsHandshake,    // A handshake that failed: no ALPN h2, no client certificate, old version.
  kProxyHeader,     // No valid PROXY header, or from an address that may not send one.
  kNotAProxy,       // In the clear, where only trusted proxies may speak so.
  kHandshakeTimeout,
  kFirstRequestTimeout,
  kWriteStall,
  kKeepaliveTimeout,
};
inline constexpr int kViolationKinds = 16;

// "header_block" and so on: the label of the counter and of the log line.
std::string_view ViolationName(Violation kind);

// Counts, and logs one line unless lines are coming too fast. Thread-safe.
void RecordViolation(Violation kind, std::string_view address);
// A connection that finds `limit` (a field of Budgets, whose value is `max`) reached: one line,
// unless lines are coming too fast. Thread-safe.
void RecordRefusal(std::string_view limit, std::size_t max, std::string_view address);
// How often it was recorded in this process.
double ViolationCount(Violation kind);

}  // namespace yap::edge
