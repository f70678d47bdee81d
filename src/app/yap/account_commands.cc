// register, login, logout, auth status.
#include <fmt/format.h>

#include "app/yap/event_text.h"
#include "app/yap/password.h"
#include "app/yap/registry.h"
#include "client/event_cache.h"
#include "client/login.h"
#include "unicode/sanitize.h"

namespace yap::app {
namespace {

struct AccountFlags {
  std::string name;
  PasswordSource password;
  std::string invite_file;
};

Task<int> Welcome(Cli& cli, client::Account account, std::string_view did) {
  YAP_CO_TRY(auto* session, cli.session());
  YAP_CO_TRY_VOID(co_await client::LogInAs(*session, std::move(account), cli.deadline()));
  YAP_CO_TRY(const auto who, session->Who());
  if (cli.globals().json) {
    cli.Data(JsonLine({{"user", who.username},
                       {"user_id", std::to_string(who.user_id)},
                       {"server", cli.server().Name()}}));
  }
  cli.Say(
      fmt::format("{} {} on {}; talk: `yap chat lobby`", did, who.username, cli.server().Name()));
  co_return kExitOk;
}

Task<int> Register(Cli& cli, AccountFlags flags) {
  client::Account account{.name = flags.name, .password = {}, .create = true, .invite = {}};
  YAP_CO_TRY(account.password, ReadPassword(cli, flags.password, "New password: "));
  if (!flags.invite_file.empty()) {
    YAP_CO_TRY(const auto code, ReadPassword(cli, {.file = flags.invite_file}, ""));
    account.invite = code.Reveal();
  }
  auto done = co_await Welcome(cli, std::move(account), "registered and logged in as");
  if (!done && done.error().reason == "INVITE_REQUIRED") {
    done.error().message = fmt::format(
        "registration needs an invite code: ask the administrator for one (`yapd admin invite "
        "create`), put it into a file, then `yap register {} --invite-file FILE`",
        flags.name);
  }
  co_return done;
}

// The name to log in with: given, or that of the credentials there are.
Result<std::string> LoginName(Cli& cli, client::Session& session, const std::string& given) {
  if (!given.empty()) return given;
  if (const auto who = session.Who()) return who->username;
  return Fail(Errc::kInvalidArgument, "NAME_MISSING",
              fmt::format("who are you on {}? Run `yap login NAME`", cli.server().Name()));
}

Task<int> Login(Cli& cli, AccountFlags flags) {
  YAP_CO_TRY(auto* session, cli.session());
  client::Account account;
  YAP_CO_TRY(account.name, LoginName(cli, *session, flags.name));
  YAP_CO_TRY(account.password,
             ReadPassword(cli, flags.password,
                          fmt::format("Password of {}: ", unicode::Visible(account.name))));
  co_return co_await Welcome(cli, std::move(account), "logged in as");
}

struct PasswordFlags {
  PasswordSource old_one;
  PasswordSource new_one{.file = {}, .confirm = true};
};

Task<int> ChangePassword(Cli& cli, PasswordFlags flags) {
  YAP_CO_TRY(auto* session, cli.session());
  YAP_CO_TRY_VOID(session->Who());
  YAP_CO_TRY(const auto old_one, ReadPassword(cli, flags.old_one, "Password so far: "));
  YAP_CO_TRY(const auto new_one, ReadPassword(cli, flags.new_one, "New password: "));
  v1::ChangePasswordRequest request;
  request.set_old_password(std::string(old_one.Reveal()));
  request.set_new_password(std::string(new_one.Reveal()));
  YAP_CO_TRY(const auto answer, co_await cli.Call(client::kChangePassword, std::move(request)));
  if (cli.globals().json) cli.Data(JsonLine({{"sessions_ended", answer.sessions_ended()}}));
  cli.Say(fmt::format("the password is changed; {} other session{} ended", answer.sessions_ended(),
                      answer.sessions_ended() == 1 ? " has" : "s have"));
  co_return kExitOk;
}

// The credentials are forgotten even where the server cannot be told.
Task<int> Logout(Cli& cli) {
  YAP_CO_TRY(auto* session, cli.session());
  YAP_CO_TRY(const auto who, session->Who());
  const auto told = co_await client::LogOutOf(*session, cli.deadline());
  if (!told && session->Who()) co_return Fail(told.error());
  client::RemoveEventCache(
      client::EventCacheFolder(cli.paths().state, cli.server().Name(), who.username));
  if (!told) {
    cli.Say(
        fmt::format("the credentials of {} are deleted here, but the server was not told: {}. "
                    "The session ends by itself after 30 days, or with `yap sessions revoke`.",
                    who.username, told.error().message));
    co_return ExitCode(told.error());
  }
  cli.Say(fmt::format("logged {} out of {}", who.username, cli.server().Name()));
  co_return kExitOk;
}

Task<int> AuthStatus(Cli& cli) {
  YAP_CO_TRY(auto* session, cli.session());
  YAP_CO_TRY(const auto who, session->Who());
  YAP_CO_TRY(const auto answer, co_await cli.Call(client::kWhoAmI, {}));
  const std::string file = cli.paths().credentials_file.string();
  if (cli.globals().json) {
    cli.Data(JsonLine({{"server", cli.server().Name()},
                       {"user", answer.user().username()},
                       {"user_id", std::to_string(answer.user().id())},
                       {"session_id", std::to_string(answer.session().id())},
                       {"admin", answer.admin()},
                       {"credentials", file}}));
    co_return kExitOk;
  }
  cli.Data(fmt::format("{} on {}{}", unicode::Visible(answer.user().username()),
                       cli.server().Name(), answer.admin() ? " (admin)" : ""));
  cli.Data(fmt::format("tokens in {}", file));
  co_return kExitOk;
}

void AddPasswordFile(CLI::App& command, AccountFlags& flags) {
  command
      .add_option("--password-file", flags.password.file,
                  "Read the password from the first line of FILE (- for stdin) instead of asking")
      ->type_name("FILE");
}

void AddRegister(Registry& registry) {
  auto flags = std::make_shared<AccountFlags>();
  flags->password.confirm = true;
  auto& command = registry.Add("register", "Create an account and log in",
                               {"yap register ada", "yap register ada --password-file secret.txt",
                                "pass show yap | yap register ada --password-file -"});
  command.add_option("NAME", flags->name, "Your name: a-z, 0-9, _ and -; it never changes")
      ->required()
      ->type_name("");
  AddPasswordFile(command, *flags);
  command
      .add_option("--invite-file", flags->invite_file,
                  "Read the invite code from FILE, where the server asks for one")
      ->type_name("FILE");
  registry.On(command, [flags](Cli& cli) { return Register(cli, *flags); });
}

void AddLogin(Registry& registry) {
  auto flags = std::make_shared<AccountFlags>();
  auto& command = registry.Add("login", "Log in on this device",
                               {"yap login ada", "yap login ada --server https://chat.example.org",
                                "pass show yap | yap login ada --password-file -"});
  command.add_option("NAME", flags->name, "Your name; default: who was logged in last")
      ->type_name("");
  AddPasswordFile(command, *flags);
  registry.On(command, [flags](Cli& cli) { return Login(cli, *flags); });
}

void AddPassword(Registry& registry) {
  auto flags = std::make_shared<PasswordFlags>();
  auto& command = registry.Add("password", "Change your password; ends your other sessions",
                               {"yap password", "yap password --old-file old --new-file new"});
  command
      .add_option("--old-file", flags->old_one.file,
                  "Read the password so far from the first line of FILE instead of asking")
      ->type_name("FILE");
  command
      .add_option("--new-file", flags->new_one.file,
                  "Read the new password from the first line of FILE instead of asking")
      ->type_name("FILE");
  registry.On(command, [flags](Cli& cli) { return ChangePassword(cli, *flags); });
}

}  // namespace

void AddAccountCommands(Registry& registry) {
  AddRegister(registry);
  AddLogin(registry);
  AddPassword(registry);
  registry.On(registry.Add("logout", "End this device's session", {"yap logout"}), Logout);
  auto& auth = registry.Add("auth", "Who is logged in", {"yap auth status"});
  auth.require_subcommand(1);
  registry.On(registry.Add("status", "Show who is logged in, and where the tokens are",
                           {"yap auth status", "yap auth status --json"}, &auth),
              AuthStatus);
}

}  // namespace yap::app
