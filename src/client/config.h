// client/config.h: the client's configuration file, TOML, all of it optional.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yap::client {

// How the colour of a name is made.
enum class NameColors : std::uint8_t {
  kXep0392,  // By the angle of its SHA-1 on the colour circle (XEP-0392), equally bright for all.
  kHex6,     // The first six hex digits of its SHA-256 as the colour itself.
  kOff,
};

// How somebody who looks elsewhere learns of a mention or a direct message.
enum class NotifyBy : std::uint8_t { kOff, kBell, kOsc9, kOsc777, kCommand };

struct Config {
  std::optional<std::string> server;
  std::optional<std::string>
      ca_file;  // PEM; for servers with a certificate of their own authority.
  NameColors name_colors = NameColors::kXep0392;
  std::string theme = "dark";  // A name that tui/look/theme.h knows.
  NotifyBy notify = NotifyBy::kBell;
  std::string notify_command;  // For kCommand; never empty then.
  bool mouse = true;
};

// Reads the file; its tables `keys` and `themes` are the terminal's to read (tui/). One that does
// not exist is an empty one. Errors: InvalidArgument CONFIG_INVALID, which names file, line and,
// for an unknown key, the nearest known one; those of private_file.h.
Result<Config> ReadConfig(const std::filesystem::path& file);

// The same from its text; `name` is what errors call it.
Result<Config> ParseConfig(const std::string& text, const std::string& name);

// For those who read the tables that are theirs: CONFIG_INVALID at a line of `file`.
std::unexpected<Error> ConfigInvalid(std::string_view file, std::uint32_t line,
                                     std::string_view what);
// `unknown key "them"; did you mean "theme"?`; `what`: "key". Safe to print.
std::string UnknownName(std::string_view what, std::string_view name,
                        const std::vector<std::string>& known);

}  // namespace yap::client
