// tui/keys/commands.h: everything a person can do, once: slash commands, keys, help, completion and
// the manual are made from this table.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace yap::tui {

// Where a command can be used, as bits.
enum class Context : std::uint8_t { kLogin = 1, kHome = 2, kChat = 4 };
// As config.toml and the documentation call them.
inline constexpr std::array kContextNames = {
    std::pair{Context::kLogin, std::string_view("login")},
    std::pair{Context::kHome, std::string_view("home")},
    std::pair{Context::kChat, std::string_view("chat")},
};

enum class CommandId : std::uint8_t {
  // With a slash, in the chat (most also at home).
  kJoin,
  kLeave,
  kCreate,
  kWho,
  kMessage,
  kMe,
  kTopic,
  kChannels,
  kInvite,
  kKick,
  kBan,
  kRole,
  kMute,
  kRetry,
  kDrop,
  kLogout,
  kQuit,
  kHelp,
  // By keys alone.
  kSend,
  kNewline,
  kComplete,
  kHistoryOlder,
  kHistoryNewer,
  kHistorySearch,
  kEditor,
  kPageUp,
  kPageDown,
  kToBottom,
  kFirstUnread,
  kNextActivity,
  kChannel,
  kNextChannel,
  kPreviousChannel,
  kSwitcher,
  kFind,
  kToggleChannels,
  kToggleMembers,
  kMouse,
  kBack,
  kRedraw,
  kSuspend,
  kInterrupt,
  kUndo,
  kRedo,
};

struct CommandInfo {
  CommandId id;
  std::string_view name;       // "join": /join, and the name in [keys.…].
  std::string_view arguments;  // "CHANNEL", "USER [TEXT]"; for slash commands.
  std::string_view summary;    // One line without a full stop.
  std::uint8_t contexts;       // Bits of Context.
  bool slash;                  // Whether /name works.
  std::string_view keys;       // Default keys, separated by spaces.

  bool In(Context context) const { return contexts & static_cast<std::uint8_t>(context); }
};

// All, in the order of the help.
std::span<const CommandInfo> Commands();
const CommandInfo& InfoOf(CommandId id);
// The one that /name means; null: none.
const CommandInfo* SlashNamed(std::string_view name);

// A line that begins with one slash.
struct SlashLine {
  CommandId id;
  std::string arguments;  // Trimmed.
};
struct SlashError {
  // "there is no command /jion; did you mean /join?", or what it lacks: "it is /join CHANNEL". Safe
  // to print.
  std::string message;
};
// None: it is a message, and MessageOf is what to send ("/text" for "//text").
std::optional<std::variant<SlashLine, SlashError>> ParseSlash(const std::string& line);
std::string MessageOf(const std::string& line);

}  // namespace yap::tui
