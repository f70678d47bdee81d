#include "app/yapd/admin_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/write.hpp>
#include <nlohmann/json.hpp>

#include "base/log.h"

namespace yap::app {
namespace {

using asio::local::stream_protocol;
using nlohmann::json;

constexpr auto kIdleMax = std::chrono::seconds(30);

json ToJson(const AdminRequest& request) {
  return {{"command", request.command},
          {"arguments", request.arguments},
          {"flags", request.flags},
          {"password", request.password.Reveal()}};
}

Result<AdminRequest> FromJson(const std::string& line) {
  try {
    const json parsed = json::parse(line);
    return AdminRequest{parsed.at("command"), parsed.at("arguments"), parsed.at("flags"),
                        Secret(parsed.at("password").get<std::string>())};
  } catch (const json::exception&) {
    return Fail(Errc::kInvalidArgument, "USAGE", "the request is not one of this yapd's");
  }
}

json ToAnswer(const Result<json>& result) {
  if (result) return {{"ok", *result}};
  return {{"error",
           {{"code", static_cast<int>(result.error().code)},
            {"reason", result.error().reason},
            {"message", result.error().message}}}};
}

Result<json> FromAnswer(const std::string& line) {
  try {
    const json parsed = json::parse(line);
    if (parsed.contains("ok")) return parsed.at("ok");
    const auto& error = parsed.at("error");
    return Fail(static_cast<Errc>(error.at("code").get<int>()),
                error.at("reason").get<std::string>(), error.at("message").get<std::string>());
  } catch (const json::exception&) {
    return Fail(Errc::kInternal, "INTERNAL_ERROR", "the server's answer makes no sense");
  }
}

// The kernel tells who is at the other end; the directory's mode keeps others out already.
bool PeerIsOurs(stream_protocol::socket& socket) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0)
    return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(stream_protocol::acceptor acceptor, Clock& clock, AdminHandler handler)
      : acceptor_(std::move(acceptor)), clock_(clock), handler_(std::move(handler)) {}

  void Start() { Spawn(acceptor_.get_executor(), Serve(shared_from_this())); }
  // Not here: the executor's thread may be at the acceptor.
  void Close() {
    asio::dispatch(acceptor_.get_executor(), [self = shared_from_this()] {
      std::error_code ignored;
      self->acceptor_.close(ignored);
    });
  }

 private:
  static asio::awaitable<void> Serve(std::shared_ptr<Listener> self) {
    while (self->acceptor_.is_open()) {
      std::error_code error;
      auto socket =
          co_await self->acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
      if (error == asio::error::operation_aborted) co_return;
      if (error) {
        co_await SleepFor(self->clock_, std::chrono::milliseconds(100));
      } else if (PeerIsOurs(socket)) {
        co_await self->Answer(std::make_shared<stream_protocol::socket>(std::move(socket)));
      }
    }
  }

  asio::awaitable<void> Answer(std::shared_ptr<stream_protocol::socket> socket) {
    auto timer = clock_.NewTimer(acceptor_.get_executor());
    timer->Arm(clock_.Mono() + kIdleMax, [socket] {
      std::error_code ignored;
      socket->close(ignored);
    });
    std::string line;
    std::error_code error;
    co_await asio::async_read_until(*socket, asio::dynamic_buffer(line, kAdminLineBytesMax), '\n',
                                    asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    auto answer = co_await Run(std::move(line));
    co_await asio::async_write(*socket, asio::buffer(answer),
                               asio::redirect_error(asio::use_awaitable, error));
    Wipe(answer);
  }

  asio::awaitable<std::string> Run(std::string line) {
    auto request = FromJson(line);
    Wipe(line);
    if (!request) co_return ToAnswer(Fail(request.error())).dump() + "\n";
    log::Info("admin command",
              {{"command", fmt::format("{}", fmt::join(request->command, " "))},
               {"arguments", fmt::format("{}", fmt::join(request->arguments, " "))}});
    auto result =
        co_await handler_(*std::move(request), Deadline::After(clock_, kAdminCommandTime));
    co_return ToAnswer(result).dump() + "\n";
  }

  stream_protocol::acceptor acceptor_;
  Clock& clock_;
  const AdminHandler handler_;
};

class Handle final : public AdminSocket {
 public:
  Handle(std::shared_ptr<Listener> listener, std::filesystem::path path)
      : listener_(std::move(listener)), path_(std::move(path)) {}
  ~Handle() override {
    listener_->Close();
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

 private:
  std::shared_ptr<Listener> listener_;
  const std::filesystem::path path_;
};

}  // namespace

Result<std::unique_ptr<AdminSocket>> OpenAdminSocket(const std::filesystem::path& path,
                                                     asio::any_io_executor executor, Clock& clock,
                                                     AdminHandler handler) {
  std::error_code error;
  std::filesystem::remove(path, error);
  const mode_t before = ::umask(0177);
  stream_protocol::acceptor acceptor(executor);
  acceptor.open(stream_protocol(), error);
  // bind(2) refuses a path of more than 107 bytes; so does asio, by throwing.
  if (!error && path.native().size() > 107)
    error = std::make_error_code(std::errc::filename_too_long);
  if (!error) acceptor.bind(stream_protocol::endpoint(path.native()), error);
  if (!error) acceptor.listen(8, error);
  ::umask(before);
  if (error) {
    return Fail(Errc::kUnavailable, "LISTEN_FAILED",
                fmt::format("cannot make the admin socket {}: {}; choose a shorter or writable "
                            "data directory with --data",
                            path.string(), error.message()));
  }
  auto listener = std::make_shared<Listener>(std::move(acceptor), clock, std::move(handler));
  listener->Start();
  return std::make_unique<Handle>(std::move(listener), path);
}

Result<json> AskAdminSocket(const std::filesystem::path& path, const AdminRequest& request) {
  asio::io_context io;
  stream_protocol::socket socket(io);
  std::error_code error;
  if (path.native().size() <= 107) {
    socket.connect(stream_protocol::endpoint(path.native()), error);
  } else {
    error = std::make_error_code(std::errc::filename_too_long);
  }
  if (error == std::errc::connection_refused) {
    return Fail(Errc::kUnavailable, kAdminSocketLeft,
                fmt::format("no server listens on {} any more", path.string()));
  }
  std::string line = ToJson(request).dump() + "\n";
  if (!error) asio::write(socket, asio::buffer(line), error);
  Wipe(line);
  std::string answer;
  if (!error)
    asio::read_until(socket, asio::dynamic_buffer(answer, kAdminLineBytesMax), '\n', error);
  if (error) {
    return Fail(Errc::kUnavailable, "UPSTREAM_UNAVAILABLE",
                fmt::format("the running server does not answer on {}: {}", path.string(),
                            error.message()));
  }
  return FromAnswer(answer);
}

}  // namespace yap::app
