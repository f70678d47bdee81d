#include "client/paths.h"

namespace yap::client {
namespace {

std::filesystem::path Absolute(const GetEnv& getenv, std::string_view name) {
  const auto value = getenv(name);
  if (!value || !value->starts_with('/')) return {};
  return *value;
}

std::filesystem::path Base(const GetEnv& getenv, std::string_view name, std::string_view fallback) {
  const auto own = Absolute(getenv, name);
  if (!own.empty()) return own;
  const auto home = Absolute(getenv, "HOME");
  return home.empty() ? home : home / fallback;
}

}  // namespace

Result<Paths> FindPaths(const GetEnv& getenv) {
  const auto config = Base(getenv, "XDG_CONFIG_HOME", ".config");
  const auto data = Base(getenv, "XDG_DATA_HOME", ".local/share");
  const auto state = Base(getenv, "XDG_STATE_HOME", ".local/state");
  if (config.empty() || data.empty() || state.empty()) {
    return Fail(
        Errc::kFailedPrecondition, "HOME_MISSING",
        "HOME is not set, so yap has no place for its files; set it to your home directory");
  }
  return Paths{config / "yap" / "config.toml", data / "yap" / "credentials.toml", state / "yap"};
}

}  // namespace yap::client
