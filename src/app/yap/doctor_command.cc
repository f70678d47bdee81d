// doctor: why it does not work, a line per link of the chain, each with what to do.
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/yap/event_text.h"
#include "app/yap/registry.h"
#include "client/private_file.h"
#include "grpc/health/v1/health.pb.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

// A clock this far off makes tokens look expired, or good for too long.
constexpr auto kSkewMax = std::chrono::seconds(30);
constexpr int kConnectMs = 5000;

inline constexpr client::Rpc<::grpc::health::v1::HealthCheckRequest,
                             ::grpc::health::v1::HealthCheckResponse>
    kHealth = {{"/grpc.health.v1.Health/Check", false, true}};

// The report: the exit code is that of the first thing that is wrong.
class Report {
 public:
  explicit Report(Cli& cli) : cli_(cli) {}

  void Good(std::string_view what, std::string_view detail) { Line("ok", what, detail, ""); }
  void Note(std::string_view what, std::string_view detail, std::string_view todo) {
    Line("note", what, detail, todo);
  }
  void Bad(std::string_view what, std::string_view detail, std::string_view todo, int code) {
    Line("FAIL", what, detail, todo);
    if (exit_ == kExitOk) exit_ = code;
  }
  int exit() const { return exit_; }

 private:
  void Line(std::string_view state, std::string_view what, std::string_view detail,
            std::string_view todo) {
    if (cli_.globals().json) {
      cli_.Data(JsonLine({{"check", what}, {"state", state}, {"detail", detail}, {"todo", todo}}));
      return;
    }
    cli_.Data(unicode::Visible(
        fmt::format("{:<5} {:<11} {}{}{}", state, what, detail, todo.empty() ? "" : ": ", todo)));
  }

  Cli& cli_;
  int exit_ = kExitOk;
};

struct AddressList {
  ~AddressList() {
    if (first) ::freeaddrinfo(first);
  }
  addrinfo* first = nullptr;
};

bool ConnectOne(const addrinfo& address) {
  const client::Fd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return false;
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return true;
  if (errno != EINPROGRESS) return false;
  pollfd ready = {fd.get(), POLLOUT, 0};
  if (::poll(&ready, 1, kConnectMs) != 1) {
    errno = ETIMEDOUT;
    return false;
  }
  int failure = 0;
  socklen_t size = sizeof failure;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &failure, &size);
  errno = failure;
  return failure == 0;
}

// Name and connection; false: nothing behind them can work.
bool CheckNetwork(Cli& cli, Report& report) {
  const auto& server = cli.server();
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  AddressList list;
  const int failed =
      ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &list.first);
  if (failed != 0) {
    report.Bad("name", fmt::format("{}: {}", server.host, ::gai_strerror(failed)),
               "is the name right? Is this machine online?", kExitUnreachable);
    return false;
  }
  report.Good("name", server.host);
  for (const addrinfo* at = list.first; at; at = at->ai_next) {
    if (ConnectOne(*at)) {
      report.Good("connection", server.Target());
      return true;
    }
  }
  report.Bad(
      "connection", fmt::format("{}: {}", server.Target(), std::strerror(errno)),
      "is yapd running there (`systemctl status yapd`), and does a firewall let you through?",
      kExitUnreachable);
  return false;
}

Task<bool> CheckHealth(Cli& cli, Report& report) {
  const std::string link = cli.server().tls ? "TLS and HTTP/2" : "HTTP/2 without TLS";
  const auto answer = co_await cli.Call(kHealth, {});
  if (!answer && answer.error().reason == client::kTlsFailed) {
    report.Bad("TLS", answer.error().message, "", kExitUnreachable);
    co_return false;
  }
  if (!answer) {
    report.Bad("health", fmt::format("{}: {}", cli.server().Name(), answer.error().message),
               "something answers, but not as yapd does: is it the right port, is https:// right, "
               "is ca_file needed? Or it is yapd, and has too many connections of your address "
               "(`limits.connections_per_ip`; its log says so)",
               kExitUnreachable);
    co_return false;
  }
  if (answer->status() != ::grpc::health::v1::HealthCheckResponse::SERVING) {
    report.Bad("health", "the server is up, but does not serve",
               "look into its log; it may be starting, stopping, or without its store",
               kExitUnreachable);
    co_return true;
  }
  report.Good("health", fmt::format("serving, over {}", link));
  co_return true;
}

// The first frame of a stream has the server's clock.
Task<WallTime> ServerTime(client::Session& session, Deadline deadline) {
  YAP_CO_TRY(const auto token, co_await session.FreshToken(deadline));
  v1::SubscribeRequest request;
  request.set_follow_joined(true);
  const auto stream =
      session.transport().Open(client::kSubscribe.method, request.SerializeAsString(), token);
  YAP_CO_TRY(const auto bytes, co_await stream->Next());
  v1::SubscribeResponse frame;
  if (!bytes || !frame.ParseFromString(*bytes) || !frame.has_hello()) {
    co_return Fail(Errc::kInternal, "NO_HELLO", "the stream began without Hello");
  }
  co_return WallTime(std::chrono::seconds(frame.hello().server_time().seconds()));
}

Task<void> CheckStream(Cli& cli, client::Session& session, Report& report) {
  const auto server_time = co_await ServerTime(session, cli.deadline());
  if (!server_time) {
    report.Bad("stream", server_time.error().message,
               "does a proxy in between allow long HTTP/2 streams?", ExitCode(server_time.error()));
    co_return Result<void>();
  }
  report.Good("stream", "opens");
  const auto skew = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::abs(cli.env().clock.Now() - *server_time));
  if (skew > kSkewMax) {
    report.Note("clock", fmt::format("{} s apart from the server's", skew.count()),
                "set this machine's clock (or the server's); times you see are the server's");
  } else {
    report.Good("clock", fmt::format("within {} s of the server's", skew.count() + 1));
  }
  co_return Result<void>();
}

Task<void> CheckAccount(Cli& cli, client::Session& session, Report& report) {
  const auto who = session.Who();
  if (!who) {
    report.Bad("login", who.error().message, "", ExitCode(who.error()));
    co_return Result<void>();
  }
  const auto answer = co_await cli.Call(client::kWhoAmI, {});
  if (!answer) {
    report.Bad("login", answer.error().message, "run `yap login`", ExitCode(answer.error()));
    co_return Result<void>();
  }
  report.Good("login", fmt::format("{}, tokens in {}", answer->user().username(),
                                   cli.paths().credentials_file.string()));
  co_return co_await CheckStream(cli, session, report);
}

Task<int> Doctor(Cli& cli) {
  Report report(cli);
  report.Good("version", cli.env().version);
  if (const auto prepared = cli.Prepare(); !prepared) {
    const bool named = prepared.error().reason == "SERVER_INVALID";
    report.Bad(named ? "server" : "config", prepared.error().message, "",
               ExitCode(prepared.error()));
    co_return report.exit();
  }
  const auto& file = cli.paths().config_file;
  std::error_code none;
  report.Good("config", std::filesystem::exists(file, none)
                            ? file.string()
                            : fmt::format("all defaults; {} does not exist", file.string()));
  report.Good("server", cli.server().Name());
  if (!cli.server().tls && !cli.server().Loopback()) {
    report.Note("TLS", "not used, and the server is another machine",
                "whoever is in between can read all of it; ask for https://");
  }
  const auto opened = cli.session();
  if (!opened) {
    report.Bad("ca_file", opened.error().message, fmt::format("mend it in {}", file.string()),
               ExitCode(opened.error()));
    co_return report.exit();
  }
  if (!CheckNetwork(cli, report)) co_return report.exit();
  YAP_CO_TRY(const bool answers, co_await CheckHealth(cli, report));
  if (answers) {
    YAP_CO_TRY_VOID(co_await CheckAccount(cli, **opened, report));
  }
  co_return report.exit();
}

}  // namespace

void AddDoctorCommand(Registry& registry) {
  registry.OnBare(registry.Add("doctor", "Find out what is wrong between you and the server",
                               {"yap doctor", "yap doctor --server https://chat.example.org"}),
                  Doctor);
}

}  // namespace yap::app
