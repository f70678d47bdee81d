#include "bench/metrics.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace yap::bench {
namespace {

constexpr std::size_t kPageBytesMax = std::size_t{4} * 1024 * 1024;

std::unexpected<Error> Unreadable(std::string_view what) {
  return Fail(Errc::kUnavailable, "METRICS", fmt::format("the server's metrics: {}", what));
}

// The whole answer to a request after which the server closes.
Result<std::string> Exchange(int fd, const sockaddr_in& server, std::string_view request) {
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof(server)) != 0 ||
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
    return Unreadable("cannot connect");
  }
  std::string answer;
  std::array<char, 16 * 1024> buffer{};
  ssize_t n = 0;
  while ((n = ::recv(fd, buffer.data(), buffer.size(), 0)) > 0 && answer.size() < kPageBytesMax) {
    answer.append(buffer.data(), static_cast<std::size_t>(n));
  }
  if (n != 0) return Unreadable("the answer does not end");
  return answer;
}

}  // namespace

Result<double> ReadMetric(const sockaddr_in& server, std::string_view name) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto answer =
      Exchange(fd, server, "GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n");
  ::close(fd);
  if (!answer) return std::unexpected(answer.error());
  const std::string line = fmt::format("\n{} ", name);
  const auto at = answer->find(line);
  if (at == answer->npos) return Unreadable(fmt::format("there is no {}", name));
  return std::strtod(answer->c_str() + at + line.size(), nullptr);
}

}  // namespace yap::bench
