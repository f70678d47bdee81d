#include "tui/keys/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "unicode/names.h"
#include "unicode/sanitize.h"

namespace yap::tui {
namespace {

constexpr auto kLogin = static_cast<std::uint8_t>(Context::kLogin);
constexpr auto kHome = static_cast<std::uint8_t>(Context::kHome);
constexpr auto kChat = static_cast<std::uint8_t>(Context::kChat);
constexpr std::uint8_t kTalk = kHome | kChat;
constexpr std::uint8_t kAll = kLogin | kTalk;
constexpr bool kSlash = true;
constexpr bool kKeysOnly = false;

using enum CommandId;
constexpr std::array kCommands = {
    CommandInfo{kJoin, "join", "CHANNEL", "Join a public channel, or open one of yours", kTalk,
                kSlash, ""},
    CommandInfo{kLeave, "leave", "[CHANNEL]", "Leave this channel, or CHANNEL", kTalk, kSlash, ""},
    CommandInfo{kCreate, "create", "CHANNEL [TOPIC]",
                "Create a public channel, with you as its owner", kTalk, kSlash, ""},
    CommandInfo{kChannels, "channels", "", "List the public channels", kTalk, kSlash, ""},
    CommandInfo{kMessage, "msg", "USER [TEXT]", "Open the conversation with USER, and send TEXT",
                kTalk, kSlash, ""},
    CommandInfo{kMe, "me", "TEXT", "Say what you do: /me waves", kChat, kSlash, ""},
    CommandInfo{kTopic, "topic", "[TEXT]", "Show the topic, or set it to TEXT", kChat, kSlash, ""},
    CommandInfo{kWho, "who", "", "List the members of this channel and their roles", kChat, kSlash,
                ""},
    CommandInfo{kInvite, "invite", "USER", "Make USER a member of this channel; lifts a ban", kChat,
                kSlash, ""},
    CommandInfo{kKick, "kick", "USER", "Remove USER from this channel", kChat, kSlash, ""},
    CommandInfo{kBan, "ban", "USER", "Remove USER and keep them out until invited again", kChat,
                kSlash, ""},
    CommandInfo{kRole, "role", "USER ROLE", "Make USER an owner, a moderator or a member", kChat,
                kSlash, ""},
    CommandInfo{kMute, "mute", "", "Do not call me for this channel; again: do", kChat, kSlash, ""},
    CommandInfo{kRetry, "retry", "", "Send again what was refused (marked with !)", kChat, kSlash,
                ""},
    CommandInfo{kDrop, "drop", "", "Forget what was refused (marked with !)", kChat, kSlash, ""},
    CommandInfo{kLogout, "logout", "", "End this device's session", kTalk, kSlash, ""},
    CommandInfo{kQuit, "quit", "", "Close yap; unsent messages are kept", kAll, kSlash, ""},
    CommandInfo{kHelp, "help", "[COMMAND]", "Show what works here, or explain COMMAND", kAll,
                kSlash, "f1 ?"},

    CommandInfo{kSend, "send", "", "Send the message", kChat, kKeysOnly, "enter"},
    CommandInfo{kNewline, "newline", "", "Begin another line in the message", kChat, kKeysOnly,
                "alt+enter shift+enter ctrl+j"},
    CommandInfo{kComplete, "complete", "", "Complete a /command, @user or #channel", kTalk,
                kKeysOnly, "tab"},
    CommandInfo{kHistoryOlder, "history-older", "",
                "Go to what was typed before (from the first row of the input), or up in the list",
                kTalk, kKeysOnly, "up"},
    CommandInfo{kHistoryNewer, "history-newer", "",
                "Go to what was typed after (from the last row of the input), or down in the list",
                kTalk, kKeysOnly, "down"},
    CommandInfo{kHistorySearch, "history-search", "", "Search what was typed before", kChat,
                kKeysOnly, "ctrl+r"},
    CommandInfo{kEditor, "editor", "", "Edit the message in $EDITOR", kChat, kKeysOnly, "ctrl+e"},
    CommandInfo{kUndo, "undo", "", "Undo an edit", kAll, kKeysOnly, "ctrl+_"},
    CommandInfo{kRedo, "redo", "", "Do an undone edit again", kAll, kKeysOnly, "alt+_"},
    CommandInfo{kPageUp, "page-up", "", "Scroll back by a page", kTalk, kKeysOnly, "pageup"},
    CommandInfo{kPageDown, "page-down", "", "Scroll forward by a page", kTalk, kKeysOnly,
                "pagedown"},
    CommandInfo{kToBottom, "bottom", "", "Go to the newest message", kChat, kKeysOnly, "alt+end"},
    CommandInfo{kFirstUnread, "first-unread", "", "Go to the first unread message", kChat,
                kKeysOnly, "alt+u"},
    CommandInfo{kNextActivity, "next-activity", "", "Go to the next channel with something new",
                kTalk, kKeysOnly, "alt+a"},
    CommandInfo{kChannel, "channel", "", "Go to the channel of that place in the list", kTalk,
                kKeysOnly, "alt+1 alt+2 alt+3 alt+4 alt+5 alt+6 alt+7 alt+8 alt+9"},
    CommandInfo{kNextChannel, "next-channel", "", "Go to the next channel", kTalk, kKeysOnly,
                "ctrl+n"},
    CommandInfo{kPreviousChannel, "previous-channel", "", "Go to the previous channel", kTalk,
                kKeysOnly, "ctrl+p"},
    CommandInfo{kSwitcher, "switcher", "", "Go to a channel by some letters of its name", kTalk,
                kKeysOnly, "ctrl+k"},
    CommandInfo{kFind, "find", "", "Find a text in the messages that are loaded", kChat, kKeysOnly,
                "ctrl+f"},
    CommandInfo{kToggleChannels, "toggle-channels", "", "Show or hide the list of channels", kChat,
                kKeysOnly, "f7"},
    CommandInfo{kToggleMembers, "toggle-members", "", "Show or hide the list of members", kChat,
                kKeysOnly, "f8"},
    CommandInfo{kMouse, "mouse", "", "Take the mouse, or leave it to the terminal", kAll, kKeysOnly,
                "alt+m"},
    CommandInfo{kBack, "back", "", "Close what is open, or go back", kAll, kKeysOnly, "escape"},
    CommandInfo{kRedraw, "redraw", "", "Draw the screen anew", kAll, kKeysOnly, "ctrl+l"},
    CommandInfo{kSuspend, "suspend", "", "Go to the shell; fg comes back", kAll, kKeysOnly,
                "ctrl+z"},
    CommandInfo{kInterrupt, "interrupt", "", "Clear the input; on an empty one, twice: quit", kAll,
                kKeysOnly, "ctrl+c"},
};

std::string NoSuchCommand(std::string_view name) {
  std::vector<std::string> known;
  for (const CommandInfo& info : kCommands) {
    if (info.slash) known.emplace_back(info.name);
  }
  const auto nearest = unicode::Nearest(name, known);
  const std::string shown = unicode::Visible(name);
  if (nearest) return fmt::format("there is no command /{}; did you mean /{}?", shown, *nearest);
  return fmt::format(
      "there is no command /{}; /help lists them, and a text that begins with // is "
      "sent with one slash",
      shown);
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::span<const CommandInfo> Commands() { return kCommands; }

const CommandInfo& InfoOf(CommandId id) {
  const auto* found = std::ranges::find(kCommands, id, &CommandInfo::id);
  YAP_CHECK(found != kCommands.end(), "a command without a line in the registry");
  return *found;
}

const CommandInfo* SlashNamed(std::string_view name) {
  const auto* found = std::ranges::find_if(
      kCommands, [&](const CommandInfo& info) { return info.slash && info.name == name; });
  return found == kCommands.end() ? nullptr : found;
}

std::optional<std::variant<SlashLine, SlashError>> ParseSlash(const std::string& line) {
  if (!line.starts_with('/') || line.starts_with("//")) return {};
  const std::string_view rest = std::string_view(line).substr(1);
  const std::string_view name = rest.substr(0, rest.find_first_of(" \t\n"));
  const CommandInfo* info = SlashNamed(name);
  if (!info) return SlashError{NoSuchCommand(name)};
  const std::string_view arguments = Trimmed(rest.substr(name.size()));
  const bool needs_some = !info->arguments.empty() && !info->arguments.starts_with('[');
  if (arguments.empty() && needs_some) {
    return SlashError{fmt::format("it is /{} {}", info->name, info->arguments)};
  }
  return SlashLine{info->id, std::string(arguments)};
}

std::string MessageOf(const std::string& line) {
  return line.starts_with("//") ? line.substr(1) : line;
}

}  // namespace yap::tui
