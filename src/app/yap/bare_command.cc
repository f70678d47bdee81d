// `yap` without a command: the screens; with --plain line by line.
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
};

Task<int> Plain(Cli& cli, std::string channel) {
  YAP_CO_TRY_VOID(cli.Prepare());
  co_return co_await RunChat(cli, channel.empty() ? std::string(kLobby) : channel, false);
}

Task<int> Screens(Cli& cli) {
  YAP_CO_TRY_VOID(cli.Prepare());
  co_return RunTui(cli);
}

Task<int> RunBare(Cli& cli, const Registry& registry, const BareFlags& flags) {
  if (flags.plain->count() > 0) co_return co_await Plain(cli, flags.channel);
  if (cli.env().in_is_terminal && cli.env().out_is_terminal && !cli.globals().no_input) {
    co_return co_await Screens(cli);
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
  for (CLI::App* command : registry.app().get_subcommands(nullptr)) command->excludes(flags->plain);
  registry.OnBare(registry.app(),
                  [flags, &registry](Cli& cli) { return RunBare(cli, registry, *flags); });
}

}  // namespace yap::app
