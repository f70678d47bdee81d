#include "app/yap/cli.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <ostream>
#include <utility>

#include "unicode/sanitize.h"

namespace yap::app {
namespace {

Duration Seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Result<std::string> ReadRoots(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (file && !text.empty()) return text;
  return Fail(Errc::kInvalidArgument, "CA_FILE_UNREADABLE",
              fmt::format("cannot read the ca_file {}", path));
}

// What to do next, where the message does not say it (the server's do).
std::string NextStep(const Error& error, const std::string& server) {
  if (error.reason == client::kUnreachable || error.reason == client::kNotConnected) {
    return fmt::format("; is the server running? `yap doctor --server {}` looks closer", server);
  }
  if (error.code == Errc::kUnauthenticated && error.reason != client::kNotLoggedIn &&
      error.reason != "WRONG_CREDENTIALS") {
    return "; run `yap login`";
  }
  return {};
}

}  // namespace

Cli::Cli(Environment& environment, Globals globals, asio::any_io_executor executor)
    : env_(environment), globals_(std::move(globals)), executor_(std::move(executor)) {}

Cli::~Cli() = default;

Deadline Cli::deadline() {
  if (!deadline_) deadline_ = Deadline::After(env_.clock, Seconds(globals_.timeout_s));
  return *deadline_;
}

Result<> Cli::Prepare() {
  YAP_TRY(paths_, client::FindPaths(env_.getenv));
  YAP_TRY(config_, client::ReadConfig(paths_.config_file));
  std::string name(client::kDefaultServer);
  if (config_.server) name = *config_.server;
  if (const auto set = env_.getenv("YAP_SERVER"); set && !set->empty()) name = *set;
  if (!globals_.server.empty()) name = globals_.server;
  YAP_TRY(server_, client::ParseServerAddress(name));
  return {};
}

Result<std::unique_ptr<client::Transport>> Cli::Connect(const client::ServerAddress& server) {
  std::string roots;
  if (server.tls && config_.ca_file) {
    YAP_TRY(roots, ReadRoots(*config_.ca_file));
  }
  return env_.connect(server, roots);
}

Result<client::Session*> Cli::session() {
  if (session_) return session_.get();
  YAP_TRY(transport_, Connect(server_));
  store_ = std::make_unique<client::CredentialStore>(paths_.credentials_file);
  client::SessionOptions options;
  options.server = server_.Name();
  options.on_retry = [this, said = false](const Error& error, Duration) mutable {
    if (std::exchange(said, true) || !env_.err_is_terminal) return;
    Say(fmt::format("{}; trying again for up to {} s", error.message, globals_.timeout_s));
  };
  session_ = std::make_unique<client::Session>(*transport_, *store_, env_.clock, env_.random,
                                               std::move(options));
  return session_.get();
}

void Cli::Print(std::string_view text) {
  if (output_) output_ = WriteOut(env_.out, text);
}

void Cli::Say(std::string_view line) {
  if (!globals_.quiet) env_.err << unicode::Visible(line) << '\n' << std::flush;
}

int Cli::Explain(const Error& error) {
  if (error.reason == kOutputGone) return kExitError;
  std::string line = error.message;
  const std::string step = NextStep(error, server_.Name());
  if (!step.empty() && line.ends_with('.')) line.pop_back();
  env_.err << "yap: " << unicode::Visible(line + step) << '\n' << std::flush;
  return ExitCode(error);
}

bool Cli::color() const {
  const auto set = [this](std::string_view name) { return env_.getenv(name).value_or(""); };
  return env_.out_is_terminal && !globals_.no_color && set("NO_COLOR").empty() &&
         set("TERM") != "dumb" && config_.name_colors != client::NameColors::kOff;
}

Result<> WriteOut(std::ostream& out, std::string_view text) {
  errno = 0;
  if (out << text << std::flush) return {};
  const int failure = errno;
  return Fail(Errc::kFailedPrecondition, failure == EPIPE ? kOutputGone : "OUTPUT_LOST",
              fmt::format("cannot write the output{}{}", failure != 0 ? ": " : "",
                          failure != 0 ? std::strerror(failure) : ""));
}

int ExitCode(const Error& error) {
  // Unavailable, so that what runs on tries again when the disk has room; but no server is away.
  if (error.reason == "FILE_UNWRITABLE" || error.reason == "FILE_UNREADABLE" ||
      error.reason == client::kCredentialsBusy) {
    return kExitError;
  }
  if (error.reason == "SERVER_INVALID" || error.reason == "KEY_INVALID" ||
      error.reason == "SESSION_ID_INVALID") {
    return kExitUsage;  // A word of the command line that only its command can judge.
  }
  switch (error.code) {
    case Errc::kUnauthenticated:
      return kExitAuthentication;
    case Errc::kNotFound:
      return kExitNotFound;
    case Errc::kUnavailable:
    case Errc::kDeadlineExceeded:
      return kExitUnreachable;
    case Errc::kInvalidArgument:
    case Errc::kPermissionDenied:
    case Errc::kAlreadyExists:
    case Errc::kFailedPrecondition:
    case Errc::kConflict:
    case Errc::kResourceExhausted:
    case Errc::kUnimplemented:
    case Errc::kCorruption:
    case Errc::kInternal:
      return kExitError;
  }
  return kExitError;
}

}  // namespace yap::app
