#include "app/yapd/sd_notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace yap::app {

bool SdNotify(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string_view name = path == nullptr ? "" : path;
  if (name.size() < 2 || name.size() >= sizeof address.sun_path) return false;
  std::ranges::copy(name, address.sun_path);
  if (name.front() == '@') address.sun_path[0] = '\0';  // The abstract namespace.
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  const auto sent = ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, generic, length);
  ::close(fd);
  return sent == static_cast<ssize_t>(state.size());
}

}  // namespace yap::app
