#include "edge/listener.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "edge/violation.h"

namespace yap::edge {
namespace {

// Between two tries when the system has no descriptor or memory for a connection.
constexpr Duration kRetryPause = std::chrono::milliseconds(100);

metrics::Counter Refused(const char* reason) {
  return metrics::NewCounter("yap_edge_connections_refused_total",
                             "Connections closed as soon as they were accepted",
                             {{"reason", reason}});
}

metrics::Counter AcceptedCounter() {
  static auto counter = metrics::NewCounter("yap_edge_connections_total", "Connections accepted");
  return counter;
}

int OpenReserve() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

// Accepted sockets inherit these from the listening one.
void SetOptions(int fd, int send_buffer_bytes) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSentLowWaterBytes,
               sizeof kNotSentLowWaterBytes);
}

}  // namespace

Result<std::shared_ptr<Listener>> Listener::Open(std::shared_ptr<ServerState> server,
                                                 std::shared_ptr<ListenerState> state,
                                                 std::vector<std::shared_ptr<Worker>> workers,
                                                 asio::any_io_executor executor) {
  std::shared_ptr<Listener> listener(
      new Listener(std::move(server), std::move(state), std::move(workers), std::move(executor)));
  YAP_TRY_VOID(listener->Bind());
  asio::post(listener->executor_, [listener] { listener->WaitForConnection(); });
  return listener;
}

Listener::Listener(std::shared_ptr<ServerState> server, std::shared_ptr<ListenerState> state,
                   std::vector<std::shared_ptr<Worker>> workers, asio::any_io_executor executor)
    : server_(std::move(server)),
      state_(std::move(state)),
      workers_(std::move(workers)),
      executor_(std::move(executor)),
      acceptor_(executor_),
      retry_timer_(server_->clock.NewTimer(executor_)),
      reserve_fd_(OpenReserve()) {}

Listener::~Listener() {
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
}

Result<> Listener::Bind() {
  const ListenerOptions& options = state_->options;
  std::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return Fail(
        Errc::kInvalidArgument, "BAD_ADDRESS",
        fmt::format("\"{}\" is no IP address; write 127.0.0.1, 0.0.0.0 or ::1.", options.address));
  }
  state_->v6 = address.is_v6();
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(asio::ip::tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) {
    SetOptions(acceptor_.native_handle(), options.send_buffer_bytes);
    acceptor_.listen(kListenBacklog, error);
  }
  if (!error) acceptor_.native_non_blocking(true, error);
  if (error) {
    return Fail(Errc::kUnavailable, "CANNOT_LISTEN",
                fmt::format("cannot listen on {}:{}: {}; is another server there?", options.address,
                            options.port, error.message()));
  }
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

void Listener::Close() {
  asio::post(executor_, [self = shared_from_this()] { self->CloseNow(); });
}

void Listener::CloseNow() {
  std::error_code ignored;
  acceptor_.close(ignored);
  retry_timer_->Cancel();
}

void Listener::WaitForConnection() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_wait(asio::socket_base::wait_read,
                       [self = shared_from_this()](const std::error_code& error) {
                         if (!error) self->AcceptSome();
                       });
}

void Listener::AcceptSome() {
  for (int i = 0; i < kAcceptsPerTurnMax; ++i) {
    if (!acceptor_.is_open()) return;
    if (AcceptOne()) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    return RetryLater();
  }
  WaitForConnection();
}

bool Listener::AcceptOne() {
  asio::ip::tcp::endpoint from;
  auto length = static_cast<socklen_t>(from.capacity());
  const int fd =
      ::accept4(acceptor_.native_handle(), from.data(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    Deal(fd, from);
    return true;
  }
  switch (errno) {
    case EMFILE:
    case ENFILE:
      DropOne();
      return false;
    case ECONNABORTED:  // Gone while it waited: the next one may be fine.
    case EINTR:
    case EPROTO:
      return true;
    default:
      return false;
  }
}

void Listener::DropOne() {
  if (reserve_fd_ >= 0) {
    ::close(reserve_fd_);
    const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) ::close(fd);
  }
  reserve_fd_ = OpenReserve();
  server_->refused.fetch_add(1);
  static auto counter = Refused("descriptors");
  counter.Add();
  errno = EMFILE;  // What AcceptSome goes by.
}

void Listener::RetryLater() {
  const auto pause = std::chrono::duration_cast<MonoTime::duration>(kRetryPause);
  retry_timer_->Arm(server_->clock.Mono() + pause, [self = weak_from_this()] {
    if (const auto listener = self.lock()) listener->AcceptSome();
  });
}

void Listener::Deal(int socket, const asio::ip::tcp::endpoint& from) {
  auto accepted = std::make_unique<Accepted>(server_, socket);
  accepted->address = Normalise(from.address());
  accepted->port = from.port();
  accepted->listener = state_;
  if (!state_->Serves(accepted->address)) {
    server_->violations.fetch_add(1);
    return RecordViolation(Violation::kNotAProxy, accepted->address.to_string());
  }
  // A trusted proxy stands for many clients: they are counted when it has told their addresses.
  const bool proxy = state_->trusted_proxies.Contains(accepted->address);
  accepted->slot = state_->counts->Acquire(proxy ? std::string() : AddressKey(accepted->address),
                                           accepted->address.to_string());
  if (!accepted->slot) {
    server_->refused.fetch_add(1);
    static auto counter = Refused("cap");
    counter.Add();
    return;
  }
  server_->accepted.fetch_add(1);
  AcceptedCounter().Add();
  workers_[next_worker_++ % workers_.size()]->Adopt(std::move(accepted));
}

}  // namespace yap::edge
