#include "app/yapd/admin_cli.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/yapd/admin_socket.h"
#include "base/log.h"

namespace yap::app {
namespace {

// The words and flags of one command while they are parsed.
struct Parsing {
  AdminInvocation invocation;
  bool json = false;
};

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

void AddFlag(CLI::App& app, std::string_view flag, const std::shared_ptr<Parsing>& parsing) {
  const std::string name(flag.substr(0, flag.find('=')));
  auto& flags = parsing->invocation.request.flags;
  if (!flag.contains('=')) {
    app.add_flag_callback("--" + name, [&flags, name] { flags.push_back(name); });
    return;
  }
  app.add_option_function<std::string>(
         "--" + name,
         [&flags, name](const std::string& value) { flags.push_back(name + "=" + value); })
      ->type_name(std::string(flag.substr(flag.find('=') + 1)));
}

std::string SomeValue(const std::string& argument) {
  if (argument == "NAME" || argument == "USER") return "ada";
  if (argument == "CHANNEL") return "kitchen";
  return argument == "ROLE" ? "moderator" : argument;
}

std::string ExampleOf(const AdminCommand& command) {
  std::string line(command.words);
  for (const std::string& argument : Words(command.arguments)) line += " " + SomeValue(argument);
  const std::string_view file = command.needs_password ? " --password-file FILE" : "";
  return fmt::format("Examples:\n  yapd admin {}\n  yapd admin {}{} --json --data /srv/yap\n", line,
                     line, file);
}

void AddCommand(CLI::App& group, const AdminCommand& command, const std::string& verb,
                const std::function<void(CLI::App&)>& configure,
                const std::function<void(const AdminInvocation&, bool)>& chosen) {
  auto* app = group.add_subcommand(verb, std::string(command.help));
  app->footer(ExampleOf(command));
  auto parsing = std::make_shared<Parsing>();
  AdminInvocation& invocation = parsing->invocation;
  invocation.request.command = Words(command.words);
  invocation.needs_password = command.needs_password;
  const auto arguments = Words(command.arguments);
  invocation.request.arguments.resize(arguments.size());
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    app->add_option(arguments[i], invocation.request.arguments[i])->required();
  }
  for (const auto flag : command.flags) AddFlag(*app, flag, parsing);
  if (command.needs_password) {
    app->add_option("--password-file", invocation.password_file,
                    "File whose first line is the password; '-' for standard input.");
  }
  app->add_flag("--json", parsing->json, "Answer as JSON.");
  configure(*app);
  app->callback([parsing, chosen] { chosen(parsing->invocation, parsing->json); });
}

// Echo off while it lives.
class Hidden {
 public:
  Hidden() {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Hidden() { ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_); }

 private:
  termios before_{};
};

Result<Secret> FirstLine(std::istream& in, const std::string& name) {
  std::string line;
  if (!std::getline(in, line)) {
    return Fail(Errc::kInvalidArgument, "USAGE", fmt::format("no password in {}", name));
  }
  if (line.ends_with('\r')) line.pop_back();
  return Secret(std::move(line));
}

// A mistyped --data must not look like a server that nobody is on. The first account is where a new
// server may begin.
Result<> CheckServerIsThere(const Config& config, const DataPaths& paths,
                            const AdminRequest& request) {
  std::error_code ignored;
  if (config.store_kind != "sqlite" || std::filesystem::exists(paths.database, ignored)) return {};
  if (request.command == std::vector<std::string>{"user", "add"}) {
    fmt::print(stderr, "yapd: {} did not exist; this makes a new server there\n",
               paths.database.string());
    return {};
  }
  return Fail(Errc::kNotFound, "NO_DATABASE",
              fmt::format("there is no server's data in {}: {} does not exist; is --data right?",
                          paths.directory.string(), paths.database.filename().string()));
}

Result<nlohmann::json> CarryOut(const Config& config, const DataPaths& paths,
                                AdminRequest request) {
  // A server that runs does it, whatever its store: it then knows at once.
  std::error_code hidden;
  const bool may_run = std::filesystem::exists(paths.admin_socket, hidden);
  if (hidden) {
    return Fail(Errc::kPermissionDenied, "DATA_HIDDEN",
                fmt::format("cannot look into {}: {}; a service's folder is for root: sudo yapd …",
                            paths.directory.string(), hidden.message()));
  }
  if (may_run) {
    auto answer = AskAdminSocket(paths.admin_socket, request);
    if (answer || answer.error().reason != kAdminSocketLeft) return answer;
  }
  YAP_TRY_VOID(CheckServerIsThere(config, paths, request));
  auto node = Node::Open(config, paths);
  if (!node) {
    if (node.error().reason == "STORE_LOCKED") return AskAdminSocket(paths.admin_socket, request);
    return std::unexpected(std::move(node).error());
  }
  const AdminPorts ports{(*node)->accounts(), (*node)->channels(), (*node)->store().channels(),
                         (*node)->store().users()};
  return BlockOn((*node)->threads(), RunAdmin(ports, std::move(request),
                                              Deadline::After(SystemClock(), kAdminCommandTime)));
}

}  // namespace

void AddAdmin(CLI::App& app, const std::function<void(CLI::App&)>& configure,
              std::function<void(const AdminInvocation&, bool json)> chosen) {
  auto* admin = app.add_subcommand(
      "admin", "Accounts, sessions, channels and invitations; with the server running or not.");
  admin->require_subcommand(1);
  std::map<std::string, CLI::App*> groups;
  for (const AdminCommand& command : AdminCommands()) {
    const auto words = Words(command.words);
    CLI::App*& group = groups[words[0]];
    if (group == nullptr) {
      group = admin->add_subcommand(words[0], fmt::format("Commands about {}s.", words[0]));
      group->require_subcommand(1);
    }
    AddCommand(*group, command, words[1], configure, chosen);
  }
}

Result<Secret> ReadPassword(const std::string& file) {
  if (file == "-") return FirstLine(std::cin, "standard input");
  if (!file.empty()) {
    std::ifstream in(file);
    if (!in) return Fail(Errc::kInvalidArgument, "USAGE", fmt::format("cannot read {}", file));
    return FirstLine(in, file);
  }
  if (::isatty(STDIN_FILENO) == 0) {
    return Fail(Errc::kInvalidArgument, "USAGE",
                "no terminal to ask for the password: use --password-file FILE, or - for standard "
                "input");
  }
  std::cerr << "Password: ";
  Hidden hidden;
  auto password = FirstLine(std::cin, "your answer");
  std::cerr << "\n";
  return password;
}

int RunAdminCommand(const Config& config, const DataPaths& paths, AdminInvocation invocation,
                    bool json) {
  log::SetLevel(log::Level::kError);
  if (invocation.needs_password) {
    auto password = ReadPassword(invocation.password_file);
    if (!password) {
      fmt::print(stderr, "yapd: {}\n", password.error().message);
      return 2;
    }
    invocation.request.password = *std::move(password);
  }
  const auto answer = CarryOut(config, paths, std::move(invocation.request));
  if (!answer) {
    fmt::print(stderr, "yapd: {}\n", answer.error().message);
    return answer.error().reason == "USAGE" ? 2 : 1;
  }
  fmt::print("{}", json ? answer->dump() + "\n" : AdminText(*answer));
  return 0;
}

}  // namespace yap::app
