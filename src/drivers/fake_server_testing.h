// drivers/fake_server_testing.h: something that listens where a database or broker is expected, and
// is none.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace yap::drivers {

struct FakeServerOptions {
  enum class Manner : std::uint8_t {
    kSilent,   // Accepts, and says nothing.
    kGarbage,  // Sends what no protocol knows.
    kHangUp,   // Ends each connection at once.
  };
  Manner manner = Manner::kSilent;
  // PEM files; with them it speaks TLS first.
  std::string cert_file = {};
  std::string key_file = {};
  std::string client_ca_file = {};  // Asks clients for a certificate of this CA.
};

// On 127.0.0.1, on a thread of its own, from construction to destruction.
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
  void Speak(int connection);

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
