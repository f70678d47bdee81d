// The loop on a terminal of its own (a pty), with real signals of this process.
#include "tui/terminal/loop.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace yap::tui {
namespace {

// Draws what it heard; "q" ends it.
class Listener final : public Program {
 public:
  void Take(const Input& input) override {
    const auto* key = std::get_if<Key>(&input);
    if (!key) return;
    heard += key->text.empty() ? "<" + NameOf(*key) + ">" : key->text;
    if (key->text == "q") requests.push_back(EndLoop{});
    if (key->text == "b") requests.push_back(WriteBytes{"\a"});
    if (key->text == "e") requests.push_back(EditFile{"before"});
    if (key->text == "!") std::abort();
  }
  void Woken() override { ++woken; }
  void Resized(Size size) override {
    sizes.push_back(size);
    ++resizes;
  }
  void Tick(MonoTime) override { ++ticks; }
  std::optional<MonoTime> NextTick(MonoTime now) const override {
    return ticks < ticks_wanted ? std::optional(now + std::chrono::milliseconds(1)) : std::nullopt;
  }
  Frame Draw(MonoTime) override {
    ++frames;
    Frame frame{10, 1, std::vector<Spot>(10), {}};
    frame.spots[0].glyph = heard.empty() ? " " : heard.substr(heard.size() - 1);
    return frame;
  }
  std::vector<Request> TakeRequests() override { return std::exchange(requests, {}); }
  void Edited(std::string text) override { edited = std::move(text); }
  void Failed(std::string what) override { failed = std::move(what); }

  std::string heard, edited, failed;
  std::vector<Size> sizes;
  std::vector<Request> requests;
  int ticks_wanted = 0;
  std::atomic<int> woken = 0, resizes = 0, ticks = 0, frames = 0;
};

class LoopTest : public testing::Test {
 protected:
  void SetUp() override {
    winsize size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
    ASSERT_EQ(::openpty(&keyboard_, &terminal_, nullptr, nullptr, &size), 0);
  }
  void TearDown() override {
    ::close(keyboard_);
    ::close(terminal_);
  }
  void Type(std::string_view keys) {
    EXPECT_EQ(::write(keyboard_, keys.data(), keys.size()), static_cast<ssize_t>(keys.size()));
  }
  // Runs until it ends, with everything in the terminal's queue before.
  Ended Run() {
    Loop loop(SystemClock());
    Mode mode(terminal_, terminal_);
    return loop.Run(program_, mode, true);
  }
  std::string Shown() const {
    std::string shown(64 * 1024, '\0');
    const auto got = ::read(keyboard_, shown.data(), shown.size());
    shown.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return shown;
  }
  // Opens $EDITOR once the program draws, and ends the program once it draws again.
  void EditAndQuit() {
    for (const char* key : {"e", "q"}) {
      while (Shown().find("\x1b[?1049h") == std::string::npos) {
      }
      Type(key);
    }
  }
  // Those that raw mode takes away; the kernel has others of its own (PENDIN).
  tcflag_t LocalFlags() const {
    termios mode = {};
    ::tcgetattr(terminal_, &mode);
    return mode.c_lflag & (ECHO | ICANON | ISIG | IEXTEN);
  }

  int keyboard_ = -1;
  int terminal_ = -1;
  Listener program_;
};

TEST_F(LoopTest, KeysComeInOrderAndTheTerminalIsAsItWas) {
  const tcflag_t before = LocalFlags();
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread typist([&] {
    while (Shown().find("\x1b[?1049h") == std::string::npos) {
    }
    Type("a\x1b[Abq");
  });
  EXPECT_EQ(loop.Run(program_, mode, true), Ended::kAsked);
  typist.join();
  EXPECT_EQ(program_.heard, "a<up>bq");
  EXPECT_EQ(program_.sizes.at(0), (Size{80, 24}));
  mode.Leave();
  EXPECT_EQ(LocalFlags(), before);
  std::string shown;  // It comes in pieces.
  while (!shown.ends_with(LeaveBytes())) shown += Shown();
}

TEST_F(LoopTest, LoneEscapeIsAKeyAfterAMoment) {
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread typist([&] {
    while (Shown().find("\x1b[?1049h") == std::string::npos) {
    }
    Type("\x1b");
    while (program_.frames < 2) std::this_thread::yield();
    Type("q");
  });
  loop.Run(program_, mode, false);
  typist.join();
  EXPECT_EQ(program_.heard, "<escape>q");
}

TEST_F(LoopTest, WakesAndSignalsComeThrough) {
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread outside([&] {
    while (Shown().find("\x1b[?1049h") == std::string::npos) {
    }
    loop.Wake();
    const winsize size = {.ws_row = 10, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(terminal_, TIOCSWINSZ, &size);
    ::kill(::getpid(), SIGWINCH);
    while (program_.resizes < 2) std::this_thread::yield();
    ::kill(::getpid(), SIGTERM);
  });
  EXPECT_EQ(loop.Run(program_, mode, true), Ended::kTerminated);
  outside.join();
  EXPECT_GE(program_.woken, 1);
  EXPECT_EQ(program_.sizes.back(), (Size{40, 10}));
}

TEST_F(LoopTest, TimeTicksOnlyWhileTheProgramWantsIt) {
  program_.ticks_wanted = 3;
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread typist([&] {
    while (Shown().find("\x1b[?1049h") == std::string::npos) {
    }
    while (program_.ticks < 3) std::this_thread::yield();
    Type("q");
  });
  loop.Run(program_, mode, true);
  typist.join();
  EXPECT_EQ(program_.ticks, 3);
  EXPECT_LE(program_.frames, 6);
}

TEST_F(LoopTest, EditorGetsTheTextAndGivesAnother) {
  ::setenv("VISUAL", "sh -c 'printf \" and after\" >>\"$0\"'", 1);
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread typist([&] { EditAndQuit(); });
  loop.Run(program_, mode, true);
  typist.join();
  EXPECT_EQ(program_.edited, "before and after") << program_.failed;
}

TEST_F(LoopTest, KeysThatInterruptTheEditorDoNotEndUs) {
  ::setenv("YAP_TEST_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("VISUAL", "sh -c 'kill -INT $PPID $YAP_TEST_PID; kill -QUIT $PPID $YAP_TEST_PID'", 1);
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread typist([&] { EditAndQuit(); });
  EXPECT_EQ(loop.Run(program_, mode, true), Ended::kAsked);
  typist.join();
  EXPECT_EQ(program_.edited, "before") << program_.failed;
}

TEST_F(LoopTest, TerminalThatHangsUpEndsIt) {
  Loop loop(SystemClock());
  Mode mode(terminal_, terminal_);
  std::thread outside([&] {
    while (Shown().find("\x1b[?1049h") == std::string::npos) {
    }
    ::close(keyboard_);
    keyboard_ = -1;
  });
  EXPECT_EQ(loop.Run(program_, mode, true), Ended::kGone);
  outside.join();
}

// Runs in a child that dies: the terminal must be usable after it.
TEST_F(LoopTest, CrashGivesTheTerminalBack) {
  const tcflag_t before = LocalFlags();
  const pid_t child = ::fork();
  if (child == 0) {
    struct rlimit none = {0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    Run();
    ::_exit(0);
  }
  std::string shown;
  while (shown.find("\x1b[?1049h") == std::string::npos) shown += Shown();
  Type("!");
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
  while (shown.find(LeaveBytes()) == std::string::npos) shown += Shown();
  EXPECT_EQ(LocalFlags(), before);
}

TEST_F(LoopTest, TerminalThatAKilledRunLeftRawIsRepaired) {
  const tcflag_t before = LocalFlags();
  termios raw = {};
  ::tcgetattr(terminal_, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(terminal_, TCSANOW, &raw);
  Mode mode(terminal_, terminal_);
  mode.Repair();
  EXPECT_EQ(LocalFlags(), before);
}

}  // namespace
}  // namespace yap::tui
