// yap-bench-floor: the least that a broadcast can do, to be measured beside real servers: one
// thread, one epoll; a log of bytes per subject, written once; a subscriber is a place in that log
// and gets all that is new with one send per turn. It speaks as much NATS as the load client does,
// trusts it, and checks, bounds and keeps nothing.
//
//   yap-bench-floor PORT_FILE     listens on a free port of 127.0.0.1, writes it there, ends at
//   SIGTERM
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/check.h"

namespace yap::bench {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

struct Peer;

// What a subject's subscribers are sent. Emptied when all have it.
struct Log {
  std::string bytes;
  std::vector<std::pair<Peer*, std::size_t>> places;  // Subscriber, bytes it was sent.
};

struct Peer {
  int fd = -1;
  std::string input;
};

class Floor {
 public:
  explicit Floor(int listener) : listener_(listener), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    YAP_CHECK(epoll_ >= 0);
    Watch(listener_, nullptr);
  }

  [[noreturn]] void Run() {
    std::array<epoll_event, 1024> events{};
    while (true) {
      // Whoever could not take everything is tried again soon.
      const int n = ::epoll_wait(epoll_, events.data(), events.size(), dirty_.empty() ? -1 : 1);
      for (int i = 0; i < n; ++i) {
        auto* const peer = static_cast<Peer*>(events[static_cast<std::size_t>(i)].data.ptr);
        if (peer == nullptr) {
          Accept();
        } else {
          Receive(*peer);
        }
      }
      Broadcast();
    }
  }

 private:
  void Watch(int fd, Peer* peer) {
    epoll_event event{.events = EPOLLIN, .data = {.ptr = peer}};
    YAP_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
  }

  void Accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Peer& peer = *peers_.emplace_back(std::make_unique<Peer>(Peer{.fd = fd, .input = {}}));
    Watch(fd, &peer);
    Tell(peer, "INFO {}\r\n");
  }

  static void Tell(const Peer& peer, std::string_view text) {
    ::send(peer.fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  void Receive(Peer& peer) {
    const ssize_t n = ::recv(peer.fd, buffer_.data(), buffer_.size(), 0);
    // Whoever leaves ends the run; the rest is the kernel's.
    if (n == 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, peer.fd, nullptr);
    if (n <= 0) return;
    peer.input.append(buffer_.data(), static_cast<std::size_t>(n));
    std::string_view left = peer.input;
    while (const std::size_t taken = Obey(peer, left)) left.remove_prefix(taken);
    peer.input.erase(0, peer.input.size() - left.size());
  }

  // The first command of `bytes`; answers its size, 0 while it is not complete.
  std::size_t Obey(Peer& peer, std::string_view bytes) {
    const std::size_t end = bytes.find(kLineEnd);
    if (end == bytes.npos) return 0;
    const std::string_view line = bytes.substr(0, end);
    const std::size_t taken = end + kLineEnd.size();
    if (line.starts_with("PUB ")) return Publish(line.substr(4), bytes, taken);
    if (line.starts_with("SUB ")) Subscribe(peer, line.substr(4));
    if (line.starts_with("PING")) Tell(peer, "PONG\r\n");
    return taken;
  }

  // `line`: "SUBJECT ID", and all subscribers of a subject choose the same id.
  void Subscribe(Peer& peer, std::string_view line) {
    const std::size_t space = line.find(' ');
    Log& log = logs_[std::string(line.substr(0, space))];
    log.places.emplace_back(&peer, log.bytes.size());
  }

  // `line`: "SUBJECT BYTES". Subjects end in the id that their subscribers chose.
  std::size_t Publish(std::string_view line, std::string_view bytes, std::size_t header) {
    const std::size_t space = line.find(' ');
    const std::string_view subject = line.substr(0, space);
    const std::string_view size = line.substr(space + 1);
    std::size_t body = 0;
    std::from_chars(size.data(), size.data() + size.size(), body);
    if (bytes.size() < header + body + kLineEnd.size()) return 0;
    Log& log = logs_[std::string(subject)];
    if (log.bytes.empty()) dirty_.push_back(&log);
    const std::string_view id = subject.substr(subject.find('.') + 1);
    fmt::format_to(std::back_inserter(log.bytes), "MSG {} {} {}\r\n{}", subject, id, size,
                   bytes.substr(header, body + kLineEnd.size()));
    return header + body + kLineEnd.size();
  }

  void Broadcast() {
    std::erase_if(dirty_, [](Log* log) {
      bool all = true;
      for (auto& [peer, at] : log->places) {
        const ssize_t n =
            ::send(peer->fd, log->bytes.data() + at, log->bytes.size() - at, MSG_NOSIGNAL);
        if (n > 0) at += static_cast<std::size_t>(n);
        all = all && at == log->bytes.size();
      }
      if (!all) return false;
      log->bytes.clear();
      for (auto& place : log->places) place.second = 0;
      return true;
    });
  }

  const int listener_;
  const int epoll_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::unordered_map<std::string, Log> logs_;
  std::vector<Log*> dirty_;  // With bytes that not everybody has.
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
};

int Listen(const char* port_file) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  YAP_CHECK(::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  YAP_CHECK(::listen(fd, SOMAXCONN) == 0);
  YAP_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  std::ofstream(port_file) << ntohs(address.sin_port) << "\n";
  return fd;
}

}  // namespace
}  // namespace yap::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: yap-bench-floor PORT_FILE\n");
    return 2;
  }
  yap::bench::Floor(yap::bench::Listen(argv[1])).Run();
}
