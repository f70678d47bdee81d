#include "app/yap/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace yap::app {
namespace {

// Examples first: they are what most people look for.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    return app->get_footer() + "\n" + CLI::Formatter::make_help(app, std::move(name), mode);
  }
  std::string make_footer(const CLI::App*) const override { return {}; }
  std::string make_option_usage(const CLI::Option* option) const override {
    std::string usage = option->get_name(true);
    if (option->get_expected_max() > 1) usage += "…";
    return option->get_required() ? usage : "[" + usage + "]";
  }
  // What is required, and what excludes what, the usage line and the descriptions say.
  std::string make_option_opts(const CLI::Option* option) const override {
    const bool takes_value = !option->get_positional() && option->get_type_size() != 0;
    return takes_value ? " " + option->get_type_name() : std::string();
  }
};

std::string Examples(const std::vector<std::string>& lines) {
  std::string text = "Examples:\n";
  for (const auto& line : lines) text += "  " + line + "\n";
  return text;
}

void AddGlobals(CLI::App& app, Globals& globals) {
  app.add_option("--server", globals.server,
                 "The server: HOST:PORT, http://… or https://… ($YAP_SERVER, or `server` in the "
                 "configuration; default 127.0.0.1:7676)")
      ->type_name("URL");
  app.add_option("--timeout", globals.timeout_s, "Give up after this many seconds (default 10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.1, 86400.0).description(""));
  app.add_flag("--json", globals.json, "Print JSON Lines");
  app.add_flag("--no-input", globals.no_input, "Never ask; fail where an answer is needed");
  app.add_flag("-q,--quiet", globals.quiet, "Say nothing but errors");
  app.add_flag("--no-color", globals.no_color, "No colours (also: NO_COLOR in the environment)");
}

}  // namespace

CLI::Validator WholeNumber(std::uint64_t max) {
  return CLI::Validator(
      [max](const std::string& text) {
        std::uint64_t value = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool good = failed == std::errc() && end == text.data() + text.size() && value <= max;
        return good ? std::string() : fmt::format("\"{}\" is no whole number up to {}", text, max);
      },
      "");
}

Registry::Registry() : app_("Group chat in the terminal.", "yap") {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.set_help_flag("-h,--help", "Print this help");
  app_.set_version_flag("--version", std::string(), "Print the version");
  app_.require_subcommand(0, 1);
  app_.fallthrough();
  app_.footer(Examples({"yap                               # the screens; also to make an account",
                        "yap --plain lobby                 # talk line by line",
                        "yap send lobby 'hello'            # one message",
                        "make 2>&1 | yap send builds -     # from a pipe",
                        "yap tail lobby --json             # follow, for scripts"}) +
              "\nExit codes: 0 ok, 1 error, 2 usage, 3 not logged in, 4 not found, 5 unreachable,\n"
              "6 outcome unknown (repeat with the printed key), 130 interrupted.\n");
  AddGlobals(app_, globals_);
}

CLI::App& Registry::Add(const std::string& name, const std::string& summary,
                        const std::vector<std::string>& examples, CLI::App* under) {
  CLI::App& command = *(under ? under : &app_)->add_subcommand(name, summary);
  command.footer(Examples(examples));
  command.fallthrough();
  return command;
}

namespace {

Task<int> PrepareAndRun(Cli& cli, Handler handler) {
  YAP_CO_TRY_VOID(cli.Prepare());
  co_return co_await handler(cli);
}

}  // namespace

void Registry::On(const CLI::App& command, Handler handler) {
  OnBare(command, [handler = std::move(handler)](Cli& cli) { return PrepareAndRun(cli, handler); });
}

Handler Registry::Parsed() const {
  const CLI::App* at = &app_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  const auto found = handlers_.find(at);
  return found == handlers_.end() ? Handler() : found->second;
}

void AddAllCommands(Registry& registry) {
  AddChatCommand(registry);
  AddSendCommand(registry);
  AddTailCommand(registry);
  AddHistoryCommand(registry);
  AddChannelCommands(registry);
  AddMemberCommands(registry);
  AddAccountCommands(registry);
  AddSessionCommands(registry);
  AddDoctorCommand(registry);
  AddCompletionsCommand(registry);
  AddManualCommand(registry);
  AddVersionCommand(registry);
  AddBareCommand(registry);
}

}  // namespace yap::app
