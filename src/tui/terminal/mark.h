// tui/terminal/mark.h: a note on disk that a program has a terminal in its hands: who finds one
// without an owner knows that the last run was killed and left the terminal as it was.
//
// $XDG_STATE_HOME/yap/terminal/NAME for the terminal NAME ("pts-3"), locked while its owner lives.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "client/private_file.h"

namespace yap::tui {

class TerminalMark {
 public:
  // `terminal`: what ttyname(3) says. Blocks.
  // Errors: those of private_file.h; FailedPrecondition TERMINAL_TAKEN: another yap that is alive
  // has this terminal (it was suspended).
  static Result<TerminalMark> Set(const std::filesystem::path& state, const std::string& terminal);
  // Takes the mark away.
  ~TerminalMark();
  TerminalMark(TerminalMark&& other) noexcept = default;
  TerminalMark& operator=(TerminalMark&&) = delete;

  // Whether a mark without an owner was there before.
  bool was_left() const { return was_left_; }

 private:
  TerminalMark(std::filesystem::path file, client::Fd lock, bool was_left)
      : file_(std::move(file)), lock_(std::move(lock)), was_left_(was_left) {}

  std::filesystem::path file_;
  client::Fd lock_;
  bool was_left_ = false;
};

}  // namespace yap::tui
