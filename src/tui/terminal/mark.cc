#include "tui/terminal/mark.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace yap::tui {
namespace {

// "/dev/pts/3" → "pts-3".
std::string FileName(std::string terminal) {
  if (terminal.starts_with("/dev/")) terminal.erase(0, 5);
  std::ranges::replace(terminal, '/', '-');
  return terminal.empty() ? "unknown" : terminal;
}

}  // namespace

Result<TerminalMark> TerminalMark::Set(const std::filesystem::path& state,
                                       const std::string& terminal) {
  const auto directory = state / "terminal";
  YAP_TRY_VOID(client::MakePrivateDirectory(directory));
  auto file = directory / FileName(terminal);
  std::error_code ignored;
  const bool was_there = std::filesystem::exists(file, ignored);
  YAP_TRY(auto lock, client::TryLockFile(file));
  if (!lock) {
    return Fail(Errc::kFailedPrecondition, "TERMINAL_TAKEN",
                "yap runs in this terminal already; `fg` brings it back");
  }
  return TerminalMark(std::move(file), *std::move(lock), was_there);
}

TerminalMark::~TerminalMark() {
  std::error_code ignored;
  if (lock_) std::filesystem::remove(file_, ignored);
}

}  // namespace yap::tui
