#include <fmt/format.h>
#include <asio/io_context.hpp>

#include <algorithm>
#include <ostream>

#include "app/yap/registry.h"
#include "unicode/names.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

int Usage(Environment& env, const std::string& what, const std::string& help) {
  env.err << "yap: " << unicode::Visible(what) << "; see `" << help << "`\n";
  return kExitUsage;
}

// The command the line speaks of, as far as it was understood.
std::string HelpOf(const CLI::App& app) {
  std::string line = "yap";
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    line += " " + at->get_name();
  }
  return line + " --help";
}

// "frobnicate" is no command: the nearest that is.
std::string NoSuchCommand(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands(nullptr)) names.push_back(command->get_name());
  const auto nearest = unicode::Nearest(word, names);
  return fmt::format("there is no command \"{}\"{}", word,
                     nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "");
}

// What stands where a command belongs and is none.
std::optional<std::string> StrayWord(const CLI::App& app) {
  const auto extras = app.remaining();
  if (!app.get_subcommands().empty() || extras.empty()) return {};
  return extras.front().starts_with('-') ? std::optional<std::string>() : extras.front();
}

int ParseFailed(Environment& env, const CLI::App& app, const CLI::ParseError& failure) {
  if (const auto word = StrayWord(app)) {
    return Usage(env, NoSuchCommand(app, *word), "yap --help");
  }
  std::string what = failure.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return Usage(env, what, HelpOf(app));
}

// Answers an exit code where the line itself is the answer (help) or wrong.
std::optional<int> Parse(const std::vector<std::string>& args, Registry& registry,
                         Environment& env) {
  try {
    registry.app().parse(std::vector<std::string>(args.rbegin(), args.rend()));
    return {};
  } catch (const CLI::CallForVersion&) {
    return WriteOut(env.out, fmt::format("yap {}\n", env.version)) ? kExitOk : kExitError;
  } catch (const CLI::CallForHelp&) {
    if (const auto word = StrayWord(registry.app())) {
      return Usage(env, NoSuchCommand(registry.app(), *word), "yap --help");
    }
    return WriteOut(env.out, registry.app().help()) ? kExitOk : kExitError;
  } catch (const CLI::ParseError& failure) {
    return ParseFailed(env, registry.app(), failure);
  }
}

// A command that did all it should, but for what it was to print, has failed.
Task<int> RunToTheEnd(Cli& cli, Handler handler) {
  YAP_CO_TRY(const int code, co_await handler(cli));
  YAP_CO_TRY_VOID(cli.output());
  co_return code;
}

asio::awaitable<void> RunHandler(asio::io_context& io, Cli& cli, Handler handler, int& exit_code) {
  const auto result = co_await RunToTheEnd(cli, std::move(handler));
  exit_code = result ? *result : cli.Explain(result.error());
  io.stop();  // Calls and waits that nobody needs any more end here.
}

}  // namespace

int RunYap(const std::vector<std::string>& args, Environment& env) {
  Registry registry;
  AddAllCommands(registry);
  if (const auto answered = Parse(args, registry, env)) return *answered;
  const Handler handler = registry.Parsed();
  if (!handler) return Usage(env, "a command is missing", HelpOf(registry.app()));
  asio::io_context io(1);
  int exit_code = kExitError;
  Cli cli(env, registry.globals(), io.get_executor());
  Spawn(io.get_executor(), RunHandler(io, cli, handler, exit_code));
  io.run();
  return exit_code;
}

}  // namespace yap::app
