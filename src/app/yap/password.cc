#include "app/yap/password.h"

#include <fmt/format.h>

#include <fstream>
#include <istream>

namespace yap::app {
namespace {

Result<Secret> FirstLine(std::istream& from, const std::string& name) {
  std::string line;
  if (!std::getline(from, line)) {
    return Fail(Errc::kInvalidArgument, "PASSWORD_MISSING",
                fmt::format("cannot read a password from {}", name));
  }
  if (line.ends_with('\r')) line.pop_back();
  return Secret(std::move(line));
}

Result<Secret> Ask(Cli& cli, std::string_view prompt) {
  if (!cli.globals().no_input && cli.env().ask_secret) {
    if (auto typed = cli.env().ask_secret(prompt)) return *std::move(typed);
  }
  return Fail(Errc::kInvalidArgument, "PASSWORD_MISSING",
              "a password is needed and there is no terminal to ask on: use --password-file FILE "
              "(- for stdin)");
}

}  // namespace

Result<Secret> ReadPassword(Cli& cli, const PasswordSource& source, std::string_view prompt) {
  if (source.file == "-") return FirstLine(cli.env().in, "stdin");
  if (!source.file.empty()) {
    std::ifstream file(source.file, std::ios::binary);
    return FirstLine(file, source.file);
  }
  YAP_TRY(auto password, Ask(cli, prompt));
  if (!source.confirm) return password;
  YAP_TRY(const auto again, Ask(cli, "Again: "));
  if (again.Reveal() == password.Reveal()) return password;
  return Fail(Errc::kInvalidArgument, "PASSWORD_MISMATCH",
              "the two passwords are not the same; try again");
}

}  // namespace yap::app
