#include "client/credentials.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <toml++/toml.h>

#include <sstream>

namespace yap::client {
namespace {

std::unexpected<Error> Invalid(const std::filesystem::path& file, std::string_view what) {
  return Fail(Errc::kFailedPrecondition, "CREDENTIALS_INVALID",
              fmt::format("{}: {}; delete the file and log in again with `yap login`",
                          file.string(), what));
}

Result<> CheckPrivate(const std::filesystem::path& file) {
  struct stat status = {};
  if (::lstat(file.c_str(), &status) != 0 || (status.st_mode & 077) == 0) return {};
  if (S_ISLNK(status.st_mode)) return {};  // ReadPrivateFile says what is wrong with it.
  return Fail(
      Errc::kFailedPrecondition, "CREDENTIALS_EXPOSED",
      fmt::format("{} can be read by others; run `chmod 600 {}`, or log in again to get new "
                  "tokens",
                  file.string(), file.string()));
}

Result<toml::table> ReadTable(const std::filesystem::path& file) {
  YAP_TRY_VOID(CheckPrivate(file));
  YAP_TRY(auto content, ReadPrivateFile(file));
  if (!content) return toml::table{};
  try {
    return toml::parse(*content);
  } catch (const toml::parse_error& failure) {
    // The description may quote the file, which holds tokens: only the place is told.
    return Invalid(file, fmt::format("line {} is no TOML", failure.source().begin.line));
  }
}

Result<> WriteTable(const std::filesystem::path& file, const toml::table& table) {
  std::ostringstream text;
  text << "# Tokens of `yap login`. Keep this file to yourself.\n" << table << "\n";
  return WritePrivateFile(file, text.str(), Durable::kYes);
}

}  // namespace

Result<std::optional<Fd>> CredentialStore::TryLock() const {
  return TryLockFile(file_.string() + ".lock");
}

Result<std::optional<Credentials>> CredentialStore::Load(const std::string& server) const {
  YAP_TRY(const auto table, ReadTable(file_));
  const auto entry = table["servers"][server];
  if (!entry) return std::nullopt;
  const auto user_id = entry["user_id"].value<std::int64_t>();
  const auto username = entry["username"].value<std::string>();
  const auto access = entry["access_token"].value<std::string>();
  const auto expires = entry["access_expires"].value<std::int64_t>();
  const auto refresh = entry["refresh_token"].value<std::string>();
  if (!user_id || !username || !access || !expires || !refresh) {
    return Invalid(file_, fmt::format("the entry of {} is not complete", server));
  }
  return Credentials{static_cast<std::uint64_t>(*user_id), *username, Secret(*access),
                     WallTime(std::chrono::seconds(*expires)), Secret(*refresh)};
}

Result<> CredentialStore::Save(const std::string& server, const Credentials& credentials) {
  YAP_TRY(auto table, ReadTable(file_));
  if (!table["servers"].is_table()) table.insert_or_assign("servers", toml::table{});
  const auto expires = std::chrono::floor<std::chrono::seconds>(credentials.access_expires);
  table["servers"].as_table()->insert_or_assign(
      server, toml::table{{"user_id", static_cast<std::int64_t>(credentials.user_id)},
                          {"username", credentials.username},
                          {"access_token", std::string(credentials.access_token.Reveal())},
                          {"access_expires", expires.time_since_epoch().count()},
                          {"refresh_token", std::string(credentials.refresh_token.Reveal())}});
  return WriteTable(file_, table);
}

Result<> CredentialStore::Remove(const std::string& server) {
  YAP_TRY(auto table, ReadTable(file_));
  if (auto* servers = table["servers"].as_table()) servers->erase(server);
  return WriteTable(file_, table);
}

}  // namespace yap::client
