// client/config.h: the client's configuration file, TOML, all of it optional.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace yap::client {

// How the colour of a name is made.
enum class NameColors : std::uint8_t {
  kXep0392,  // By the angle of its SHA-1 on the colour circle (XEP-0392), equally bright for all.
  kHex6,     // The first six hex digits of its SHA-256 as the colour itself.
  kOff,
};

struct Config {
  std::optional<std::string> server;
  std::optional<std::string>
      ca_file;  // PEM; for servers with a certificate of their own authority.
  NameColors name_colors = NameColors::kXep0392;
};

// Reads the file; one that does not exist is an empty one.
// Errors: InvalidArgument CONFIG_INVALID, which names file, line and, for an unknown key, the
// nearest known one; those of private_file.h.
Result<Config> ReadConfig(const std::filesystem::path& file);

// The same from its text; `name` is what errors call it.
Result<Config> ParseConfig(const std::string& text, const std::string& name);

}  // namespace yap::client
