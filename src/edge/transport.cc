#include "edge/transport.h"

#include <sys/socket.h>

#include <cerrno>

namespace yap::edge {
namespace {

IoState StateOfErrno(IoState blocked) {
  return errno == EAGAIN || errno == EWOULDBLOCK ? blocked : IoState::kEnd;
}

class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket) : socket_(socket) {}

  IoResult Handshake() override { return {}; }

  IoResult Read(std::span<char> into) override {
    ssize_t n = 0;
    do {
      n = ::recv(socket_, into.data(), into.size(), 0);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return {StateOfErrno(IoState::kWantRead)};
    if (n == 0) return {IoState::kEnd};
    // What comes after less than was asked for makes the socket readable anew.
    const auto bytes = static_cast<std::size_t>(n);
    return {bytes == into.size() ? IoState::kOk : IoState::kWantRead, bytes};
  }

  // One system call; a short count means that the socket is full.
  IoResult Write(std::span<const iovec> ranges) override {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(ranges.data());  // sendmsg does not write there.
    message.msg_iovlen = ranges.size();
    ssize_t n = 0;
    do {
      n = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return {StateOfErrno(IoState::kWantWrite)};
    std::size_t total = 0;
    for (const iovec& range : ranges) total += range.iov_len;
    const auto sent = static_cast<std::size_t>(n);
    return {sent == total ? IoState::kOk : IoState::kWantWrite, sent};
  }

  void ShutdownWrite() override { ::shutdown(socket_, SHUT_WR); }
  bool NegotiatedHttp2() const override { return true; }
  bool SawPlaintext() const override { return false; }
  void Describe(Peer&) const override {}

 private:
  const int socket_;
};

}  // namespace

std::unique_ptr<Transport> NewPlainTransport(int socket) {
  return std::make_unique<PlainTransport>(socket);
}

}  // namespace yap::edge
