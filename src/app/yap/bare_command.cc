// `yap` without a command: the screens, with --open in a channel; with --plain line by line.
#include <memory>
#include <optional>
#include <ostream>

#include "app/yap/registry.h"

namespace yap::app {
namespace {

// Where everybody is.
constexpr std::string_view kLobby = "lobby";

struct BareFlags {
  CLI::Option* plain = nullptr;
  std::string channel;
  std::string open;
};

Task<int> Plain(Cli& cli, std::string channel) {
  YAP_CO_TRY_VOID(cli.Prepare());
  co_return co_await RunChat(cli, channel.empty() ? std::string(kLobby) : channel, false);
}

Task<int> Screens(Cli& cli, std::string open) {
  YAP_CO_TRY_VOID(cli.Prepare());
  co_return RunTui(cli, open.starts_with('#') ? open.substr(1) : open);
}

Task<int> RunBare(Cli& cli, const Registry& registry, const BareFlags& flags) {
  if (flags.plain->count() > 0) co_return co_await Plain(cli, flags.channel);
  if (cli.env().in_is_terminal && cli.env().out_is_terminal && !cli.globals().no_input) {
    co_return co_await Screens(cli, flags.open);
  }
  cli.env().err << registry.app().help() << std::flush;
  co_return kExitUsage;
}

}  // namespace

void AddBareCommand(Registry& registry) {
  auto flags = std::make_shared<BareFlags>();
  flags->plain = registry.app()
                     .add_option("--plain", flags->channel,
                                 "Line by line in CHANNEL (default lobby): for screen readers and "
                                 "logs, as `yap chat`")
                     ->expected(0, 1)
                     ->type_name("[CHANNEL]");
  CLI::Option* open =
      registry.app()
          .add_option("--open", flags->open, "Begin in CHANNEL, and join it where it is public")
          ->type_name("CHANNEL")
          ->excludes(flags->plain);
  for (CLI::App* command : registry.app().get_subcommands(nullptr)) {
    command->excludes(flags->plain);
    command->excludes(open);
  }
  registry.OnBare(registry.app(),
                  [flags, &registry](Cli& cli) { return RunBare(cli, registry, *flags); });
}

}  // namespace yap::app
