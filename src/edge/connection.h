// edge/connection.h: one connection: socket, transport, session and their time-outs.
#pragma once

#include <asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "edge/output.h"
#include "edge/proxy_protocol.h"
#include "edge/server_state.h"
#include "edge/session.h"
#include "edge/transport.h"
#include "edge/violation.h"

namespace yap::edge {

class Worker;

// One thread: its worker's. The worker owns it until Close.
class Connection final : public std::enable_shared_from_this<Connection>, private SessionHost {
 public:
  Connection(std::shared_ptr<Worker> worker, Accepted& accepted);
  ~Connection() override;

  void Start();
  // A flush. Puts what the session has into `out`, as far as that has room …
  void Gather(Output& out);
  // … and writes it, as far as the socket takes it, in the same pass. Only where there is
  // something.
  void Write(const Output& out);
  // Finish what runs, open nothing new, then close. After `grace` the calls end UNAVAILABLE, and
  // kLingerTime later it is over, whatever the peer has taken.
  void Drain(Duration grace);
  // Ends every call and closes, at once. Idempotent.
  void Close();

 private:
  enum class Phase : std::uint8_t { kProxyHeader, kHandshake, kOpen, kLingering, kClosed };

  // SessionHost.
  void WantFlush() override;
  void WantTimer() override;

  // Calls `next` once the socket is ready for what the transport wants: in TLS a read may want to
  // write, and a write to read.
  void WaitFor(IoState want, void (Connection::*next)());
  void OnReadable();
  void WriteRest();
  void Proceed();
  bool ReadProxyHeader();
  bool UseProxyHeader(const ProxyHeader& header);
  bool Handshake();
  void BeginSession();
  bool ReadOnce();
  void OnBytes(std::span<const char> bytes);

  void Send(const Output& out);
  void AfterFlush();
  void AfterSession();
  void Linger();
  void Violate(Violation kind);

  void ArmTimer();
  MonoTime NextTimeout() const;
  MonoTime KeepaliveDue() const;
  void OnTimer();
  bool CheckTimeouts(MonoTime now);
  void CheckKeepalive(MonoTime now);
  void CheckAge(MonoTime now);

  // Constant after construction.
  const std::shared_ptr<Worker> worker_;
  const std::shared_ptr<ServerState> state_;
  const std::shared_ptr<ListenerState> listener_;
  const Budgets& budgets_;
  const MonoTime accepted_at_;

  asio::ip::tcp::socket socket_;
  std::unique_ptr<ConnectionCounts::Slot> slot_;
  std::shared_ptr<Peer> peer_;
  bool from_trusted_proxy_ = false;  // Of the TCP peer, then of the one its PROXY header names.
  std::string proxy_header_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Session> session_;
  std::vector<char> pending_;  // What the kernel did not take; then nothing more is pulled.
  std::size_t pending_sent_ = 0;
  std::size_t lingered_bytes_ = 0;
  std::size_t calls_counted_ = 0;

  std::unique_ptr<Timer> timer_;
  MonoTime armed_at_ = MonoTime::max();
  MonoTime last_read_;
  MonoTime last_progress_;
  std::optional<MonoTime> ping_sent_at_;
  MonoTime age_at_ = MonoTime::max();      // Then it is told to finish …
  MonoTime go_away_at_ = MonoTime::max();  // … then, at the latest, no new call …
  MonoTime close_at_ = MonoTime::max();    // … and then it is over. Also the end of lingering.
  bool aborted_ = false;                   // The calls were told at close_at_; the next one closes.

  Phase phase_ = Phase::kHandshake;
  bool dirty_ = false;
  bool has_more_ = false;  // Than the last Gather found room for.
  bool violation_recorded_ = false;
};

}  // namespace yap::edge
