// tui/pages/pages_testing.h: pages without a terminal: a model to show, keys by name, the screen as
// text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/update.h"
#include "tui/look/theme.h"
#include "tui/pages/effect.h"
#include "tui/pages/state.h"
#include "tui/terminal/decoder.h"
#include "tui/terminal/painter.h"

namespace yap::tui {

// ada, logged in on 127.0.0.1:7676, with #deck (11), #galley (12), a private #bridge (13) and @bob
// (21); #harbour and #loft could be joined. Nothing is unread, no line is loaded.
client::Model ModelForTest();
// A message of `user` behind the last line of a channel, at 27 November 2026, 12:00 UTC and a
// minute for each.
void Say(client::Model& model, std::uint64_t channel, const std::string& user,
         const std::string& text);

// The state of somebody who looks at `page`, and in Chat at #deck.
State StateForTest(Page page, Size size = {});

// A Driver presses keys on a state and a model and collects what comes of it.
class Driver {
 public:
  Driver(State state, client::Model model) : state_(std::move(state)), model_(std::move(model)) {}

  // "ctrl+k", "enter"; a text in quotes is typed: "'hello' enter". The effects of all of them; what
  // is told to the model is applied to it.
  std::vector<Effect> Press(std::string_view script);
  std::vector<Effect> Give(const Input& input);
  // A message of the network.
  std::vector<Effect> Hear(const client::Message& message);
  // Moves time and lets what is due happen.
  std::vector<Effect> Wait(std::chrono::milliseconds time);
  // Draws, which lets seen lines count as seen.
  std::vector<Effect> Look();

  State& state() { return state_; }
  client::Model& model() { return model_; }
  MonoTime now() const { return now_; }
  // The screen, a line per row, trailing blanks dropped.
  std::string Screen();
  // The same with a second part in which each cell is the letter of its style.
  std::string StyledScreen(const Theme& theme);

 private:
  std::vector<Effect> Settle(std::vector<Effect> effects);

  State state_;
  client::Model model_;
  MonoTime now_{std::chrono::hours(1)};
};

// Those of one kind.
template <class Kind>
std::vector<Kind> Of(const std::vector<Effect>& effects) {
  std::vector<Kind> found;
  for (const Effect& effect : effects) {
    if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(*one);
  }
  return found;
}
// Those messages of Tell of one kind.
template <class Kind>
std::vector<Kind> Told(const std::vector<Effect>& effects) {
  std::vector<Kind> found;
  for (const Tell& tell : Of<Tell>(effects)) {
    if (const auto* one = std::get_if<Kind>(&tell.message)) found.push_back(*one);
  }
  return found;
}

// The screen of `frame` as text, the cursor as a last line "cursor 12,3".
std::string TextOf(const Frame& frame);

}  // namespace yap::tui
