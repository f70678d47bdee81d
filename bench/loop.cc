#include "bench/loop.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <utility>

namespace yap::bench {
namespace {

std::unexpected<Error> SystemFailure(std::string_view what) {
  return Fail(Errc::kUnavailable, "SYSTEM", fmt::format("{}: {}", what, std::strerror(errno)));
}

std::string Show(const sockaddr_in& address) {
  std::array<char, INET_ADDRSTRLEN> host{};
  ::inet_ntop(AF_INET, &address.sin_addr, host.data(), host.size());
  return fmt::format("{}:{}", host.data(), ntohs(address.sin_port));
}

}  // namespace

Result<sockaddr_in> ParseAddress(std::string_view text) {
  const auto colon = text.rfind(':');
  const std::string host(text.substr(0, colon));
  const std::string_view port_text = colon == text.npos ? "" : text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto* end = port_text.data() + port_text.size();
  const auto parsed = std::from_chars(port_text.data(), end, port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (parsed.ec != std::errc{} || parsed.ptr != end || port == 0 ||
      ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return Fail(Errc::kInvalidArgument, "ADDRESS",
                fmt::format("'{}' is no address; give one such as 127.0.0.1:4222", text));
  }
  return address;
}

Connection::~Connection() { ::close(fd_); }

ssize_t Connection::Read(char* into, std::size_t bytes_max) {
  if (tls_ != nullptr) return tls_->Read(into, bytes_max);
  return ::recv(fd_, into, bytes_max, MSG_DONTWAIT);
}

ssize_t Connection::Write(std::string_view bytes) {
  if (tls_ != nullptr) return tls_->Write(bytes.data(), bytes.size());
  return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

Result<std::unique_ptr<Loop>> Loop::New(std::optional<TlsClient> tls) {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return SystemFailure("epoll_create1");
  return std::unique_ptr<Loop>(new Loop(fd, std::move(tls)));
}

Loop::~Loop() {
  connections_.clear();
  ::close(epoll_fd_);
}

Result<Connection*> Loop::Connect(std::unique_ptr<Codec> codec, const sockaddr_in& server) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return SystemFailure("socket");
  auto owned = std::make_unique<Connection>(fd, server, std::move(codec));
  Connection& connection = *owned;
  connections_[&connection] = std::move(owned);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0) {
    return SystemFailure(fmt::format("connecting to {}", Show(server)));
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (tls_) connection.tls_ = tls_->NewStream(fd);
  YAP_TRY_VOID(SetEvents(connection, EPOLL_CTL_ADD));
  YAP_TRY_VOID(Flush(connection));
  return &connection;
}

Result<> Loop::Turn(Duration wait_max) {
  const auto wait = std::max(wait_max, Duration::zero());
  const timespec timeout{.tv_sec = wait.count() / 1'000'000'000,
                         .tv_nsec = wait.count() % 1'000'000'000};
  const int n = ::epoll_pwait2(epoll_fd_, events_.data(), static_cast<int>(events_.size()),
                               &timeout, nullptr);
  if (n < 0 && errno != EINTR) return SystemFailure("epoll_pwait2");
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    auto& connection = *static_cast<Connection*>(event.data.ptr);
    if ((event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0) {
      YAP_TRY_VOID(Receive(connection, buffer_.size()));
    } else {
      YAP_TRY_VOID(Flush(connection));
    }
  }
  return {};
}

Result<> Loop::Receive(Connection& connection, std::size_t bytes_max) {
  const ssize_t n = connection.Read(buffer_.data(), std::min(bytes_max, buffer_.size()));
  if (n == 0) {
    return Fail(
        Errc::kUnavailable, "CLOSED",
        fmt::format("{} closed a connection; see the server's log", Show(connection.server_)));
  }
  if (n < 0 && errno != EAGAIN && errno != EINTR) return SystemFailure("recv");
  if (n > 0) {
    received_bytes_ += static_cast<std::uint64_t>(n);
    YAP_TRY_VOID(connection.codec_->Input({buffer_.data(), static_cast<std::size_t>(n)},
                                          MonoTime::clock::now()));
  }
  if (connection.codec_->output().empty()) return {};
  return Flush(connection);
}

Result<> Loop::Flush(Connection& connection) {
  std::string& output = connection.codec_->output();
  while (!output.empty()) {
    const ssize_t n = connection.Write(output);
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0 && errno != EINTR) return SystemFailure("send");
    if (n > 0) output.erase(0, static_cast<std::size_t>(n));
  }
  const bool wait = !output.empty();
  if (std::exchange(connection.waits_to_write_, wait) == wait) return {};
  return SetEvents(connection, EPOLL_CTL_MOD);
}

Result<> Loop::Watch(Connection& connection, bool paused) {
  connection.paused_ = paused;
  return SetEvents(connection, EPOLL_CTL_MOD);
}

Result<> Loop::SetEvents(Connection& connection, int operation) {
  epoll_event event{.events = 0, .data = {.ptr = &connection}};
  if (!connection.paused_) event.events |= EPOLLIN;
  if (connection.waits_to_write_) event.events |= EPOLLOUT;
  if (::epoll_ctl(epoll_fd_, operation, connection.fd_, &event) != 0) {
    return SystemFailure("epoll_ctl");
  }
  return {};
}

}  // namespace yap::bench
