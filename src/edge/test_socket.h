// edge/test_socket.h: a raw client socket for tests, in the clear or in TLS, that never blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yap::edge {

struct TestSocketOptions {
  bool tls = false;
  std::string alpn = "h2";            // Empty: none offered.
  std::string certificate_file = {};  // Of the client; empty: none.
  std::string key_file = {};
  int tls_version_max = 0;       // Of OpenSSL; 0: its newest.
  int receive_buffer_bytes = 0;  // SO_RCVBUF; 0: the system's.
};

class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port, const TestSocketOptions& options = {});
  ~TestSocket();
  TestSocket(const TestSocket&) = delete;
  TestSocket& operator=(const TestSocket&) = delete;

  // Queues bytes; Pump moves them.
  void Send(std::string_view bytes);
  // Sends and receives what can be moved now, receiving at most `max` bytes; true if any was.
  bool Pump(std::size_t max = 1 << 20);
  // What came since the last Take.
  std::string Take();
  // The server closed, or reset.
  bool closed() const { return closed_; }
  std::size_t unsent() const { return out_.size() - sent_; }
  int fd() const { return fd_; }

 private:
  struct Tls;
  long Write(std::string_view bytes);
  long Read(char* into, std::size_t max);

  int fd_ = -1;
  std::unique_ptr<Tls> tls_;
  std::string out_;
  std::size_t sent_ = 0;
  std::string in_;
  bool closed_ = false;
};

// Sends `bytes` and reads until the server closes or 20 s have passed; what came.
struct TestExchange {
  std::string received;
  bool closed = false;
};
TestExchange SendAndReadAll(std::uint16_t port, std::string_view bytes,
                            const TestSocketOptions& options = {});
// The error code of the last GOAWAY among raw frames.
std::optional<std::uint32_t> LastGoAway(std::string_view frames);

}  // namespace yap::edge
