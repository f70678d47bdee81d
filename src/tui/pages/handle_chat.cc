#include <fmt/format.h>

#include <algorithm>

#include "tui/pages/handle_internal.h"
#include "tui/pages/layout.h"
#include "tui/pages/lists.h"

namespace yap::tui {
namespace {

LogView& Log(Turn& turn) { return turn.state.chat.logs[turn.state.chat.channel]; }

void Remember(Turn& turn, const std::string& text) {
  turn.state.chat.history.Add(text);
  turn.Tell(client::HistoryAdded{text});
}

// What is refused stays in the input, to be mended.
void Submit(Turn& turn) {
  Editor& input = turn.state.chat.input;
  const auto* channel = turn.Channel();
  if (input.empty() || !channel) return;
  const std::string line = input.text();
  if (line.starts_with('/') && !line.starts_with("//")) {
    // Before it runs: it may go to another channel, with a draft of its own.
    input.Take();
    turn.Tell(client::DraftChanged{channel->ref, ""});
    if (RunSlash(turn, line)) return Remember(turn, line);
    input.Insert(line);
    return;
  }
  auto text = Sendable(turn, MessageOf(line));
  if (!text) return;
  input.Take();
  Remember(turn, line);
  turn.Do(Send{channel->ref, *std::move(text)});
  Log(turn).ToBottom();
}

// Tab again goes on to the next choice.
void CompleteWord(Turn& turn) {
  ChatState& chat = turn.state.chat;
  if (!chat.completing) {
    auto found =
        Complete(chat.input.text(), chat.input.cursor(), CandidatesOf(turn.state, turn.model));
    if (!found || found->choices.empty()) return;
    chat.completing = CompletionState{*std::move(found)};
  } else {
    chat.completing->chosen =
        (chat.completing->chosen + 1) % chat.completing->completion.choices.size();
  }
  auto& [completion, chosen, text] = *chat.completing;
  const std::string& choice = completion.choices[chosen];
  chat.input.Replace(completion.from, completion.to, choice);
  completion.to = completion.from + choice.size();
  text = chat.input.text();
  if (completion.choices.size() == 1) chat.completing.reset();
}

// Up and Down walk the rows of the input first.
void Older(Turn& turn) {
  ChatState& chat = turn.state.chat;
  if (!chat.input.InFirstRow(InputColumns(turn.state.size))) {
    chat.input.Do(Edit::kUp);
  } else if (auto text = chat.history.Older(chat.input.text())) {
    chat.input.Set(*std::move(text));
  }
}

void Newer(Turn& turn) {
  ChatState& chat = turn.state.chat;
  if (!chat.input.InLastRow(InputColumns(turn.state.size))) {
    chat.input.Do(Edit::kDown);
  } else if (auto text = chat.history.Newer()) {
    chat.input.Set(*std::move(text));
  }
}

void ToChannel(Turn& turn, std::optional<std::uint64_t> id, std::string_view otherwise) {
  if (id) {
    ShowChannel(turn, *id);
  } else {
    turn.Say(std::string(otherwise));
  }
}

void ToNumber(Turn& turn, int number) {
  const auto order = ChannelsInOrder(turn.model);
  const auto at = static_cast<std::size_t>(number - 1);
  if (at < order.size()) ShowChannel(turn, order[at]->id);
}

void ToFirstUnread(Turn& turn) {
  const auto* channel = turn.Channel();
  const auto first = channel ? FirstUnread(*channel, turn.model.self_id) : std::nullopt;
  if (!first) return turn.Say("Nothing is unread here");
  Log(turn).ToSeq(*first);
}

void OpenOverlay(Turn& turn, Overlay overlay) {
  turn.state.chat.completing.reset();
  turn.state.overlay = std::move(overlay);
}

// Where the lists have no room, what does without it.
void ToggleChannels(Turn& turn) {
  if (turn.state.size.columns < kChannelsFromColumns) return OpenOverlay(turn, SwitcherOverlay());
  turn.state.chat.channels_shown = !turn.state.chat.channels_shown;
}

void ToggleMembers(Turn& turn) {
  if (turn.state.size.columns < kMembersFromColumns) return ShowMembers(turn);
  turn.state.chat.members_shown = !turn.state.chat.members_shown;
}

// What moves what is seen.
bool ViewCommand(Turn& turn, CommandId command) {
  ChatState& chat = turn.state.chat;
  const int page = std::max(1, static_cast<int>(chat.page.rows.size()) - 1);
  switch (command) {
    case CommandId::kPageUp:
      Log(turn).Scroll(-page);
      return true;
    case CommandId::kPageDown:
      Log(turn).Scroll(page);
      return true;
    case CommandId::kToBottom:
      Log(turn).ToBottom();
      return true;
    case CommandId::kFirstUnread:
      ToFirstUnread(turn);
      return true;
    case CommandId::kSwitcher:
      OpenOverlay(turn, SwitcherOverlay());
      return true;
    case CommandId::kFind:
      OpenOverlay(turn, FindOverlay());
      return true;
    case CommandId::kToggleChannels:
      ToggleChannels(turn);
      return true;
    case CommandId::kToggleMembers:
      ToggleMembers(turn);
      return true;
    default:
      return false;
  }
}

// What changes the input.
bool InputCommand(Turn& turn, CommandId command) {
  Editor& input = turn.state.chat.input;
  switch (command) {
    case CommandId::kSend:
      Submit(turn);
      return true;
    case CommandId::kNewline:
      input.Do(Edit::kNewline);
      return true;
    case CommandId::kHistoryOlder:
      Older(turn);
      return true;
    case CommandId::kHistoryNewer:
      Newer(turn);
      return true;
    case CommandId::kHistorySearch:
      OpenOverlay(turn, HistoryOverlay());
      return true;
    case CommandId::kEditor:
      turn.Do(EditText{input.text()});
      return true;
    default:
      return false;
  }
}

}  // namespace

bool ChatCommand(Turn& turn, const Bound& bound) {
  if (bound.command == CommandId::kComplete) {
    CompleteWord(turn);
    return true;
  }
  const bool completing = turn.state.chat.completing.has_value();
  turn.state.chat.completing.reset();
  switch (bound.command) {
    case CommandId::kBack:
      if (!completing) GoHome(turn);
      return true;
    case CommandId::kNextChannel:
      ToChannel(turn, ChannelAfter(turn.state, turn.model, 1), "This is your only channel");
      return true;
    case CommandId::kPreviousChannel:
      ToChannel(turn, ChannelAfter(turn.state, turn.model, -1), "This is your only channel");
      return true;
    case CommandId::kNextActivity:
      ToChannel(turn, NextActivity(turn.state, turn.model), "Nothing new elsewhere");
      return true;
    case CommandId::kChannel:
      ToNumber(turn, bound.number);
      return true;
    default:
      return InputCommand(turn, bound.command) || ViewCommand(turn, bound.command);
  }
}

bool ChatKey(Turn& turn, const Key& key) {
  turn.state.chat.completing.reset();
  return EditKey(turn, turn.state.chat.input, key);
}

}  // namespace yap::tui
