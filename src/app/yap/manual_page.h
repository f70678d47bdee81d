// app/yap/manual_page.h: yap(1), made from what the program knows of itself.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace yap::app {

// roff of man(7): every command and flag of `app`, then the keys and commands of the screens, exit
// codes, files. Ends with a newline.
std::string ManualPage(const CLI::App& app, const std::string& version);

}  // namespace yap::app
