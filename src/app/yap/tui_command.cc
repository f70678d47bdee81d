// The screens of `yap`: configuration, terminal, network and pages wired together.
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "app/yap/registry.h"
#include "client/network.h"
#include "client/private_file.h"
#include "tui/pages/app.h"
#include "tui/terminal/mark.h"

namespace yap::app {
namespace {

constexpr int kExitTerminated = 143;  // As a shell counts SIGTERM.
constexpr int kExitHungUp = 129;      // And SIGHUP.

// What libraries say on stderr would tear the screen: meanwhile it goes to a file, new with each
// run.
class StderrToFile {
 public:
  explicit StderrToFile(const std::filesystem::path& file)
      : before_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    const client::Fd log(::open(file.c_str(), kFlags, 0600));
    if (log) ::dup2(log.get(), STDERR_FILENO);
  }
  ~StderrToFile() { ::dup2(before_.get(), STDERR_FILENO); }
  StderrToFile(const StderrToFile&) = delete;
  StderrToFile& operator=(const StderrToFile&) = delete;

 private:
  const client::Fd before_;
};

tui::Depth DepthOf(Cli& cli) {
  if (cli.globals().no_color) return tui::Depth::kNone;
  const auto variable = [&](std::string_view name) { return cli.env().getenv(name).value_or(""); };
  return tui::DepthOf({.no_color = variable("NO_COLOR"),
                       .colorterm = variable("COLORTERM"),
                       .term = variable("TERM")});
}

// A text in TOML's quotes.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// Before everything that is in the file: a key after a table would belong to it. A link stays one:
// what it leads to is written.
std::string RememberServer(const std::filesystem::path& named, const std::string& server) {
  std::error_code dangling;
  const auto target = std::filesystem::canonical(named, dangling);
  const auto& file = dangling ? named : target;
  const auto write = [&]() -> Result<> {
    YAP_TRY(const auto before, client::ReadLinkedFile(file));
    return client::WritePrivateFile(
        file, fmt::format("server = {}\n{}", Quoted(server), before.value_or("")),
        client::Durable::kYes);
  };
  const auto written = write();
  if (!written) return "The server is not remembered: " + written.error().message;
  return fmt::format("The server is written down in {}", named.string());
}

bool ServerIsKnown(Cli& cli) {
  return cli.config().server || !cli.globals().server.empty() ||
         !cli.env().getenv("YAP_SERVER").value_or("").empty();
}

client::NetworkOptions NetworkOf(Cli& cli) {
  return {.paths = cli.paths(),
          .server = cli.server(),
          .clock = cli.env().clock,
          .random = cli.env().random,
          .connect = [&cli](const client::ServerAddress& server) { return cli.Connect(server); }};
}

// What config.toml says of keys and colours.
struct Look {
  tui::Keymap keymap;
  tui::Theme theme;
};

Result<Look> ReadLook(Cli& cli) {
  const auto& file = cli.paths().config_file;
  YAP_TRY(const auto text, client::ReadLinkedFile(file));
  YAP_TRY(auto keymap, tui::Keymap::Read(text.value_or(""), file.string()));
  const tui::ThemeOptions options{.theme = cli.config().theme, .depth = DepthOf(cli)};
  YAP_TRY(auto theme, tui::Theme::Read(text.value_or(""), file.string(), options));
  return Look{std::move(keymap), std::move(theme)};
}

tui::AppOptions AppOf(Cli& cli, Look look, client::Network& network, std::string open_first) {
  return {.config = cli.config(),
          .keymap = std::move(look.keymap),
          .theme = std::move(look.theme),
          .server = cli.server().Name(),
          .name = "",
          .server_known = ServerIsKnown(cli),
          .open_first = std::move(open_first),
          .clock = cli.env().clock,
          .execute = [&network](auto commands) { return network.Do(std::move(commands)); },
          .take = [&network] { return network.Take(); },
          .new_key = [&cli] { return cli.NewKey(); },
          .remember_server = [file = cli.paths().config_file](
                                 const auto& server) { return RememberServer(file, server); }};
}

int ExitOf(tui::Ended ended) {
  switch (ended) {
    case tui::Ended::kAsked:
      return kExitOk;
    case tui::Ended::kTerminated:
      return kExitTerminated;
    case tui::Ended::kGone:
      return kExitHungUp;
  }
  return kExitError;
}

void SayWhatWaits(Cli& cli, std::size_t count) {
  if (count == 0) return;
  cli.Say(fmt::format("yap: not sent yet: {} of your messages; the next `yap` sends them", count));
}

}  // namespace

Result<int> RunTui(Cli& cli, std::string open_first) {
  YAP_TRY(auto look, ReadLook(cli));
  const char* name = ::ttyname(STDIN_FILENO);
  YAP_TRY(const auto mark, tui::TerminalMark::Set(cli.paths().state, name ? name : ""));
  tui::Mode mode(STDIN_FILENO, STDOUT_FILENO);
  if (mark.was_left()) mode.Repair();
  std::size_t waiting = 0;
  int code = kExitOk;
  {
    const StderrToFile quiet(cli.paths().state / "yap.log");
    tui::Loop loop(cli.env().clock);  // Before the network: its thread leaves our signals alone.
    client::Network network(NetworkOf(cli), [&loop] { loop.Wake(); });
    tui::App app(AppOf(cli, std::move(look), network, std::move(open_first)));
    if (mark.was_left())
      app.Say("yap was killed here; `reset` mends a terminal that is odd", false);
    code = ExitOf(loop.Run(app, mode, cli.config().mouse));
    waiting = app.model().queued();
    mode.Leave();
  }
  SayWhatWaits(cli, waiting);
  return code;
}

}  // namespace yap::app
