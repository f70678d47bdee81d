#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tui/keys/commands.h"
#include "tui/keys/manual.h"
#include "tui/pages/handle_internal.h"
#include "tui/pages/lists.h"
#include "unicode/names.h"

namespace yap::tui {
namespace {

using client::ChannelModel;
using client::MemberRole;

// "#deck all hands" → "deck", "all hands".
std::pair<std::string, std::string> FirstWord(const std::string& arguments) {
  const auto end = arguments.find_first_of(" \t\n");
  std::string word = arguments.substr(0, end);
  if (word.starts_with('#') || word.starts_with('@')) word.erase(0, 1);
  const auto rest = end == std::string::npos ? end : arguments.find_first_not_of(" \t\n", end);
  return {std::move(word), rest == std::string::npos ? "" : arguments.substr(rest)};
}

Asked Doing(std::string what) { return {.waiting = {std::move(what), {}}}; }

void Leave(Turn& turn, const std::string& arguments) {
  const auto name = FirstWord(arguments).first;
  const ChannelModel* channel = name.empty() ? turn.Channel() : FindNamed(turn.model, name, false);
  if (turn.state.page != Page::kChat && name.empty()) return turn.Fail("It is /leave CHANNEL here");
  if (!channel) return turn.Fail(fmt::format("You are not in #{}", name));
  Ask(turn, client::LeaveChannel{channel->id}, Doing("Leaving " + channel->title));
}

void SettleFailed(Turn& turn, const ChannelModel& channel, bool again) {
  std::size_t count = 0;
  for (const auto& line : channel.unsent) {
    if (line.state != client::LineState::kFailed) continue;
    ++count;
    if (again) {
      turn.Do(SendAgain{line.key});
    } else {
      turn.Tell(client::DropAsked{line.key});
    }
  }
  if (count == 0) turn.Say("Nothing was refused here");
}

void SetRole(Turn& turn, const ChannelModel& channel, const std::string& arguments) {
  const auto [user, word] = FirstWord(arguments);
  for (const auto role : {MemberRole::kMember, MemberRole::kModerator, MemberRole::kOwner}) {
    if (RoleName(role) != word) continue;
    return Ask(turn, client::SetUserRole{channel.id, user, role},
               Doing(fmt::format("Making {} {}", user, word)));
  }
  turn.Fail("A role is owner, moderator or member");
}

void Topic(Turn& turn, const ChannelModel& channel, const std::string& topic) {
  if (!topic.empty()) {
    return Ask(turn, client::SetTopic{channel.id, topic}, Doing("Setting the topic"));
  }
  turn.Say(channel.topic.empty() ? channel.title + " has no topic" : "Topic: " + channel.topic);
}

void Mute(Turn& turn, const ChannelModel& channel) {
  turn.Tell(client::MuteAsked{channel.id, !channel.muted});
  turn.Say(channel.muted ? channel.title + " calls you again"
                         : channel.title + " is muted: it does not call you");
}

// What a command sends; empty: nothing.
std::string MessageIn(const SlashLine& line) {
  if (line.id == CommandId::kMe) return "* " + line.arguments;
  return line.id == CommandId::kMessage ? FirstWord(line.arguments).second : "";
}

// Those that speak of the channel shown.
void RunHere(Turn& turn, const ChannelModel& channel, const SlashLine& line, std::string message) {
  const std::string user = FirstWord(line.arguments).first;
  switch (line.id) {
    case CommandId::kWho:
      return ShowMembers(turn);
    case CommandId::kMe:
      return turn.Do(Send{channel.ref, std::move(message)});
    case CommandId::kTopic:
      return Topic(turn, channel, line.arguments);
    case CommandId::kInvite:
      return Ask(turn, client::InviteUser{channel.id, user}, Doing("Inviting " + user));
    case CommandId::kKick:
      return Ask(turn, client::RemoveUser{channel.id, user, false}, Doing("Removing " + user));
    case CommandId::kBan:
      return Ask(turn, client::RemoveUser{channel.id, user, true}, Doing("Banning " + user));
    case CommandId::kRole:
      return SetRole(turn, channel, line.arguments);
    case CommandId::kMute:
      return Mute(turn, channel);
    case CommandId::kRetry:
      return SettleFailed(turn, channel, true);
    case CommandId::kDrop:
      return SettleFailed(turn, channel, false);
    default:
      return;
  }
}

void Run(Turn& turn, const SlashLine& line, std::string message) {
  const auto [word, rest] = FirstWord(line.arguments);
  switch (line.id) {
    case CommandId::kJoin:
      return OpenOrJoin(turn, word);
    case CommandId::kLeave:
      return Leave(turn, line.arguments);
    case CommandId::kCreate:
      return CreateChannelNamed(turn, word, rest, false);
    case CommandId::kChannels:
      return GoHome(turn);
    case CommandId::kMessage:
      return OpenDirectWith(turn, word, std::move(message));
    case CommandId::kLogout:
    case CommandId::kQuit:
      CommonCommand(turn, {line.id});
      return;
    case CommandId::kHelp:
      if (line.arguments.empty()) return ShowHelp(turn);
      return turn.Say(HelpOf(line.arguments));
    default:
      break;
  }
  const ChannelModel* channel = turn.state.page == Page::kChat ? turn.Channel() : nullptr;
  if (!channel) return turn.Fail(fmt::format("/{} works in a channel", InfoOf(line.id).name));
  RunHere(turn, *channel, line, std::move(message));
}

}  // namespace

bool RunSlash(Turn& turn, const std::string& line) {
  const auto parsed = ParseSlash(line);
  if (!parsed) return false;
  if (const auto* error = std::get_if<SlashError>(&*parsed)) {
    turn.Fail(error->message);
    return false;
  }
  const auto& command = std::get<SlashLine>(*parsed);
  std::optional<std::string> message = MessageIn(command);
  if (!message->empty()) message = Sendable(turn, *message);
  if (message) Run(turn, command, *std::move(message));
  return message.has_value();
}

}  // namespace yap::tui
