// tui/terminal/mode.h: a terminal made ours and given back: raw mode, the alternate screen, pastes
// (2004), focus (1004), mouse (1000 and 1006). Given back whatever ends the process, but for kill
// -9.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "tui/terminal/size.h"

namespace yap::tui {

// What gives the screen back: every mode off, the cursor shown. Harmless where none was on.
std::string_view LeaveBytes();

// One at a time in a process: the handlers of crashes know it.
class Mode {
 public:
  // `in` and `out` are a terminal's, and outlive it. Takes nothing yet.
  Mode(int in, int out) : in_(in), out_(out) {}
  ~Mode() { Leave(); }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;

  // A run before this one was killed and left the terminal raw: what Enter saves is made usable
  // first, and the modes are switched off.
  void Repair();

  // Errors: FailedPrecondition NO_TERMINAL.
  Result<> Enter(bool mouse);
  void Leave();
  // While it is entered.
  void UseMouse(bool on);
  // Blocks until all of it is written. False: the terminal is gone.
  bool Write(std::string_view bytes) const;
  // 80 x 24 where the terminal does not say.
  Size size() const;

  int in() const { return in_; }

 private:
  const int in_;
  const int out_;
  bool entered_ = false;
};

}  // namespace yap::tui
