#include "edge/test_socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>
#include <vector>

#include "base/check.h"

namespace yap::edge {

struct TestSocket::Tls {
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  ~Tls() {
    SSL_free(ssl);
    SSL_CTX_free(context);
  }
};

TestSocket::TestSocket(std::uint16_t port, const TestSocketOptions& options)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  YAP_CHECK(fd_ >= 0);
  if (options.receive_buffer_bytes != 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof(int));
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  YAP_CHECK(::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  if (!options.tls) return;
  tls_ = std::make_unique<Tls>();
  tls_->context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(tls_->context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (!options.certificate_file.empty()) {
    YAP_CHECK(
        SSL_CTX_use_certificate_chain_file(tls_->context, options.certificate_file.c_str()) == 1 &&
        SSL_CTX_use_PrivateKey_file(tls_->context, options.key_file.c_str(), SSL_FILETYPE_PEM) ==
            1);
  }
  if (options.tls_version_max != 0) {
    SSL_CTX_set_max_proto_version(tls_->context, options.tls_version_max);
  }
  tls_->ssl = SSL_new(tls_->context);
  if (!options.alpn.empty()) {
    const std::string wire = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_set_alpn_protos(tls_->ssl, reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }
  SSL_set_fd(tls_->ssl, fd_);
  SSL_set_connect_state(tls_->ssl);
  // The handshake goes on in Pump: reading drives it.
}

TestSocket::~TestSocket() {
  tls_.reset();
  ::close(fd_);
}

void TestSocket::Send(std::string_view bytes) { out_ += bytes; }

// Bytes moved; 0: would block; -1: over.
long TestSocket::Write(std::string_view bytes) {
  if (tls_) {
    const int n = SSL_write(tls_->ssl, bytes.data(), static_cast<int>(bytes.size()));
    if (n > 0) return n;
    const int error = SSL_get_error(tls_->ssl, n);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }
  const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return n;
  return errno == EAGAIN ? 0 : -1;
}

long TestSocket::Read(char* into, std::size_t max) {
  if (tls_) {
    const int n = SSL_read(tls_->ssl, into, static_cast<int>(max));
    if (n > 0) return n;
    const int error = SSL_get_error(tls_->ssl, n);
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }
  const ssize_t n = ::recv(fd_, into, max, 0);
  if (n > 0) return n;
  return n < 0 && errno == EAGAIN ? 0 : -1;
}

bool TestSocket::Pump(std::size_t max) {
  bool moved = false;
  while (sent_ < out_.size()) {
    const long n = Write(std::string_view(out_).substr(sent_, 256 * 1024));
    if (n <= 0) break;  // A write error shows as the end of reading, too.
    sent_ += static_cast<std::size_t>(n);
    moved = true;
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  std::vector<char> buffer(std::min<std::size_t>(max, 64 * 1024));
  while (!closed_ && max > 0) {
    const long n = Read(buffer.data(), std::min(max, buffer.size()));
    if (n == 0) break;
    moved = true;
    if (n < 0) {
      closed_ = true;
      break;
    }
    in_.append(buffer.data(), static_cast<std::size_t>(n));
    max -= static_cast<std::size_t>(n);
  }
  return moved;
}

std::string TestSocket::Take() { return std::exchange(in_, {}); }

TestExchange SendAndReadAll(std::uint16_t port, std::string_view bytes,
                            const TestSocketOptions& options) {
  TestSocket socket(port, options);
  socket.Send(bytes);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!socket.closed() && std::chrono::steady_clock::now() < end) {
    if (socket.Pump()) continue;
    pollfd ready{socket.fd(), POLLIN, 0};
    if (socket.unsent() > 0) ready.events = POLLIN | POLLOUT;
    ::poll(&ready, 1, 50);
  }
  return {socket.Take(), socket.closed()};
}

std::optional<std::uint32_t> LastGoAway(std::string_view frames) {
  const auto number = [](std::string_view bytes) {
    std::uint32_t n = 0;
    for (const char c : bytes) n = n << 8 | static_cast<std::uint8_t>(c);
    return n;
  };
  std::optional<std::uint32_t> code;
  while (frames.size() >= 9) {
    const std::size_t length = number(frames.substr(0, 3));
    if (frames[3] == 7 && frames.size() >= 17) code = number(frames.substr(13, 4));
    frames.remove_prefix(std::min(frames.size(), 9 + length));
  }
  return code;
}

}  // namespace yap::edge
