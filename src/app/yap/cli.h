// app/yap/cli.h: what every command of `yap` is given, and what all of them do alike: where data
// and talk go, how errors read, which exit code they are.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "client/config.h"
#include "client/credentials.h"
#include "client/paths.h"
#include "client/server_address.h"
#include "client/session.h"
#include "client/transport.h"

namespace yap::app {

// Exit codes: the table that `yap --help` and the manual show.
inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitAuthentication = 3;
inline constexpr int kExitNotFound = 4;
inline constexpr int kExitUnreachable = 5;
inline constexpr int kExitUnknown = 6;
inline constexpr int kExitInterrupted = 130;

inline constexpr std::string_view kOutputGone = "OUTPUT_GONE";

// The world around one run, so that tests can be one.
struct Environment {
  client::GetEnv getenv;
  std::istream& in;
  std::ostream& out;  // Data.
  std::ostream& err;  // Talk.
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  // Asks on the terminal without echo; no value: there is none.
  std::function<std::optional<Secret>(std::string_view prompt)> ask_secret;
  // Hands on what is typed, from any thread and as it comes, then nothing for the end. `raw`: keys,
  // not lines, without echo, until the process ends. What is handed on returns when there is room
  // for more.
  std::function<void(bool raw, std::function<void(std::optional<std::string>)>)> start_input;
  // Columns of the terminal.
  std::function<int()> columns;
  std::function<std::unique_ptr<client::Transport>(const client::ServerAddress&,
                                                   const std::string& roots_pem)>
      connect;
  Clock& clock;
  Random& random;
  std::string version;
};

// The flags that every command has.
struct Globals {
  std::string server;  // Empty: from the environment, the file, or this machine.
  bool json = false;
  bool no_input = false;
  bool quiet = false;
  bool no_color = false;
  double timeout_s = 10;
};

// One run of one command. One thread: that of the executor.
class Cli {
 public:
  Cli(Environment& environment, Globals globals, asio::any_io_executor executor);
  ~Cli();

  Environment& env() { return env_; }
  const Globals& globals() const { return globals_; }
  asio::any_io_executor executor() const { return executor_; }

  // Reads paths and configuration, and settles the server. Before anything else.
  Result<> Prepare();
  const client::Paths& paths() const { return paths_; }
  const client::Config& config() const { return config_; }
  const client::ServerAddress& server() const { return server_; }

  // The session with the server, made at the first call.
  // Errors: InvalidArgument CA_FILE_UNREADABLE.
  Result<client::Session*> session();
  // A transport of its own to any server. Errors: as above.
  Result<std::unique_ptr<client::Transport>> Connect(const client::ServerAddress& server);

  // When the command is to give up: --timeout from the first time this is asked, which is at its
  // first call of the server. What is typed or piped in before takes its time.
  Deadline deadline();

  // One call with the session's retries, until deadline().
  template <class Method>
  Task<typename Method::Response> Call(Method method, typename Method::Request request) {
    YAP_CO_TRY(client::Session * session_now, session());
    co_return co_await session_now->Call(method, std::move(request), deadline());
  }

  std::string NewKey() { return client::NewKey(env_.random, env_.clock); }

  // Data on stdout, out at once; what could not be written, output() tells.
  // REQUIRES: what is remote in it went through Visible.
  void Print(std::string_view text);
  void Data(std::string_view line) { Print(fmt::format("{}\n", line)); }
  // Whether all that was printed is out. Errors, of the first failure: FailedPrecondition
  // OUTPUT_LOST, or kOutputGone where the reader went away, which nobody needs to be told.
  const Result<>& output() const { return output_; }
  // A line for people on stderr; nothing with --quiet.
  void Say(std::string_view line);
  // The one line of an error (none for kOutputGone), and what to do next, on stderr; answers the
  // exit code.
  int Explain(const Error& error);

  bool color() const;

 private:
  Environment& env_;
  const Globals globals_;
  const asio::any_io_executor executor_;
  std::optional<Deadline> deadline_;

  client::Paths paths_;
  client::Config config_;
  client::ServerAddress server_;
  std::unique_ptr<client::CredentialStore> store_;
  std::unique_ptr<client::Transport> transport_;
  std::unique_ptr<client::Session> session_;
  Result<> output_;
};

// Writes `text`, out on return. Errors: those of Cli::output().
Result<> WriteOut(std::ostream& out, std::string_view text);

// The exit code of an error that is not a send's.
int ExitCode(const Error& error);

// What a command does; the value is the exit code.
using Handler = std::function<Task<int>(Cli&)>;

// Runs `yap ARGS…`; the exit code. Blocks until it is over.
int RunYap(const std::vector<std::string>& args, Environment& environment);

}  // namespace yap::app
