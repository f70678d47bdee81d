// drivers/fake_server_testing.h: something that listens where a database or broker is expected, and
// is none.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yap::drivers {

// What a server does with a connection, on a thread of its own.
using Manner = std::function<void(int connection)>;
void Silent(int connection);       // Nothing.
void SendGarbage(int connection);  // Sends what no protocol knows.
void HangUp(int connection);       // Ends it at once.

// Blocks until there are so many bytes; empty when the peer leaves first.
std::string Receive(int connection, std::size_t bytes);
void Send(int connection, std::string_view bytes);

struct FakeServerOptions {
  Manner manner = Silent;
  // PEM files; with them it makes a TLS handshake instead and hangs up after it.
  std::string cert_file = {};
  std::string key_file = {};
  std::string client_ca_file = {};  // Asks clients for a certificate of this CA.
};

// On 127.0.0.1, from construction to destruction.
class FakeServer {
 public:
  explicit FakeServer(FakeServerOptions options);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }
  // TLS handshakes that succeeded.
  int handshakes() const { return handshakes_; }

 private:
  void Serve();
  void Handle(int connection);
  void HandleTls(int connection);

  const FakeServerOptions options_;
  int listener_ = -1;
  std::uint16_t port_ = 0;

  std::atomic<int> handshakes_ = 0;

  std::mutex mutex_;
  std::vector<int> connections_;  // Guarded by mutex_.
  bool stopping_ = false;         // Guarded by mutex_.

  std::jthread thread_;
};

// A port of 127.0.0.1 on which nobody listens, for as long as this lives.
class DeadPort {
 public:
  DeadPort();
  ~DeadPort();
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int socket_;
  std::uint16_t port_;
};

// TCP_NODELAY of each socket of this process that is connected to `port`.
std::vector<bool> NoDelayOfSocketsTo(std::uint16_t port);

}  // namespace yap::drivers
