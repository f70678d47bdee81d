// app/yap/completions.h: shell completions, made from the commands themselves.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace yap::app {

enum class Shell : unsigned char { kBash, kZsh, kFish };

// A script that the shell sources; it offers commands and flags.
std::string Completions(const CLI::App& app, Shell shell);

}  // namespace yap::app
