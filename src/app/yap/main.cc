// yap: the world around one run.
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "app/version.h"
#include "app/yap/cli.h"
#include "client/grpc_transport.h"

namespace {

using yap::Secret;

// What Ctrl+C restores when it comes in the middle of a password.
termios echoing;
volatile sig_atomic_t echo_off_fd = -1;

void RestoreTerminal() {
  if (echo_off_fd < 0) return;
  ::tcsetattr(echo_off_fd, TCSANOW, &echoing);
  // `chat` asks for bracketed pastes where it takes keys; off where it was never on does no harm.
  constexpr char kNoBrackets[] = "\x1b[?2004l";
  if (echo_off_fd == STDIN_FILENO) {
    [[maybe_unused]] const auto sent = ::write(STDOUT_FILENO, kNoBrackets, sizeof kNoBrackets - 1);
  }
}

void Interrupted(int signal) {
  RestoreTerminal();
  ::_exit(signal == SIGINT ? yap::app::kExitInterrupted : 128 + signal);
}

void SetSignals() {
  struct sigaction action = {};
  action.sa_handler = Interrupted;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  // A reader that goes away ends us without a word, also under a parent that ignores SIGPIPE.
  action.sa_handler = SIG_DFL;
  ::sigaction(SIGPIPE, &action, nullptr);
}

// From the terminal itself, so that stdin stays free for data.
std::optional<Secret> AskSecret(std::string_view prompt) {
  const int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (fd < 0 || ::tcgetattr(fd, &echoing) != 0) return {};
  termios silent = echoing;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  silent.c_lflag |= ECHONL;
  echo_off_fd = fd;
  ::tcsetattr(fd, TCSAFLUSH, &silent);
  [[maybe_unused]] const auto shown = ::write(fd, prompt.data(), prompt.size());
  std::string line;
  char c = 0;
  ssize_t got = 0;
  while ((got = ::read(fd, &c, 1)) == 1 && c != '\n') line += c;
  ::tcsetattr(fd, TCSAFLUSH, &echoing);
  echo_off_fd = -1;
  ::close(fd);
  if (got <= 0) return {};
  return Secret(std::move(line));
}

// Keys as they are typed; Ctrl+C stays a signal.
void SetRaw() {
  if (::tcgetattr(STDIN_FILENO, &echoing) != 0) return;
  termios raw = echoing;
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  echo_off_fd = STDIN_FILENO;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

// A thread of its own: a read cannot be ended, so it goes with the process.
void StartInput(bool raw, std::function<void(std::optional<std::string>)> take) {
  if (raw) SetRaw();
  std::thread([take = std::move(take)] {
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(STDIN_FILENO, buffer, sizeof buffer)) > 0) {
      take(std::string(buffer, static_cast<std::size_t>(got)));
    }
    take(std::nullopt);
  }).detach();
}

int Columns() {
  winsize size = {};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::optional<std::string> Variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

std::unique_ptr<yap::client::Transport> Connect(const yap::client::ServerAddress& server,
                                                const std::string& roots) {
  yap::client::GrpcOptions options;
  options.server = server;
  options.roots_pem = roots;
  options.user_agent = std::string("yap/") + yap::app::kVersion;
  return yap::client::MakeGrpcTransport(options);
}

}  // namespace

int main(int argc, char** argv) {
  SetSignals();
  std::ios::sync_with_stdio(false);
  yap::app::Environment environment{
      .getenv = Variable,
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .in_is_terminal = ::isatty(STDIN_FILENO) == 1,
      .out_is_terminal = ::isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = ::isatty(STDERR_FILENO) == 1,
      .ask_secret = AskSecret,
      .start_input = StartInput,
      .columns = Columns,
      .connect = Connect,
      .clock = yap::SystemClock(),
      .random = yap::SystemRandom(),
      .version = yap::app::kVersion,
  };
  const int code = yap::app::RunYap({argv + 1, argv + argc}, environment);
  RestoreTerminal();
  return code;
}
