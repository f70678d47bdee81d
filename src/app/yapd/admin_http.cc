#include "app/yapd/admin_http.h"

#include <fmt/format.h>

#include <asio/dispatch.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>

#include "base/task.h"

namespace yap::app {
namespace {

using asio::ip::tcp;

std::string_view ReasonPhrase(int code) {
  switch (code) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

std::string Encode(const HttpAnswer& answer, bool with_body) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\ncontent-type: {}\r\ncontent-length: {}\r\ncache-control: no-store\r\n"
      "connection: close\r\n\r\n{}",
      answer.code, ReasonPhrase(answer.code), answer.type, answer.body.size(),
      with_body ? answer.body : "");
}

class Responder final : public AdminHttp, public std::enable_shared_from_this<Responder> {
 public:
  Responder(tcp::acceptor acceptor, Clock& clock, HttpHandler handler)
      : acceptor_(std::move(acceptor)), clock_(clock), handler_(std::move(handler)) {}

  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }
  void Start() {
    for (int i = 0; i < kAdminConnectionsMax; ++i) {
      Spawn(acceptor_.get_executor(), ServeOneByOne(shared_from_this()));
    }
  }
  // Not here: the executor's thread may be at the acceptor.
  void Close() {
    asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
      std::error_code ignored;
      self->acceptor_.close(ignored);
    });
  }

 private:
  static asio::awaitable<void> ServeOneByOne(std::shared_ptr<Responder> self) {
    while (self->acceptor_.is_open()) {
      std::error_code error;
      auto socket =
          co_await self->acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {  // Out of descriptors: try again when some are free.
        co_await SleepFor(self->clock_, std::chrono::milliseconds(100));
        continue;
      }
      co_await self->Answer(std::move(socket));
    }
  }

  // The timer closes a connection that does not say what it wants.
  asio::awaitable<void> Answer(tcp::socket accepted) {
    auto socket = std::make_shared<tcp::socket>(std::move(accepted));
    auto timer = clock_.NewTimer(acceptor_.get_executor());
    timer->Arm(clock_.Mono() + kAdminRequestTime, [socket] {
      std::error_code ignored;
      socket->close(ignored);
    });
    std::string head;
    std::error_code error;
    co_await asio::async_read_until(*socket, asio::dynamic_buffer(head, kAdminRequestBytesMax),
                                    "\r\n\r\n", asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    const std::string response = RespondHttp(head, handler_);
    co_await asio::async_write(*socket, asio::buffer(response),
                               asio::redirect_error(asio::use_awaitable, error));
    socket->shutdown(tcp::socket::shutdown_both, error);
  }

  tcp::acceptor acceptor_;
  Clock& clock_;
  const HttpHandler handler_;
};

// What the owner holds: closing the listener ends the responder's coroutines.
class Handle final : public AdminHttp {
 public:
  explicit Handle(std::shared_ptr<Responder> responder) : responder_(std::move(responder)) {}
  ~Handle() override { responder_->Close(); }
  std::uint16_t port() const override { return responder_->port(); }

 private:
  std::shared_ptr<Responder> responder_;
};

}  // namespace

std::string RespondHttp(std::string_view head, const HttpHandler& handler) {
  const auto line = head.substr(0, head.find_first_of("\r\n"));
  const auto space = line.find(' ');
  const auto method = line.substr(0, space);
  const auto rest = space == std::string_view::npos ? "" : line.substr(space + 1);
  const auto path = rest.substr(0, rest.find_first_of(" ?"));
  if (!rest.ends_with("HTTP/1.1") && !rest.ends_with("HTTP/1.0")) {
    return Encode({400, "text/plain", "this is not an HTTP/1.1 request\n"}, true);
  }
  if (method != "GET" && method != "HEAD") {
    return Encode({405, "text/plain", "only GET is answered here\n"}, true);
  }
  return Encode(handler(path), method == "GET");
}

Result<std::unique_ptr<AdminHttp>> OpenAdminHttp(const HostPort& at, asio::any_io_executor executor,
                                                 Clock& clock, HttpHandler handler) {
  std::error_code error;
  const auto address =
      asio::ip::make_address(at.host == "localhost" ? "127.0.0.1" : at.host, error);
  if (error) {
    return Fail(Errc::kInvalidArgument, "CONFIG_INVALID",
                fmt::format("admin.listen: '{}' is not an IP address", at.host));
  }
  const tcp::endpoint endpoint(address, at.port);
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Fail(
        Errc::kUnavailable, "LISTEN_FAILED",
        fmt::format("cannot listen on {}:{} for metrics and health: {}; set admin.listen to "
                    "another port, or to 'off'",
                    at.host, at.port, error.message()));
  }
  auto responder = std::make_shared<Responder>(std::move(acceptor), clock, std::move(handler));
  responder->Start();
  return std::make_unique<Handle>(std::move(responder));
}

}  // namespace yap::app
