// completions, manual, version.
#include <fmt/format.h>

#include "app/yap/completions.h"
#include "app/yap/event_text.h"
#include "app/yap/manual_page.h"
#include "app/yap/registry.h"

namespace yap::app {
namespace {

Task<int> Print(Cli& cli, std::string script) {
  cli.Print(script);
  co_return kExitOk;
}

Task<int> Version(Cli& cli) {
  cli.Data(cli.globals().json ? JsonLine({{"version", cli.env().version}})
                              : fmt::format("yap {}", cli.env().version));
  co_return kExitOk;
}

}  // namespace

void AddCompletionsCommand(Registry& registry) {
  static const std::map<std::string, Shell> shells = {
      {"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}};
  auto name = std::make_shared<std::string>();
  auto& command =
      registry.Add("completions", "Print completions for a shell",
                   {"source <(yap completions bash)", "yap completions zsh > ~/.zfunc/_yap",
                    "yap completions fish > ~/.config/fish/completions/yap.fish"});
  command.add_option("SHELL", *name, "bash, zsh or fish")
      ->required()
      ->type_name("")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  registry.On(command, [name, &registry](Cli& cli) {
    return Print(cli, Completions(registry.app(), shells.at(*name)));
  });
}

void AddManualCommand(Registry& registry) {
  auto& command = registry.Add(
      "manual", "Print the manual page, for man(1)",
      {"yap manual | man -l -", "yap manual > ~/.local/share/man/man1/yap.1; man yap"});
  registry.On(command, [&registry](Cli& cli) {
    return Print(cli, ManualPage(registry.app(), cli.env().version));
  });
}

void AddVersionCommand(Registry& registry) {
  registry.On(registry.Add("version", "Print the version", {"yap version", "yap version --json"}),
              Version);
}

}  // namespace yap::app
