#include "tui/terminal/notify.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "unicode/code_points.h"
#include "unicode/sanitize.h"

namespace yap::tui {
namespace {

constexpr std::string_view kBell = "\a";

// One harmless line of at most kNotifyBytesMax bytes, cut between characters.
std::string Harmless(std::string_view text) {
  std::string out = unicode::Visible(text, {.keep_newline = true, .keep_tab = true});
  std::ranges::replace_if(out, [](char c) { return c == '\n' || c == '\t'; }, ' ');
  std::size_t end = 0;
  while (end < out.size()) {
    const std::size_t next = end + unicode::DecodeAt(out, end).bytes;
    if (next > kNotifyBytesMax) break;
    end = next;
  }
  out.resize(end);
  return out;
}

// A semicolon ends the title of OSC 777.
std::string WithoutSemicolons(std::string text) {
  std::ranges::replace(text, ';', ',');
  return text;
}

// kitty, ConEmu and Windows Terminal take "4;…" for progress, and others of OSC 9 that begin with a
// digit for their own.
std::string NotNumbered(std::string text) {
  const bool digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  return digit ? " " + text : text;
}

NotifyProgram Program(std::string_view command, std::string title, std::string body) {
  NotifyProgram argv;
  for (const auto word : std::views::split(command, std::string_view(" "))) {
    if (!word.empty()) argv.emplace_back(word.begin(), word.end());
  }
  if (argv.empty()) return argv;
  argv.push_back(std::move(title));
  argv.push_back(std::move(body));
  return argv;
}

}  // namespace

std::variant<NotifyBytes, NotifyProgram> Notify(const client::Config& config,
                                                const Notification& notification) {
  std::string title = Harmless(notification.title);
  std::string body = Harmless(notification.body);
  switch (config.notify) {
    case client::NotifyBy::kOff:
      break;
    case client::NotifyBy::kBell:
      return NotifyBytes(kBell);
    case client::NotifyBy::kOsc9:
      return fmt::format("\x1b]9;{}\x1b\\", NotNumbered(fmt::format("{}: {}", title, body)));
    case client::NotifyBy::kOsc777:
      return fmt::format("\x1b]777;notify;{};{}\x1b\\", WithoutSemicolons(title), body);
    case client::NotifyBy::kCommand:
      return Program(config.notify_command, std::move(title), std::move(body));
  }
  return NotifyBytes();
}

}  // namespace yap::tui
