// client/paths.h: where the client's files lie (XDG base directories).
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::client {

struct Paths {
  std::filesystem::path config_file;       // $XDG_CONFIG_HOME/yap/config.toml
  std::filesystem::path credentials_file;  // $XDG_DATA_HOME/yap/credentials.toml
  std::filesystem::path state;             // $XDG_STATE_HOME/yap
};

using GetEnv = std::function<std::optional<std::string>(std::string_view)>;

// A base directory that is not absolute counts as not set, as the specification asks.
// Errors: FailedPrecondition HOME_MISSING: neither HOME nor the three variables are set.
Result<Paths> FindPaths(const GetEnv& getenv);

}  // namespace yap::client
