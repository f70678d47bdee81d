// yapd: the server. Reads the command line and hands over; one function per command.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/version.h"
#include "app/yapd/adapters.h"
#include "app/yapd/admin_cli.h"
#include "app/yapd/config.h"
#include "app/yapd/files.h"
#include "app/yapd/front.h"
#include "app/yapd/reachability.h"
#include "app/yapd/serve.h"
#include "base/log.h"
#include "store/sqlite/sqlite_store.h"
#include "unicode/names.h"

namespace yap::app {
namespace {

constexpr int kUsage = 2;

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

// Names of variables that are meant for us.
std::vector<std::string> Variables() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with("YAPD_")) names.emplace_back(text.substr(0, text.find('=')));
  }
  return names;
}

// A message may have several lines, a mistake each.
int Complain(const Error& error, int code = 1) {
  std::istringstream lines(error.message);
  for (std::string line; std::getline(lines, line);) fmt::print(stderr, "yapd: {}\n", line);
  return code;
}

// Every command that needs the configuration has the same flags.
struct Inputs {
  std::string file;
  std::map<std::string, std::string> flags;

  Result<LoadedConfig> Load() const { return LoadConfig({flags, Environment, file, Variables()}); }
};

std::string FlagNames(const Key& key) {
  return key.alias.empty() ? FlagOf(key) : fmt::format("{},{}", key.alias, FlagOf(key));
}

void AddConfigFlags(CLI::App& app, Inputs& inputs) {
  app.add_option("--config", inputs.file, "Configuration file (TOML).")->envname("YAPD_CONFIG");
  for (const Key& key : Keys()) {
    auto& flags = inputs.flags;
    const std::string name(key.name);
    if (std::holds_alternative<bool Config::*>(key.field)) {
      app.add_flag_callback(
          FlagNames(key), [&flags, name] { flags[name] = "true"; }, std::string(key.help));
    } else {
      app.add_option_function<std::string>(
          FlagNames(key), [&flags, name](const std::string& text) { flags[name] = text; },
          std::string(key.help));
    }
  }
}

// Prints what is wrong; false when something must be mended first.
bool Acceptable(const std::vector<Finding>& findings) {
  bool good = true;
  for (const Finding& finding : findings) {
    fmt::print(stderr, "yapd: {}{}\n", finding.error ? "" : "warning: ", finding.text);
    good = good && !finding.error;
  }
  return good;
}

int RunServe(const Inputs& inputs) {
  const auto config = inputs.Load();
  if (!config) return Complain(config.error(), kUsage);
  if (!Acceptable(CheckConfig(*config))) return kUsage;
  return Serve(*config, DataPaths(DataDir(config->values, Environment)),
               [&inputs] { return inputs.Load(); });
}

int RunCheckConfig(const Inputs& inputs, bool connect) {
  const auto config = inputs.Load();
  if (!config) return Complain(config.error(), kUsage);
  log::SetLevel(log::Level::kError);  // The findings are the answer.
  const auto findings = CheckConfig(*config);
  const bool good = Acceptable(findings);
  if (!Acceptable(WithPlaces(CheckFiles(config->values), *config)) || !good) return kUsage;
  const DataPaths paths(DataDir(config->values, Environment));
  if (connect && !Acceptable(WithPlaces(CheckReachable(config->values, paths), *config))) {
    return kUsage;
  }
  fmt::print("the configuration is good{}\n", findings.empty() ? "" : ", with warnings");
  return findings.empty() ? 0 : 1;
}

int RunConfigPrint(const Inputs& inputs, bool json) {
  const auto config = inputs.Load();
  if (!config) return Complain(config.error(), kUsage);
  fmt::print("{}", PrintConfig(*config, json));
  return 0;
}

int RunMigrate(const Inputs& inputs) {
  const auto config = inputs.Load();
  if (!config) return Complain(config.error(), kUsage);
  if (config->values.store_kind != "scylla") {
    fmt::print("nothing to do: only store.kind = scylla is migrated by hand\n");
    return 0;
  }
  log::SetLevel(log::Level::kError);
  IoThreads threads(1);
  const auto migrated = MigrateStore(config->values, threads);
  if (!migrated) return Complain(migrated.error());
  fmt::print("{}\n", *migrated);
  return 0;
}

int RunBackup(const Inputs& inputs, const std::string& file, bool overwrite) {
  const auto config = inputs.Load();
  if (!config) return Complain(config.error(), kUsage);
  const DataPaths paths(DataDir(config->values, Environment));
  if (auto done = store::Backup(paths.database, file, {.overwrite = overwrite}); !done) {
    if (done.error().reason == "BACKUP_SOURCE_MISSING") {
      done.error().message +=
          "; --data names the server's folder (of the systemd unit: /var/lib/yapd)";
    }
    return Complain(done.error());
  }
  fmt::print("backup of {} is in {}, checked\n", paths.database.string(), file);
  return 0;
}

int RunRestore(const Inputs& inputs, const std::string& file) {
  const auto config = inputs.Load();
  if (!config) return Complain(config.error(), kUsage);
  const DataPaths paths(DataDir(config->values, Environment));
  std::error_code none;
  if (std::filesystem::exists(file, none)) {  // A mistyped one makes no folder.
    if (auto made = MakeDataDirectory(paths.directory); !made) return Complain(made.error());
  }
  const auto restored = store::Restore(file, paths.database);
  if (!restored) return Complain(restored.error());
  fmt::print(
      "restored {} users, {} channels and {} events; clients will be told of the new epoch\n",
      restored->info.users, restored->info.channels, restored->info.events);
  if (!restored->kept.empty()) {
    fmt::print("the former database is kept as {}\n", restored->kept.string());
  }
  return 0;
}

int RunVersion(bool json) {
  if (json) {
    fmt::print("{}\n", nlohmann::json{{"name", "yapd"}, {"version", kVersion}}.dump());
  } else {
    fmt::print("yapd {}\n", kVersion);
  }
  return 0;
}

// Examples first: they are what most people look for.
class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    const std::string examples = app->get_footer();
    return (examples.empty() ? "" : examples + "\n") +
           CLI::Formatter::make_help(app, std::move(name), mode);
  }
  std::string make_footer(const CLI::App*) const override { return {}; }
};

constexpr char kServeExamples[] = R"(Examples:
  yapd serve
  yapd serve --listen 0.0.0.0:7676 --tls-cert-file chain.pem --tls-key-file key.pem
  yapd serve --config /etc/yap/yapd.toml
)";
constexpr char kCheckExamples[] = R"(Examples:
  yapd check-config --config /etc/yap/yapd.toml
  yapd check-config --config /etc/yap/yapd.toml --connect
)";
constexpr char kPrintExamples[] = R"(Examples:
  yapd config print
  yapd config print --config /etc/yap/yapd.toml --json
)";
constexpr char kMigrateExamples[] = R"(Examples:
  yapd migrate --store-kind scylla --store-scylla-hosts db1,db2
)";
constexpr char kBackupExamples[] = R"(Examples:
  yapd backup /var/backups/yap.db
  yapd backup /var/backups/yap.db --overwrite --data /srv/yap
)";
constexpr char kRestoreExamples[] = R"(Examples:
  yapd restore /var/backups/yap.db
)";

constexpr char kExamples[] = R"(yapd, the server of yap: group chat that loses nothing.

Examples:
  yapd serve                                     on 127.0.0.1:7676, data in ~/.local/state/yapd
  yapd serve --listen 0.0.0.0:7676 --tls-cert-file chain.pem --tls-key-file key.pem
  yapd admin user add ada --admin                with the server running or not
  yapd admin invite create --uses 10
  yapd backup /var/backups/yap.db                while it serves
  yapd config print                              every setting and where it came from
  yapd serve --role chat --cluster-secret-file k --bus-kind none    a chat-service
  yapd serve --role api --cluster-chat-services 127.0.0.1:7678 …    a gateway before it
)";

// The command line, and what runs when it is parsed.
class CommandLine {
 public:
  CommandLine() : app_(kExamples, "yapd") {
    app_.require_subcommand(1);
    app_.formatter(std::make_shared<HelpFormatter>());
    app_.set_version_flag("--version", std::string(), "Print the version.");
    app_.set_help_all_flag("--help-all", "Help of all commands.");
    AddServing();
    AddFiles();
    AddAdmin(
        app_, [this](CLI::App& command) { AddConfigFlags(command, inputs_); },
        [this](auto request, bool json) { run_ = [=, this] { return Admin(request, json); }; });
    auto* version = Command(app_, "version", "Print the version.", false);
    version->add_flag("--json", json_, "As JSON.");
    version->callback([this] { run_ = [this] { return RunVersion(json_); }; });
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::CallForVersion&) {
      return RunVersion(false);
    } catch (const CLI::ParseError& error) {
      const CLI::App& last = LastCommand();
      if (const auto extras = last.remaining(); HasCommands(last) && !extras.empty()) {
        return Complain(NoSuchCommand(last, extras.front()), kUsage);
      }
      const int code = app_.exit(error);
      return code == 0 ? 0 : kUsage;
    }
    return run_();
  }

 private:
  // The one that the words led to, as far as they are commands.
  const CLI::App& LastCommand() const {
    const CLI::App* last = &app_;
    while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
    return *last;
  }
  static bool HasCommands(const CLI::App& app) { return !app.get_subcommands(nullptr).empty(); }

  static Error NoSuchCommand(const CLI::App& parent, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* command : parent.get_subcommands(nullptr)) {
      names.push_back(command->get_name());
    }
    const auto nearest = unicode::Nearest(word, names);
    return MakeError(
        Errc::kInvalidArgument, "USAGE",
        fmt::format("'{}' has no command '{}'{}", parent.get_name(), word,
                    nearest ? fmt::format("; did you mean '{}'?", *nearest) : "; see its --help"));
  }

  CLI::App* Command(CLI::App& parent, const char* name, const char* help, bool configured = true) {
    auto* command = parent.add_subcommand(name, help);
    if (configured) AddConfigFlags(*command, inputs_);
    return command;
  }

  void AddServing() {
    auto* serve = Command(app_, "serve", "Serve clients until SIGTERM.");
    serve->footer(kServeExamples);
    serve->callback([this] { run_ = [this] { return RunServe(inputs_); }; });
    auto* check = Command(app_, "check-config",
                          "Say what is wrong with the configuration: 0 good, 1 warnings, 2 bad.");
    check->footer(kCheckExamples);
    check->add_flag("--connect", connect_, "Also say what cannot be reached.");
    check->callback([this] { run_ = [this] { return RunCheckConfig(inputs_, connect_); }; });
    auto* config = app_.add_subcommand("config", "Show the configuration.");
    config->require_subcommand(1);
    auto* print = Command(*config, "print", "Print every key, its value and where it came from.");
    print->footer(kPrintExamples);
    print->add_flag("--json", json_, "As JSON.");
    print->callback([this] { run_ = [this] { return RunConfigPrint(inputs_, json_); }; });
    auto* docs = Command(*config, "docs", "Print docs/configuration.md.", false);
    docs->group("");
    docs->callback([this] {
      run_ = [] {
        fmt::print("{}", ConfigDocs());
        return 0;
      };
    });
  }

  void AddFiles() {
    auto* migrate = Command(app_, "migrate",
                            "Bring the tables of store.kind = scylla to this version's schema.");
    migrate->footer(kMigrateExamples);
    migrate->callback([this] { run_ = [this] { return RunMigrate(inputs_); }; });
    auto* backup = Command(app_, "backup", "Copy the database to FILE, while it is in use or not.");
    backup->footer(kBackupExamples);
    backup->add_option("FILE", file_, "Where the copy goes.")->required();
    backup->add_flag("--overwrite", overwrite_, "Replace an existing FILE.");
    backup->callback([this] { run_ = [this] { return RunBackup(inputs_, file_, overwrite_); }; });
    auto* restore =
        Command(app_, "restore", "Put a backup in the place of the database; server stopped.");
    restore->footer(kRestoreExamples);
    restore->add_option("FILE", file_, "The backup.")->required();
    restore->callback([this] { run_ = [this] { return RunRestore(inputs_, file_); }; });
  }

  int Admin(const AdminInvocation& invocation, bool json) {
    const auto config = inputs_.Load();
    if (!config) return Complain(config.error(), kUsage);
    return RunAdminCommand(config->values, DataPaths(DataDir(config->values, Environment)),
                           invocation, json);
  }

  CLI::App app_;
  Inputs inputs_;
  bool json_ = false;
  bool connect_ = false;
  bool overwrite_ = false;
  std::string file_;
  std::function<int()> run_;
};

}  // namespace
}  // namespace yap::app

int main(int argc, char** argv) { return yap::app::CommandLine().Run(argc, argv); }
