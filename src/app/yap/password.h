// app/yap/password.h: where passwords come from: a prompt, a file, or a pipe; never the command
// line or the environment, which others can read.
#pragma once

#include <string>
#include <string_view>

#include "app/yap/cli.h"

namespace yap::app {

struct PasswordSource {
  std::string file;      // --password-file; "-" is stdin; empty: ask.
  bool confirm = false;  // Ask twice: a new password.
};

// The first line of the file, without its end, or what was typed.
// Errors: InvalidArgument PASSWORD_MISSING (nobody to ask), PASSWORD_MISMATCH; Unavailable and
// FailedPrecondition of the file.
Result<Secret> ReadPassword(Cli& cli, const PasswordSource& source, std::string_view prompt);

}  // namespace yap::app
