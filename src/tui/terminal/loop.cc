#include "tui/terminal/loop.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "tui/terminal/spawn.h"

namespace yap::tui {
namespace {

// A keystroke is a few bytes; a paste comes in some reads.
constexpr std::size_t kReadBytes = 16 * 1024;
// Notification programs that still run; beyond, nobody reads them anyway.
constexpr std::size_t kChildrenMax = 8;

sigset_t OurSignals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT, SIGCHLD}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

int MillisecondsUntil(MonoTime when, MonoTime now) {
  if (when <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - now).count();
  return static_cast<int>(std::min<std::int64_t>(left, 3'600'000));
}

}  // namespace

Loop::Loop(Clock& clock) : clock_(clock), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  const sigset_t set = OurSignals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = client::Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  YAP_CHECK(wake_ && signals_, "no file descriptors are left");
}

// What came last is not for whoever runs after us.
Loop::~Loop() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) > 0) {
  }
  const sigset_t set = OurSignals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Loop::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto sent = ::write(wake_.get(), &one, sizeof one);
}

Ended Loop::Run(Program& program, Mode& mode, bool mouse) {
  mode_ = &mode;
  mouse_ = mouse;
  ended_.reset();
  Resume(program);
  program.Woken();
  while (!ended_) {
    Answer(program);
    const MonoTime now = clock_.Mono();
    if ((typed_ || news_) && pacer_.Due(typed_) <= now) Paint(program);
    if (!ended_) Wait(program);
    ReadTime(program);
  }
  return *ended_;
}

// Sleeps until something is there, and reads it.
void Loop::Wait(Program& program) {
  const MonoTime now = clock_.Mono();
  int wait = -1;
  const auto until = [&](MonoTime when) {
    const int left = MillisecondsUntil(when, now);
    wait = wait < 0 ? left : std::min(wait, left);
  };
  if (typed_ || news_) until(pacer_.Due(typed_));
  tick_due_ = program.NextTick(now);
  if (tick_due_) until(*tick_due_);
  if (decoder_due_) until(*decoder_due_);
  std::array<pollfd, 3> fds = {
      {{mode_->in(), POLLIN, 0}, {wake_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
  if (::poll(fds.data(), fds.size(), wait) <= 0) return;
  if (fds[2].revents != 0) ReadSignals(program);
  if (fds[0].revents != 0) Read(program);
  if (fds[1].revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
    program.Woken();
    news_ = true;
  }
}

void Loop::Read(Program& program) {
  std::array<char, kReadBytes> buffer;
  const auto got = ::read(mode_->in(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (got <= 0) {
    ended_ = Ended::kGone;
    return;
  }
  for (const Input& input : decoder_.Feed({buffer.data(), static_cast<std::size_t>(got)})) {
    program.Take(input);
    typed_ = true;
  }
  const auto wait = decoder_.wait();
  decoder_due_ = wait ? std::optional(clock_.Mono() + *wait) : std::nullopt;
}

void Loop::ReadSignals(Program& program) {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    switch (static_cast<int>(info.ssi_signo)) {
      case SIGWINCH:
        program.Resized(mode_->size());
        painter_.Forget();
        typed_ = true;
        break;
      case SIGHUP:
        ended_ = Ended::kGone;
        break;
      case SIGTERM:
      case SIGQUIT:
      case SIGINT:
        ended_ = Ended::kTerminated;
        break;
      case SIGTSTP:
        Suspend();
        Resume(program);
        break;
      case SIGCHLD:
        Reap();
        break;
      default:
        break;
    }
  }
}

void Loop::ReadTime(Program& program) {
  const MonoTime now = clock_.Mono();
  if (decoder_due_ && *decoder_due_ <= now) {
    decoder_due_.reset();
    for (const Input& input : decoder_.TimedOut()) {
      program.Take(input);
      typed_ = true;
    }
  }
  if (tick_due_ && *tick_due_ <= now) {
    tick_due_.reset();
    program.Tick(now);
    news_ = true;
  }
}

void Loop::Answer(Program& program) {
  for (const Request& request : program.TakeRequests()) {
    std::visit([&](const auto& r) { Do(program, r); }, request);
  }
}

void Loop::Paint(Program& program) {
  const MonoTime now = clock_.Mono();
  const std::string bytes = painter_.Paint(program.Draw(now));
  typed_ = news_ = false;
  pacer_.Drawn(now);
  if (!bytes.empty() && !mode_->Write(bytes)) ended_ = Ended::kGone;
}

void Loop::Suspend() {
  mode_->Leave();
  StopJob();
}

void Loop::Resume(Program& program) {
  if (!mode_->Enter(mouse_)) {
    ended_ = Ended::kGone;
    return;
  }
  program.Resized(mode_->size());
  painter_.Forget();
  typed_ = true;
}

void Loop::Reap() {
  std::erase_if(children_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

void Loop::Do(Program&, const WriteBytes& request) {
  if (!mode_->Write(request.bytes)) ended_ = Ended::kGone;
}

void Loop::Do(Program& program, const RunProgram& request) {
  Reap();
  if (children_.size() >= kChildrenMax) return;
  const auto pid = Spawn(request.argv, SpawnAs::kQuiet);
  if (!pid) return program.Failed(pid.error().message);
  children_.push_back(*pid);
}

void Loop::Do(Program& program, const EditFile& request) {
  mode_->Leave();
  auto text = EditInEditor(request.text);
  Resume(program);
  if (text) return program.Edited(*std::move(text));
  program.Failed(text.error().message);
}

void Loop::Do(Program&, const SetMouse& request) {
  mouse_ = request.on;
  mode_->UseMouse(mouse_);
}

void Loop::Do(Program&, const DrawAnew&) { painter_.Forget(); }

void Loop::Do(Program& program, const StopProcess&) {
  Suspend();
  Resume(program);
}

void Loop::Do(Program&, const EndLoop&) { ended_ = Ended::kAsked; }

}  // namespace yap::tui
