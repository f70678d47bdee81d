#include "app/yap/manual_page.h"

#include <fmt/format.h>

#include <string_view>

#include "tui/keys/manual.h"

namespace yap::app {
namespace {

constexpr std::string_view kExitStatus = R"(.SH EXIT STATUS
.TP
.B 0
Done; for \fBsend\fR: the message is on the server's disk.
.TP
.B 1
Refused, or an error of this machine; standard error says which.
.TP
.B 2
The command line is wrong.
.TP
.B 3
Not logged in, or the session has ended.
.TP
.B 4
No such channel, user or session.
.TP
.B 5
The server cannot be reached; nothing was stored.
.TP
.B 6
\fBsend\fR only: unknown whether it was stored; repeat it with the printed key.
.TP
.B 130
Interrupted.
)";

constexpr std::string_view kFiles = R"(.SH FILES
.TP
.I $XDG_CONFIG_HOME/yap/config.toml
Settings; none is needed.
.TP
.I $XDG_DATA_HOME/yap/credentials.toml
Tokens for each server, readable by you alone; never a password.
.TP
.I $XDG_STATE_HOME/yap/
Messages that are not sent yet, drafts, what was typed, the newest messages of each channel.
.SH ENVIRONMENT
.TP
.B YAP_SERVER
The server, where \fB\-\-server\fR does not name one.
.TP
.B NO_COLOR
Not empty: no colours.
.TP
.B EDITOR
Edits a message (Ctrl+E).
)";

void AppendOptions(std::string& out, const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string value = option->get_type_size() != 0 && !option->get_positional()
                                  ? " " + option->get_type_name()
                                  : "";
    fmt::format_to(std::back_inserter(out), ".TP\n\\fB{}\\fR{}\n{}\n",
                   tui::Roff(option->get_name(option->get_positional())), tui::Roff(value),
                   tui::Roff(option->get_description()));
  }
}

void AppendCommand(std::string& out, const CLI::App& command, const std::string& under) {
  const std::string name = under + " " + command.get_name();
  const auto parts = command.get_subcommands(nullptr);
  if (parts.empty()) {
    fmt::format_to(std::back_inserter(out), ".SS {}\n{}.\n", tui::Roff(name),
                   tui::Roff(command.get_description()));
    AppendOptions(out, command);
    fmt::format_to(std::back_inserter(out), ".PP\n.nf\n{}.fi\n", tui::Roff(command.get_footer()));
  }
  for (const CLI::App* part : parts) AppendCommand(out, *part, name);
}

}  // namespace

std::string ManualPage(const CLI::App& app, const std::string& version) {
  std::string out = fmt::format(
      ".TH YAP 1 \"\" \"yap {}\" \"User commands\"\n.SH NAME\nyap \\- group chat in the terminal\n"
      ".SH SYNOPSIS\n.B yap\n[\\fIoptions\\fR]\n.br\n.B yap\n\\fIcommand\\fR [\\fIoptions\\fR]\n"
      ".SH DESCRIPTION\nWithout a command\n.B yap\nopens its screens: log in, your channels, and "
      "what is said in them. With a command it does one thing, for the shell and for scripts.\n"
      ".SH OPTIONS\n",
      tui::Roff(version));
  AppendOptions(out, app);
  out += ".SH COMMANDS\n";
  for (const CLI::App* command : app.get_subcommands(nullptr)) AppendCommand(out, *command, "yap");
  out += tui::ManualSection();
  out += kExitStatus;
  out += kFiles;
  return out;
}

}  // namespace yap::app
