// app/yap/registry.h: the commands of `yap`, once: flags, help, completions and the manual are made
// from here.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/yap/cli.h"

namespace yap::app {

// For `check`: a whole number from 0 to `max`, and not what would only turn into one.
CLI::Validator WholeNumber(std::uint64_t max = UINT64_MAX);

// The parsed line: which handler, with which global flags.
class Registry {
 public:
  Registry();

  CLI::App& app() { return app_; }
  const CLI::App& app() const { return app_; }
  Globals& globals() { return globals_; }

  // Adds a command. `examples`: a line each, as help shows them first. `under`: the command it is a
  // part of (`auth status`), or none.
  CLI::App& Add(const std::string& name, const std::string& summary,
                const std::vector<std::string>& examples, CLI::App* under = nullptr);
  // What `command` does, once the configuration is read.
  void On(const CLI::App& command, Handler handler);
  // The same for one that calls Cli::Prepare itself, because it can say more about what fails
  // there.
  void OnBare(const CLI::App& command, Handler handler) {
    handlers_[&command] = std::move(handler);
  }

  // The handler of the command that was parsed; none: no command was given.
  Handler Parsed() const;

 private:
  CLI::App app_;
  Globals globals_;
  std::map<const CLI::App*, Handler> handlers_;
};

// One file each (app/yap/*_command*.cc).
void AddAccountCommands(Registry& registry);
void AddSessionCommands(Registry& registry);
void AddChannelCommands(Registry& registry);
void AddMemberCommands(Registry& registry);
void AddSendCommand(Registry& registry);
void AddTailCommand(Registry& registry);
void AddHistoryCommand(Registry& registry);
void AddChatCommand(Registry& registry);
// `yap` itself: the screens, or line by line. After all others.
void AddBareCommand(Registry& registry);
void AddDoctorCommand(Registry& registry);
void AddCompletionsCommand(Registry& registry);
void AddManualCommand(Registry& registry);
void AddVersionCommand(Registry& registry);

void AddAllCommands(Registry& registry);

// The line mode: `yap chat CHANNEL`.
Task<int> RunChat(Cli& cli, std::string channel, bool plain_safe);
// The screens, until somebody quits (tui_command.cc). Without them in this build (no_tui.cc): a
// line that says so. Errors: InvalidArgument CONFIG_INVALID; FailedPrecondition TERMINAL_TAKEN.
Result<int> RunTui(Cli& cli, std::string open_first);

}  // namespace yap::app
