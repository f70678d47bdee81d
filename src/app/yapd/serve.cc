#include "app/yapd/serve.h"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

#include "app/yapd/process.h"
#include "app/yapd/pulse.h"
#include "app/yapd/sd_notify.h"
#include "base/log.h"

namespace yap::app {
namespace {

using std::chrono::seconds;

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

// Protobuf writes a line to stderr for each text that is not UTF-8. The client is told; a stranger
// does not write our log.
void SilenceProtobuf() { google::protobuf::SetLogHandler(nullptr); }

// A connection costs a descriptor: take all that the system grants.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::unique_ptr<Process>> NewProcess(const Config& config, const DataPaths& paths) {
  if (config.role == "api") return NewGatewayProcess(config);
  YAP_TRY(auto node, Node::Open(config, paths));
  if (config.role == "chat") return NewChatProcess(config, paths, std::move(node));
  return NewAllProcess(config, paths, std::move(node));
}

void Reload(Process& process, const Result<LoadedConfig>& again) {
  if (!again) return log::Error("reload failed", {{"why", again.error().message}});
  log::SetLevel(LevelOf(again->values.log_level));
  if (auto done = process.Reload(); !done) {
    return log::Error("certificates kept", {{"why", done.error().message}});
  }
  log::Info("reloaded");
}

// Blocks the signals in every thread made after it, so that only WaitForStop sees them.
sigset_t BlockSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

// Until SIGTERM or SIGINT; reloads at SIGHUP meanwhile, and keeps systemd's watchdog fed as long as
// no I/O thread hangs.
void WaitForStop(const sigset_t& set, Process& process,
                 const std::function<Result<LoadedConfig>()>& reload) {
  Pulse pulse(process.threads().executors());
  while (true) {
    const timespec interval{kWatchdogInterval.count(), 0};
    const int signal = ::sigtimedwait(&set, nullptr, &interval);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) Reload(process, reload());
    if (pulse.Beats()) SdNotify("WATCHDOG=1");
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
  SilenceProtobuf();
  RaiseDescriptorLimit();
  const sigset_t signals = BlockSignals();
  auto process = NewProcess(config.values, paths);
  if (!process) return Complain(process.error());
  if (auto started = (*process)->Start(); !started) return Complain(started.error());
  WaitForStop(signals, **process, reload);
  ExitAtNextSignal(signals);
  (*process)->Stop();
  log::Info("stopped");
  return 0;
}

}  // namespace yap::app
