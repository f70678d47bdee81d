// tui/terminal/notify.h: telling somebody who looks elsewhere. Pure: the loop writes the bytes or
// runs the program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "client/config.h"

namespace yap::tui {

// Of the title and of the body each: notification services cut there or earlier.
inline constexpr std::size_t kNotifyBytesMax = 200;

struct Notification {
  std::string_view title;  // "#deck", "@ada". Both as others wrote them.
  std::string_view body;
};

using NotifyBytes = std::string;                 // For the terminal; empty: nothing.
using NotifyProgram = std::vector<std::string>;  // argv, to be run without a shell.

// What `config.notify` asks for. Title and body have no control, no line break, no byte that would
// end the sequence. kCommand: `notify_command`, cut at spaces, then title and body as two
// arguments; without a command: nothing.
std::variant<NotifyBytes, NotifyProgram> Notify(const client::Config& config,
                                                const Notification& notification);

}  // namespace yap::tui
