// app/yapd/admin_cli.h: `yapd admin …` on the command line: flags, prompts, and where to carry it
// out.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "app/yapd/admin_commands.h"
#include "app/yapd/config.h"
#include "app/yapd/node.h"

namespace yap::app {

// What the words of the command line ask for; the password is still to be read.
struct AdminInvocation {
  AdminRequest request;
  bool needs_password = false;
  std::string password_file;  // "-": standard input; empty: ask.
};

// Adds `admin` and all its commands. `configure` adds the flags every command has; `chosen` is
// called when one is parsed.
void AddAdmin(CLI::App& app, const std::function<void(CLI::App&)>& configure,
              std::function<void(const AdminInvocation&, bool json)> chosen);

// Through the admin socket where a server runs on this data directory, else on the opened store.
// Prints the answer; returns the exit status.
int RunAdminCommand(const Config& config, const DataPaths& paths, AdminInvocation invocation,
                    bool json);

// A line from the terminal, not shown; from a file, its first line. Errors: InvalidArgument.
Result<Secret> ReadPassword(const std::string& file);

}  // namespace yap::app
