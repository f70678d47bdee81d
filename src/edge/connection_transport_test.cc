// A connection over sockets and transports that answer what no peer can be made to cause at will.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <optional>
#include <string>

#include "base/check.h"
#include "base/sim_clock.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"
#include "edge/worker.h"

namespace yap::edge {
namespace {

// What the transport answers instead of moving bytes, and how often it was asked.
struct Script {
  std::optional<IoState> read_answer;
  std::optional<IoState> write_answer;
  int reads = 0;
  int writes = 0;
};

class ScriptedTransport final : public Transport {
 public:
  ScriptedTransport(Script& script, int socket)
      : script_(script), plain_(NewPlainTransport(socket)) {}

  IoResult Handshake() override { return {}; }
  IoResult Read(std::span<char> into) override {
    ++script_.reads;
    return script_.read_answer ? IoResult{*script_.read_answer} : plain_->Read(into);
  }
  IoResult Write(std::span<const iovec> ranges) override {
    ++script_.writes;
    return script_.write_answer ? IoResult{*script_.write_answer} : plain_->Write(ranges);
  }
  void ShutdownWrite() override { plain_->ShutdownWrite(); }
  bool NegotiatedHttp2() const override { return true; }
  bool SawPlaintext() const override { return false; }
  void Describe(Peer&) const override {}

 private:
  Script& script_;
  const std::unique_ptr<Transport> plain_;
};

class ScriptedTls final : public TlsContext {
 public:
  explicit ScriptedTls(Script& script) : script_(script) {}
  std::unique_ptr<Transport> NewTransport(int socket) const override {
    return std::make_unique<ScriptedTransport>(script_, socket);
  }

 private:
  Script& script_;
};

class ConnectionTransportTest : public testing::Test {
 protected:
  ConnectionTransportTest() {
    AddTestMethods(router_);
    listener_->counts = std::make_shared<ConnectionCounts>(0, 0);
    listener_->tls.With([&](auto& tls) { tls = std::make_shared<ScriptedTls>(script_); });
    std::array<int, 2> pair{};
    YAP_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) ==
              0);
    server_fd_ = pair[0];
    client_fd_ = pair[1];
  }
  ~ConnectionTransportTest() override {
    worker_->Stop();
    RunSome();
    ::close(client_fd_);
  }

  // The server's end becomes a connection.
  void Connect() {
    auto accepted = std::make_unique<Accepted>(state_, server_fd_);
    accepted->address = asio::ip::address_v4::loopback();
    accepted->listener = listener_;
    worker_->Adopt(std::move(accepted));
    RunSome();
  }
  // All that is ready, unless there is always something ready.
  void RunSome() {
    io_.restart();
    for (int i = 0; i < 100 && io_.poll_one() != 0; ++i) io_.restart();
  }
  static void Send(int fd, std::string_view bytes) {
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
  }
  static void Fill(int fd) {
    const std::string bytes(4096, 'f');
    while (::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) continue;
  }
  // Reads all there is; how much it was.
  static std::size_t Empty(int fd) {
    std::string into(4096, '\0');
    std::size_t total = 0;
    for (ssize_t n = 0; (n = ::recv(fd, into.data(), into.size(), 0)) > 0;) {
      total += static_cast<std::size_t>(n);
    }
    return total;
  }

  Script script_;
  asio::io_context io_;
  SimClock clock_;
  SeededRandom random_{7};
  MapRouter router_;
  const std::shared_ptr<ListenerState> listener_ = std::make_shared<ListenerState>();
  const std::shared_ptr<ServerState> state_ =
      std::make_shared<ServerState>(ServerOptions{}, router_, clock_, random_);
  const std::shared_ptr<Worker> worker_ = std::make_shared<Worker>(state_, io_.get_executor());
  int server_fd_ = -1;
  int client_fd_ = -1;
};

// TLS 1.3: the answer to a KeyUpdate does not fit into the socket, and SSL_read insists on it.
TEST_F(ConnectionTransportTest, ReadThatMustWriteFirstWaitsUntilTheSocketIsWritable) {
  Fill(server_fd_);
  Send(client_fd_, "x");
  script_.read_answer = IoState::kWantWrite;
  Connect();
  EXPECT_EQ(script_.reads, 1);
  script_.read_answer.reset();
  Empty(client_fd_);
  RunSome();
  EXPECT_GE(script_.reads, 2);
  EXPECT_EQ(Empty(server_fd_), 0U);
}

// TLS 1.3: half a KeyUpdate has come, and SSL_write insists on the other half.
TEST_F(ConnectionTransportTest, WriteThatMustReadFirstWaitsUntilTheSocketIsReadable) {
  Send(client_fd_, std::string(kTestPreface) + RawFrame(NGHTTP2_SETTINGS, 0, 0, ""));
  script_.write_answer = IoState::kWantRead;
  Connect();
  EXPECT_EQ(script_.writes, 1);
  script_.write_answer.reset();
  Send(client_fd_, RawFrame(NGHTTP2_PING, 0, 0, "12345678"));
  RunSome();
  EXPECT_GE(script_.writes, 2);
  EXPECT_GT(Empty(client_fd_), 0U);
}

TEST_F(ConnectionTransportTest, SocketThatCannotBeWatchedIsClosed) {
  asio::ip::tcp::socket watched(io_);
  watched.assign(asio::ip::tcp::v4(), server_fd_);  // epoll takes no descriptor twice.
  Connect();
  EXPECT_EQ(::fcntl(server_fd_, F_GETFD), -1);
  EXPECT_EQ(state_->open, 0U);
  std::error_code ignored;
  watched.close(ignored);
}

}  // namespace
}  // namespace yap::edge
