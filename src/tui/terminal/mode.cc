#include "tui/terminal/mode.h"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace yap::tui {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?25l\x1b[2J";
constexpr std::string_view kLeave =
    "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::string_view kMouseOn = "\x1b[?1000h\x1b[?1006h";
constexpr std::string_view kMouseOff = "\x1b[?1006l\x1b[?1000l";

constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

// What a handler of a crash needs; it may use nothing else of ours.
termios before;
volatile sig_atomic_t crash_in = -1;
volatile sig_atomic_t crash_out = -1;

void GiveBack(int in, int out) {
  [[maybe_unused]] const auto sent = ::write(out, kLeave.data(), kLeave.size());
  ::tcsetattr(in, TCSANOW, &before);
}

// std::terminate comes here as SIGABRT. The handler is gone by then (SA_RESETHAND), so the signal
// that is raised again ends the process as it would have.
void Crashed(int signal) {
  if (crash_in >= 0) GiveBack(crash_in, crash_out);
  ::raise(signal);
}

void OnCrash(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESETHAND;
  for (const int signal : kCrashes) ::sigaction(signal, &action, nullptr);
}

// Keys as they are pressed, Ctrl+C and Ctrl+Z too; output as it is written.
termios RawOf(termios mode) {
  ::cfmakeraw(&mode);
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  return mode;
}

}  // namespace

std::string_view LeaveBytes() { return kLeave; }

void Mode::Repair() {
  termios mode = {};
  if (::tcgetattr(in_, &mode) != 0) return;
  mode.c_iflag |= ICRNL | IXON | BRKINT;
  mode.c_oflag |= OPOST | ONLCR;
  mode.c_lflag |= ICANON | ECHO | ECHOE | ECHOK | ISIG | IEXTEN;
  ::tcsetattr(in_, TCSANOW, &mode);
  Write(kLeave);
}

Result<> Mode::Enter(bool mouse) {
  if (::tcgetattr(in_, &before) != 0) {
    return Fail(Errc::kFailedPrecondition, "NO_TERMINAL", "this is no terminal");
  }
  crash_in = in_;
  crash_out = out_;
  OnCrash(Crashed);
  const termios raw = RawOf(before);
  ::tcsetattr(in_, TCSANOW, &raw);
  entered_ = true;
  Write(kEnter);
  if (mouse) Write(kMouseOn);
  return {};
}

void Mode::Leave() {
  if (!entered_) return;
  entered_ = false;
  Write(kLeave);
  ::tcsetattr(in_, TCSANOW, &before);
  crash_in = -1;
  OnCrash(SIG_DFL);
}

void Mode::UseMouse(bool on) { Write(on ? kMouseOn : kMouseOff); }

bool Mode::Write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto sent = ::write(out_, bytes.data(), bytes.size());
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      // Somebody made the terminal non-blocking, which our stdin shares with its parent's.
      pollfd room = {.fd = out_, .events = POLLOUT, .revents = 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Size Mode::size() const {
  winsize size = {};
  const bool told = ::ioctl(out_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
  return told ? Size{size.ws_col, size.ws_row} : Size{};
}

}  // namespace yap::tui
