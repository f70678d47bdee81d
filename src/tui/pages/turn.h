// tui/pages/turn.h: one input or message being answered: what may be read and changed, and what
// came of it. For the handle*.cc, slash.cc and observe.cc only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tui/pages/effect.h"
#include "tui/pages/state.h"

namespace yap::tui {

struct Turn {
  State& state;
  const client::Model& model;
  MonoTime now;
  std::vector<Effect> effects{};

  void Do(Effect effect) { effects.push_back(std::move(effect)); }
  void Tell(client::Message message) { Do(tui::Tell{std::move(message)}); }
  void Say(std::string text) { state.notice = Notice{std::move(text), false, now + kNoticeTime}; }
  void Fail(std::string text) { state.notice = Notice{std::move(text), true, now + kNoticeTime}; }
  // The channel shown; null: none.
  const client::ChannelModel* Channel() const { return ShownChannel(state, model); }
};

// The channel of that name, or the conversation with that user (`direct`); null: there is none.
const client::ChannelModel* FindNamed(const client::Model& model, const std::string& name,
                                      bool direct);

// Goes where the table of transitions.h says; answers whether the page is another one now.
bool Go(Turn& turn, PageEvent event);
// Shows a channel of the model. REQUIRES: it is there.
void ShowChannel(Turn& turn, std::uint64_t id);
// To the list of channels, which is asked for anew.
void GoHome(Turn& turn);
// Asks the server; the answer is client::ActionDone, which observe.cc takes.
void Ask(Turn& turn, client::Action action, Asked asked);

// Opens a channel of the model of that name (without # or @), or joins the public one.
void OpenOrJoin(Turn& turn, const std::string& name);
void OpenDirectWith(Turn& turn, const std::string& user, std::string then_send);
void CreateChannelNamed(Turn& turn, const std::string& name, const std::string& topic,
                        bool is_private);
// What a row of Home or a click means.
void Choose(Turn& turn, const Target& target);

// `text` as the server takes it. None: it does not, and a notice says why.
std::optional<std::string> Sendable(Turn& turn, std::string_view text);

// A line that begins with a slash. False: it was no command, or what it would send is
// no message; a notice says so.
bool RunSlash(Turn& turn, const std::string& line);

}  // namespace yap::tui
