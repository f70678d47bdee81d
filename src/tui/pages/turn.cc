#include "tui/pages/turn.h"

#include <fmt/format.h>

#include "unicode/names.h"
#include "unicode/text_rules.h"

namespace yap::tui {
namespace {

bool IsDirect(const client::ChannelModel& channel) {
  return channel.kind == client::ChannelKind::kDirect;
}

// What was being typed stays with its channel.
void LeaveShown(Turn& turn) {
  ChatState& chat = turn.state.chat;
  if (turn.state.page != Page::kChat || !turn.Channel()) return;
  turn.Tell(client::DraftChanged{turn.Channel()->ref, chat.input.text()});
  turn.Tell(client::CloseAsked{chat.channel});
}

void TakeDraft(Turn& turn, const client::ChannelModel& channel) {
  ChatState& chat = turn.state.chat;
  chat.input = Editor();
  chat.completing.reset();
  chat.history.Rest();
  const auto draft = turn.model.drafts.find(channel.ref);
  if (draft != turn.model.drafts.end()) chat.input.Insert(draft->second);
}

}  // namespace

const client::ChannelModel* FindNamed(const client::Model& model, const std::string& name,
                                      bool direct) {
  for (const auto& [id, channel] : model.channels) {
    if (channel.name == name && IsDirect(channel) == direct) return &channel;
  }
  return nullptr;
}

bool Go(Turn& turn, PageEvent event) {
  const auto next = NextPage(turn.state.page, event);
  if (!next) return false;
  turn.state.page = *next;
  turn.state.overlay = std::monostate();
  return true;
}

void ShowChannel(Turn& turn, std::uint64_t id) {
  const client::ChannelModel& channel = turn.model.channels.at(id);
  ChatState& chat = turn.state.chat;
  const bool shown_already = turn.state.page == Page::kChat && chat.channel == id;
  if (!shown_already) LeaveShown(turn);
  if (!Go(turn, PageEvent::kChannelOpened) || shown_already) return;
  chat.channel = id;
  chat.page = {};
  TakeDraft(turn, channel);
  turn.Tell(client::OpenAsked{id});
}

void GoHome(Turn& turn) {
  LeaveShown(turn);
  if (!Go(turn, PageEvent::kBack)) return;
  turn.state.home.selected = Target{Target::What::kChannel, turn.state.chat.channel};
  turn.Tell(client::PublicsAsked{});
}

void Ask(Turn& turn, client::Action action, Asked asked) {
  const std::uint64_t id = ++turn.state.last_action;
  asked.waiting.since = turn.now;
  turn.state.asked.emplace(id, std::move(asked));
  turn.Tell(client::ActionAsked{id, std::move(action)});
}

void OpenOrJoin(Turn& turn, const std::string& name) {
  if (const auto* mine = FindNamed(turn.model, name, false)) return ShowChannel(turn, mine->id);
  if (auto good = unicode::CheckChannelName(name); !good) return turn.Fail(good.error().message);
  Ask(turn, client::JoinChannel{name},
      {.waiting = {fmt::format("Joining #{}", name), {}}, .opens = true});
}

void OpenDirectWith(Turn& turn, const std::string& user, std::string then_send) {
  const auto* open = FindNamed(turn.model, user, true);
  if (open && !then_send.empty()) turn.Do(Send{open->ref, std::move(then_send)});
  if (open) return ShowChannel(turn, open->id);
  Ask(turn, client::OpenDirect{user},
      {.waiting = {fmt::format("Opening @{}", user), {}},
       .opens = true,
       .then_send = std::move(then_send)});
}

void CreateChannelNamed(Turn& turn, const std::string& name, const std::string& topic,
                        bool is_private) {
  Ask(turn, client::CreateChannel{name, topic, is_private},
      {.waiting = {fmt::format("Creating #{}", name), {}}, .opens = true});
}

std::optional<std::string> Sendable(Turn& turn, std::string_view text) {
  auto good = unicode::CheckText(text);
  if (good) return *std::move(good);
  turn.Fail("Not sent: " + good.error().message);
  return {};
}

void Choose(Turn& turn, const Target& target) {
  switch (target.what) {
    case Target::What::kChannel:
      if (turn.model.channels.contains(target.id)) ShowChannel(turn, target.id);
      return;
    case Target::What::kPublic:
    case Target::What::kJoinTyped:
      return OpenOrJoin(turn, target.name);
    case Target::What::kCreate: {
      CreateOverlay create;
      create.name.Set(target.name);
      turn.state.overlay = std::move(create);
      return;
    }
    case Target::What::kDirect:
      if (!target.name.empty()) return OpenDirectWith(turn, target.name, "");
      turn.state.overlay = DirectOverlay();
      return;
    case Target::What::kLogOut:
      return turn.Tell(client::LogOutAsked{});
    case Target::What::kQuit:
      return turn.Do(Quit{});
    case Target::What::kMember:
      if (turn.state.page == Page::kChat) turn.state.chat.input.Insert("@" + target.name + " ");
      return;
    case Target::What::kField:
    case Target::What::kNone:
      return;
  }
}

}  // namespace yap::tui
