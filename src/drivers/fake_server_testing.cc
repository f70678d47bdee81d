#include "drivers/fake_server_testing.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace yap::drivers {
namespace {

std::pair<int, std::uint16_t> BindToLoopback() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof address;
  YAP_CHECK(::bind(socket, generic, length) == 0);
  YAP_CHECK(::getsockname(socket, generic, &length) == 0);
  return {socket, ntohs(address.sin_port)};
}

std::uint16_t PeerPort(int socket) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  return address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
}

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

Context MakeContext(const FakeServerOptions& options) {
  Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  YAP_CHECK(SSL_CTX_use_certificate_chain_file(context.get(), options.cert_file.c_str()) == 1);
  YAP_CHECK(
      SSL_CTX_use_PrivateKey_file(context.get(), options.key_file.c_str(), SSL_FILETYPE_PEM) == 1);
  if (!options.client_ca_file.empty()) {
    const char* ca = options.client_ca_file.c_str();
    YAP_CHECK(SSL_CTX_load_verify_locations(context.get(), ca, nullptr) == 1);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return context;
}

}  // namespace

void Silent(int /*connection*/) {}
void SendGarbage(int connection) {
  Send(connection, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
}
void HangUp(int connection) { ::shutdown(connection, SHUT_RDWR); }

std::string Receive(int connection, std::size_t bytes) {
  if (bytes == 0) return {};  // recv would wait for a byte to leave unread.
  std::string received(bytes, '\0');
  const auto got = ::recv(connection, received.data(), bytes, MSG_WAITALL);
  return got == static_cast<ssize_t>(bytes) ? received : std::string();
}

void Send(int connection, std::string_view bytes) {
  // A peer that is gone already is none of our business.
  [[maybe_unused]] const auto sent = ::send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

FakeServer::FakeServer(FakeServerOptions options) : options_(std::move(options)) {
  std::tie(listener_, port_) = BindToLoopback();
  YAP_CHECK(::listen(listener_, 128) == 0);
  thread_ = std::jthread([this] { Serve(); });
}

FakeServer::~FakeServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int connection : connections_) ::shutdown(connection, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (const int connection : connections_) ::close(connection);
  ::close(listener_);
}

void FakeServer::Serve() {
  std::vector<std::jthread> handlers;  // One for each connection; joined at the end.
  while (true) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    {
      const std::lock_guard lock(mutex_);
      connections_.push_back(connection);
      if (stopping_) return;
    }
    handlers.emplace_back([this, connection] { Handle(connection); });
  }
}

void FakeServer::Handle(int connection) {
  if (!options_.cert_file.empty()) return HandleTls(connection);
  options_.manner(connection);
}

void FakeServer::HandleTls(int connection) {
  const auto context = MakeContext(options_);
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(tls.get(), connection);
  if (SSL_accept(tls.get()) == 1) {
    // TLS 1.3 clients are verified after their handshake is done: the first byte read tells.
    char byte = 0;
    if (SSL_read(tls.get(), &byte, 1) == 1) ++handshakes_;
  }
  ::shutdown(connection, SHUT_RDWR);
}

DeadPort::DeadPort() { std::tie(socket_, port_) = BindToLoopback(); }
DeadPort::~DeadPort() { ::close(socket_); }

std::vector<bool> NoDelayOfSocketsTo(std::uint16_t port) {
  std::vector<bool> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const std::string name = entry.path().filename();
    int socket = -1;
    std::from_chars(name.data(), name.data() + name.size(), socket);
    if (PeerPort(socket) != port) continue;
    int on = 0;
    socklen_t length = sizeof on;
    YAP_CHECK(::getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, &length) == 0);
    found.push_back(on != 0);
  }
  return found;
}

}  // namespace yap::drivers
