#include "app/yapd/serve.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include "api/api.h"
#include "api/frame_encoder.h"
#include "app/yapd/admin_commands.h"
#include "app/yapd/admin_http.h"
#include "app/yapd/admin_socket.h"
#include "app/yapd/process_metrics.h"
#include "app/yapd/sd_notify.h"
#include "base/log.h"
#include "edge/server.h"

namespace yap::app {
namespace {

using std::chrono::seconds;

// Streams are asked to come back within this long, so that they do not all come at once.
constexpr auto kReconnectSpread = seconds(2);
constexpr auto kSweepInterval = std::chrono::minutes(1);
constexpr auto kWatchdogInterval = seconds(10);

log::Level LevelOf(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warning") return log::Level::kWarning;
  return name == "error" ? log::Level::kError : log::Level::kInfo;
}

log::Format FormatOf(const std::string& name) {
  if (name == "auto") return ::isatty(STDERR_FILENO) != 0 ? log::Format::kText : log::Format::kJson;
  return name == "json" ? log::Format::kJson : log::Format::kText;
}

// Temp and rename, so that whoever waits for the file never reads half of it.
Result<> WritePortFile(const std::string& path, std::uint16_t port) {
  if (path.empty()) return {};
  const std::string temporary = path + ".new";
  {
    std::ofstream out(temporary, std::ios::trunc);
    out << port << "\n";
  }
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (!error) return {};
  return Fail(Errc::kUnavailable, "PORT_FILE_UNWRITABLE",
              fmt::format("cannot write the port file {}: {}", path, error.message()));
}

// A connection costs a descriptor: take all that the system grants.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

edge::ListenerOptions ListenerOf(const Config& config, const HostPort& at) {
  edge::ListenerOptions listener;
  listener.address = at.host == "localhost" ? "127.0.0.1" : at.host;
  listener.port = at.port;
  if (!config.tls_cert_file.empty()) {
    listener.tls =
        edge::TlsOptions{config.tls_cert_file, config.tls_key_file, config.tls_client_ca_file};
  }
  listener.trusted_proxies = config.server_trusted_proxies;
  if (config.server_proxy_protocol) listener.proxy_protocol = edge::ProxyProtocol::kRequired;
  edge::Budgets& budgets = listener.budgets;
  budgets.connections_per_address_max = static_cast<std::size_t>(config.limits_connections_per_ip);
  budgets.connections_max = static_cast<std::size_t>(config.limits_connections_total);
  const auto opens = static_cast<double>(config.limits_opens_per_second);
  budgets.opens = {opens, 4 * opens};
  return listener;
}

// The rooms above the node, and the order in which they come and go.
class Process {
 public:
  Process(const LoadedConfig& config, const DataPaths& paths, std::unique_ptr<Node> node)
      : config_(config.values), paths_(paths), node_(std::move(node)) {}
  // The rooms above may go once no thread is in them.
  ~Process() { node_->Drain(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  Result<> Start() {
    hub_ = hub::NewHub(hub::HubPorts{node_->store().log(), node_->bus(), *encoder_, SystemClock(),
                                     SystemRandom(), node_->threads().executors()},
                       HubOptionsOf());
    node_->accounts().OnSessionsEnded(
        [this](const std::vector<core::SessionId>& ended) { hub_->EndSessions(ended); });
    router_ = api::NewApi(
        api::ApiPorts{node_->accounts(), node_->channels(), *hub_, readiness_, SystemClock()},
        api::ApiOptions{.streams_per_user_max =
                            static_cast<std::size_t>(config_.limits_streams_per_user)});
    server_ = std::make_unique<edge::Server>(
        edge::ServerOptions{.after_pass = [this] { hub_->EndPass(); }},
        node_->threads().executors(), *router_, SystemClock(), SystemRandom());
    YAP_TRY_VOID(OpenAdmin());
    YAP_TRY_VOID(OpenEdge());
    Spawn(node_->threads().executor(0), Sweep());
    return {};
  }

  // Top down: readiness, streams, calls, writes, store.
  void Stop() {
    readiness_.Set(false);
    SdNotify("STOPPING=1\nSTATUS=draining");
    log::Info("draining");
    hub_->Drain(kReconnectSpread);
    asio::co_spawn(node_->threads().executor(0), server_->Drain(seconds(config_.drain_seconds)),
                   asio::use_future)
        .get();
    admin_socket_.reset();
    admin_http_.reset();
    node_->Drain();
    server_.reset();
    hub_.reset();
    node_->Close();
    log::Info("stopped");
  }

  void Reload(const Result<LoadedConfig>& again) {
    if (!again) return log::Error("reload failed", {{"why", again.error().message}});
    log::SetLevel(LevelOf(again->values.log_level));
    if (config_.tls_cert_file.empty()) return log::Info("reloaded");
    if (auto done = server_->ReloadCertificates(); !done) {
      return log::Error("certificates kept", {{"why", done.error().message}});
    }
    log::Info("reloaded, with certificates");
  }

 private:
  hub::HubOptions HubOptionsOf() const {
    hub::HubOptions options;
    options.heartbeat_interval = seconds(config_.hub_heartbeat_seconds);
    return options;
  }

  Result<> OpenAdmin() {
    auto executor = node_->threads().executor(0);
    if (config_.store_kind != "memory") {
      YAP_TRY(admin_socket_, OpenAdminSocket(paths_.admin_socket, executor, SystemClock(),
                                             [this](AdminRequest request, Deadline deadline) {
                                               return RunAdmin(
                                                   {node_->accounts(), node_->channels(),
                                                    node_->store().channels()},
                                                   std::move(request), deadline);
                                             }));
    }
    if (config_.admin_listen == "off") return {};
    YAP_TRY(const auto at, ParseHostPort(config_.admin_listen));
    YAP_TRY(admin_http_, OpenAdminHttp(at, executor, SystemClock(),
                                       [this](std::string_view path) { return Answer(path); }));
    return WritePortFile(config_.admin_port_file, admin_http_->port());
  }

  HttpAnswer Answer(std::string_view path) const {
    if (path == "/metrics") {
      UpdateMetrics(hub_->GetStats(), server_->Stats());
      return {200, "text/plain; version=0.0.4; charset=utf-8", metrics::Text()};
    }
    if (path == "/healthz") return {.body = "ok\n"};
    if (path != "/readyz") return {.code = 404, .body = "try /metrics, /healthz or /readyz\n"};
    if (readiness_.Get()) return {.body = "ready\n"};
    return {.code = 503, .body = "not ready\n"};
  }

  Result<> OpenEdge() {
    YAP_TRY(const auto at, ParseHostPort(config_.server_listen));
    YAP_TRY(const std::uint16_t port, server_->Listen(ListenerOf(config_, at)));
    readiness_.Set(true);
    YAP_TRY_VOID(WritePortFile(config_.server_port_file, port));
    SdNotify("READY=1\nSTATUS=serving");
    log::Info("serving", {{"address", at.host},
                          {"port", port},
                          {"tls", !config_.tls_cert_file.empty()},
                          {"data", paths_.directory.string()},
                          {"threads", node_->threads().size()}});
    if (::isatty(STDOUT_FILENO) != 0) {
      fmt::print(
          "yapd serves on {}:{}, data in {}. Next, in another terminal: yap register NAME, then "
          "yap "
          "chat lobby\n",
          at.host, port, paths_.directory.string());
    }
    return {};
  }

  asio::awaitable<void> Sweep() {
    while (true) {
      co_await SleepFor(SystemClock(), kSweepInterval);
      auto swept = co_await node_->accounts().Sweep(Deadline::After(SystemClock(), seconds(10)));
      if (!swept) log::Warning("session sweep failed", {{"why", swept.error().message}});
    }
  }

  const Config config_;
  const DataPaths paths_;
  api::Readiness readiness_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<hub::FrameEncoder> encoder_ = api::NewFrameEncoder();
  std::unique_ptr<hub::Hub> hub_;
  std::unique_ptr<edge::Router> router_;
  std::unique_ptr<edge::Server> server_;
  std::unique_ptr<AdminHttp> admin_http_;
  std::unique_ptr<AdminSocket> admin_socket_;
};

// Blocks the signals in every thread made after it, so that only WaitForStop sees them.
sigset_t BlockSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

// Until SIGTERM or SIGINT; keeps systemd's watchdog fed and reloads at SIGHUP meanwhile.
void WaitForStop(const sigset_t& set, Process& process,
                 const std::function<Result<LoadedConfig>()>& reload) {
  while (true) {
    const timespec interval{kWatchdogInterval.count(), 0};
    const int signal = ::sigtimedwait(&set, nullptr, &interval);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) process.Reload(reload());
    SdNotify("WATCHDOG=1");
  }
}

void ExitAtNextSignal(sigset_t set) {
  std::thread([set] {
    int signal = 0;
    do {
      if (::sigwait(&set, &signal) != 0) return;
    } while (signal == SIGHUP);
    log::Warning("second signal: exiting at once");
    ::_exit(128 + signal);
  }).detach();
}

int Complain(const Error& error) {
  fmt::print(stderr, "yapd: {}\n", error.message);
  return 1;
}

}  // namespace

int Serve(const LoadedConfig& config, const DataPaths& paths,
          const std::function<Result<LoadedConfig>()>& reload) {
  log::Init({LevelOf(config.values.log_level), FormatOf(config.values.log_format)});
  RaiseDescriptorLimit();
  const sigset_t signals = BlockSignals();
  auto node = Node::Open(config.values, paths);
  if (!node) return Complain(node.error());
  Process process(config, paths, *std::move(node));
  if (auto started = process.Start(); !started) {
    return Complain(started.error());
  }
  WaitForStop(signals, process, reload);
  ExitAtNextSignal(signals);
  process.Stop();
  return 0;
}

}  // namespace yap::app
