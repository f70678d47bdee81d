#include "tui/pages/handle.h"

#include <fmt/format.h>

#include <algorithm>

#include "tui/input/editor_keys.h"
#include "tui/keys/manual.h"
#include "tui/pages/handle_internal.h"
#include "tui/pages/lists.h"

namespace yap::tui {
namespace {

// Rows that a turn of the wheel moves.
constexpr int kWheelRows = 3;

bool HasOverlay(const State& state) {
  return !std::holds_alternative<std::monostate>(state.overlay);
}

void Interrupt(Turn& turn) {
  State& state = turn.state;
  if (Editor* editor = FocusedEditor(state); editor && !editor->empty()) {
    editor->Do(Edit::kClear);
    return;
  }
  if (HasOverlay(state)) {
    state.overlay = std::monostate();
    return;
  }
  if (state.quit_armed && turn.now - *state.quit_armed < kQuitWithin) return turn.Do(Quit{});
  state.quit_armed = turn.now;
}

void ToggleMouse(Turn& turn) {
  turn.state.mouse = !turn.state.mouse;
  turn.Do(UseMouse{turn.state.mouse});
  turn.Say(turn.state.mouse ? "The mouse clicks and scrolls here; with Shift it selects text"
                            : "The mouse is the terminal's");
}

// F1 and ? close what they have opened.
void ToggleHelp(Turn& turn) {
  if (std::holds_alternative<TextOverlay>(turn.state.overlay)) {
    turn.state.overlay = std::monostate();
  } else {
    ShowHelp(turn);
  }
}

bool PageCommand(Turn& turn, const Bound& bound) {
  if (CommonCommand(turn, bound)) return true;
  if (turn.state.page == Page::kHome) return HomeCommand(turn, bound);
  return turn.state.page == Page::kChat && ChatCommand(turn, bound);
}

bool PageKey(Turn& turn, const Key& key) {
  if (turn.state.page == Page::kLogin) return LoginKey(turn, key);
  return turn.state.page == Page::kHome ? HomeKey(turn, key) : ChatKey(turn, key);
}

// A character that is also a command (?) is one only where nothing is being typed.
bool TypesOnly(State& state, const Key& key) {
  const Editor* editor = FocusedEditor(state);
  if (!IsText(key) || !editor) return false;
  return !editor->empty() || HasOverlay(state) || state.page == Page::kLogin;
}

void Take(Turn& turn, const Key& key) {
  State& state = turn.state;
  const auto bound = state.keymap.Find(ContextOf(state.page), key);
  if (!bound || bound->command != CommandId::kInterrupt) state.quit_armed.reset();
  if (state.notice && state.notice->error) state.notice.reset();
  const bool command = bound && !TypesOnly(state, key);
  if (HasOverlay(state)) {
    if (!command || bound->command == CommandId::kBack || !CommonCommand(turn, *bound)) {
      OverlayKey(turn, key);
    }
    return;
  }
  if (!command || !PageCommand(turn, *bound)) PageKey(turn, key);
}

void Take(Turn& turn, const Paste& paste) {
  Editor* editor = FocusedEditor(turn.state);
  if (!editor) return;
  std::string text = paste.text;
  const bool many_lines = turn.state.page == Page::kChat && !HasOverlay(turn.state);
  if (!many_lines)
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  std::size_t lines = static_cast<std::size_t>(std::ranges::count_if(
                          text, [](char c) { return c == '\n' || c == '\r'; })) +
                      1;
  if (paste.cut) return turn.Fail("That is more than a message can hold; nothing was pasted");
  if (many_lines && lines >= kPasteLinesAsk) {
    turn.state.overlay = PasteOverlay{std::move(text), lines};
  } else if (!editor->Insert(text)) {
    turn.Fail("That is more than a message can hold; nothing was pasted");
  }
}

void Take(Turn& turn, const Focus& focus) { turn.state.focused = focus.in; }

void Press(Turn& turn, const Mouse& mouse) {
  // The last drawn lies on top.
  for (auto at = turn.state.spotted.rbegin(); at != turn.state.spotted.rend(); ++at) {
    if (at->row != mouse.row || mouse.column < at->left || mouse.column >= at->right) continue;
    const Target target = at->target;
    if (target.what == Target::What::kField) {
      LoginPressed(turn, static_cast<LoginField>(target.id));
    } else {
      Choose(turn, target);
    }
    return;
  }
}

void Wheel(Turn& turn, int steps) {
  State& state = turn.state;
  if (auto* text = std::get_if<TextOverlay>(&state.overlay)) {
    text->scroll = std::clamp(text->scroll + steps * kWheelRows, 0, text->scroll_max);
  } else if (state.page == Page::kChat) {
    state.chat.logs[state.chat.channel].Scroll(steps * kWheelRows);
  } else if (state.page == Page::kHome) {
    HomeCommand(turn, {steps < 0 ? CommandId::kHistoryOlder : CommandId::kHistoryNewer});
  }
}

void Take(Turn& turn, const Mouse& mouse) {
  switch (mouse.what) {
    case Mouse::What::kPress:
      if (!HasOverlay(turn.state)) Press(turn, mouse);
      return;
    case Mouse::What::kWheelUp:
      return Wheel(turn, -1);
    case Mouse::What::kWheelDown:
      return Wheel(turn, 1);
  }
}

// Whatever else has changed the text: its place in it means nothing any more.
void EndStaleCompletion(ChatState& chat) {
  if (chat.completing && chat.completing->text != chat.input.text()) chat.completing.reset();
}

}  // namespace

bool CommonCommand(Turn& turn, const Bound& bound) {
  switch (bound.command) {
    case CommandId::kHelp:
      ToggleHelp(turn);
      return true;
    case CommandId::kInterrupt:
      Interrupt(turn);
      return true;
    case CommandId::kRedraw:
      turn.Do(Redraw{});
      return true;
    case CommandId::kSuspend:
      turn.Do(Suspend{});
      return true;
    case CommandId::kMouse:
      ToggleMouse(turn);
      return true;
    case CommandId::kQuit:
      turn.Do(Quit{});
      return true;
    case CommandId::kLogout:
      turn.Tell(client::LogOutAsked{});
      return true;
    case CommandId::kUndo:
    case CommandId::kRedo:
      if (Editor* editor = FocusedEditor(turn.state)) {
        editor->Do(bound.command == CommandId::kUndo ? Edit::kUndo : Edit::kRedo);
      }
      return true;
    default:
      return false;
  }
}

bool EditKey(Turn& turn, Editor& editor, const Key& key) {
  if (IsText(key)) {
    if (!editor.Insert(key.text)) turn.Fail("No more fits into a message");
    return true;
  }
  const auto edit = EditOf(key);
  if (edit) editor.Do(*edit);
  return edit.has_value();
}

void ShowHelp(Turn& turn) {
  TextOverlay help{.title = "Help", .lines = {}};
  for (const auto& line : HelpLines(ContextOf(turn.state.page), turn.state.keymap)) {
    help.lines.emplace_back(line.what, line.summary);
  }
  turn.state.overlay = std::move(help);
}

void ShowMembers(Turn& turn) {
  const auto* channel = turn.Channel();
  if (!channel) return;
  TextOverlay who{.title = fmt::format("Members of {}", channel->title), .lines = {}};
  for (const auto& [name, role] : MembersInOrder(*channel)) {
    who.lines.emplace_back(name, RoleName(role));
  }
  turn.state.overlay = std::move(who);
}

std::vector<Effect> Handle(State& state, const client::Model& model, const Input& input,
                           MonoTime now) {
  Turn turn{state, model, now};
  const std::string before = state.chat.input.text();
  const std::uint64_t channel = state.chat.channel;
  std::visit([&](const auto& i) { Take(turn, i); }, input);
  EndStaleCompletion(state.chat);
  const auto* shown = turn.Channel();
  if (shown && channel == shown->id && before != state.chat.input.text()) {
    turn.Tell(client::DraftChanged{shown->ref, state.chat.input.text()});
  }
  return std::move(turn.effects);
}

}  // namespace yap::tui
