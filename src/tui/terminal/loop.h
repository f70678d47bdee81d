// tui/terminal/loop.h: the one loop of the terminal's thread: keys, signals, wake-ups and time go
// to a Program, frames and requests come back. Draws when something changed and never otherwise.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "client/private_file.h"
#include "tui/terminal/decoder.h"
#include "tui/terminal/frame_pacer.h"
#include "tui/terminal/mode.h"
#include "tui/terminal/painter.h"

namespace yap::tui {

// What a Program asks of the terminal.
struct WriteBytes {  // Beside the frame: a bell, a notification.
  std::string bytes;
};
struct RunProgram {  // Without a shell, not waited for.
  std::vector<std::string> argv;
};
struct EditFile {  // In $VISUAL, $EDITOR or vi; Program::Edited takes what it leaves.
  std::string text;
};
struct SetMouse {
  bool on = false;
};
struct DrawAnew {};
struct StopProcess {};  // As Ctrl+Z; goes on with fg.
struct EndLoop {};
using Request =
    std::variant<WriteBytes, RunProgram, EditFile, SetMouse, DrawAnew, StopProcess, EndLoop>;

// All calls come on the thread of Loop::Run.
class Program {
 public:
  virtual ~Program() = default;
  virtual void Take(const Input& input) = 0;
  virtual void Woken() = 0;
  virtual void Resized(Size size) = 0;
  virtual void Tick(MonoTime now) = 0;
  // When Tick has something to do; none: never.
  virtual std::optional<MonoTime> NextTick(MonoTime now) const = 0;
  virtual Frame Draw(MonoTime now) = 0;
  // What was asked for since the last call.
  virtual std::vector<Request> TakeRequests() = 0;
  virtual void Edited(std::string text) = 0;
  // An editor that could not be run, and such.
  virtual void Failed(std::string what) = 0;
};

// Why Run came back.
enum class Ended : std::uint8_t {
  kAsked,       // By EndLoop.
  kTerminated,  // SIGTERM, SIGINT or SIGQUIT.
  kGone,        // The terminal hung up.
};

class Loop {
 public:
  // From here on SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGCONT and SIGCHLD are
  // blocked in this thread and come through the loop: threads that are to leave them alone are
  // started after it.
  explicit Loop(Clock& clock);
  ~Loop();

  // Program::Woken soon, once for any number of calls. From any thread; never blocks.
  void Wake();
  // Until the program asks for the end. `mode` was entered, and is when Run returns.
  Ended Run(Program& program, Mode& mode, bool mouse);

 private:
  void Wait(Program& program);
  void Read(Program& program);
  void ReadSignals(Program& program);
  void ReadTime(Program& program);
  void Answer(Program& program);
  void Paint(Program& program);
  void Suspend();
  void Resume(Program& program);
  void Reap();

  void Do(Program& program, const WriteBytes& request);
  void Do(Program& program, const RunProgram& request);
  void Do(Program& program, const EditFile& request);
  void Do(Program& program, const SetMouse& request);
  void Do(Program& program, const DrawAnew& request);
  void Do(Program& program, const StopProcess& request);
  void Do(Program& program, const EndLoop& request);

  Clock& clock_;
  client::Fd wake_;
  client::Fd signals_;

  // Of one Run.
  Mode* mode_ = nullptr;
  bool mouse_ = false;
  Decoder decoder_;
  std::optional<MonoTime> decoder_due_;
  std::optional<MonoTime> tick_due_;
  Painter painter_;
  FramePacer pacer_;
  bool typed_ = false;  // What changed since the last frame: by keys…
  bool news_ = false;   // …or otherwise.
  std::optional<Ended> ended_;
  std::vector<pid_t> children_;
};

}  // namespace yap::tui
