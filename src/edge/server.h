// edge/server.h: a gRPC server over HTTP/2.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "edge/handler.h"
#include "edge/limits.h"

namespace yap::edge {

// PEM files. TLS 1.3 only, ALPN "h2" required.
struct TlsOptions {
  std::string certificate_file;  // Leaf first, then the chain.
  std::string key_file;
  // Where set, clients must show a certificate that one of these CAs signed (mTLS).
  std::string client_ca_file;
};

enum class ProxyProtocol : std::uint8_t { kOff, kRequired };

struct ListenerOptions {
  std::string address = "127.0.0.1";  // An IPv4 or IPv6 literal.
  std::uint16_t port = 0;             // 0: any free one.
  std::optional<TlsOptions> tls = std::nullopt;
  Budgets budgets = {};
  int send_buffer_bytes = kSendBufferBytes;  // SO_SNDBUF, which the kernel doubles.
  // Each connection starts with a PROXY protocol header, version 1 or 2. Only for peers in
  // `trusted_proxies`; others are closed.
  ProxyProtocol proxy_protocol = ProxyProtocol::kOff;
  // Addresses or networks ("10.0.0.0/8", "::1"). From them the last x-forwarded-for entry that is
  // not itself trusted is the client's address. Whom a PROXY header names is the one who is judged.
  std::vector<std::string> trusted_proxies;
  // Serves nobody but those of `trusted_proxies` and this machine: what others would say here in
  // the clear is for a proxy to hear, encrypted.
  bool proxies_only = false;
};

struct ServerOptions {
  // Runs on an I/O thread at the end of each pass of writes there: what was shared may go.
  std::function<void()> after_pass;
};

struct ServerStats {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // Over a cap, or without a file descriptor.
  std::size_t connections_open = 0;
  std::size_t calls_open = 0;
  std::uint64_t violations = 0;
};

class Server {
 public:
  // `executors`: one per I/O thread, each run by one thread; connections are dealt to them in turn.
  // REQUIRES: at least one; router, clock and random outlive the server.
  Server(ServerOptions options, std::vector<asio::any_io_executor> executors, Router& router,
         Clock& clock, Random& random);
  // Closes everything at once. REQUIRES: the executors' threads have stopped, or this is the only
  // one of them.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Starts to accept and answers the port. Any thread, any number of listeners. Errors:
  // InvalidArgument (address, network, certificate or key: the message names the file and what to
  // do), Unavailable (the port is taken).
  Result<std::uint16_t> Listen(ListenerOptions options);

  // Reads every listener's certificate, key and CA again; new connections use them. On error all
  // listeners keep what they have. Any thread.
  Result<> ReloadCertificates();

  // Stops accepting, tells every call (Call::OnAgeing) and peer (GOAWAY), waits until all calls
  // have finished, at most `grace`, then closes. Takes 2 kLingerTime longer at most, whatever the
  // peers read. Any thread; once.
  asio::awaitable<void> Drain(Duration grace);

  // Any thread.
  ServerStats Stats() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yap::edge
