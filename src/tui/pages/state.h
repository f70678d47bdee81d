// tui/pages/state.h: what the pages remember besides the Model: where the focus is, what is being
// typed, what lies over the page. Values; handle.h and observe.h change it, views read it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "client/model.h"
#include "client/name_color.h"
#include "tui/input/completion.h"
#include "tui/input/editor.h"
#include "tui/input/history.h"
#include "tui/keys/keymap.h"
#include "tui/pages/target.h"
#include "tui/pages/transitions.h"
#include "tui/terminal/size.h"
#include "tui/text/log_view.h"

namespace yap::tui {

// Below it one sentence is shown.
inline constexpr Size kSizeMin{40, 10};

// Something that the server was asked for: a spinner shows it.
struct Waiting {
  std::string what;  // "Joining #deck".
  MonoTime since;
};

// A line where hints stand otherwise.
struct Notice {
  std::string text;
  bool error = false;
  MonoTime until;
};
// Long enough to read a sentence twice.
inline constexpr auto kNoticeTime = std::chrono::seconds(8);
// A second Ctrl+C within this quits.
inline constexpr auto kQuitWithin = std::chrono::seconds(2);

// --- Login ---
enum class LoginField : std::uint8_t { kServer, kName, kPassword, kInvite, kLogIn, kCreate, kQuit };

struct LoginState {
  Editor server, name, password, invite;
  LoginField focus = LoginField::kName;
  bool asks_invite = false;  // The server wants a code for a new account.
  bool creating = false;     // What `waiting` or `retry_at` is about.
  std::optional<Waiting> waiting;
  std::string error;
  std::optional<MonoTime> retry_at;  // The server was away: the same again then.
  int tries = 0;
};

// --- Home ---
struct HomeState {
  Editor filter;
  Target selected;  // None or gone: the first row.
};

// --- Chat ---
struct CompletionState {
  Completion completion;
  std::size_t chosen = 0;
  std::string text{};  // The input with the chosen one; any other text ends it.
};

struct ChatState {
  std::uint64_t channel = 0;
  Editor input;
  History history;
  std::optional<CompletionState> completing;  // While Tab is pressed.
  std::map<std::uint64_t, LogView> logs;      // By channel.
  bool channels_shown = true;
  bool members_shown = true;
  LogPage page;                 // As last drawn.
  std::uint64_t looked_at = 0;  // The channel whose end somebody looked at then; 0: none.
};

// --- What lies over a page ---
struct TextOverlay {  // Help, members.
  std::string title;
  std::vector<std::pair<std::string, std::string>> lines;  // What, and what about it.
  int scroll = 0;
  int scroll_max = 0;  // As last drawn: a row for each line, or more where it is long.
};
struct SwitcherOverlay {
  Editor what;
  std::size_t selected = 0;
};
struct FindOverlay {
  Editor what;
  bool none = false;  // There is no (further) one.
};
struct HistoryOverlay {
  Editor what;
  std::size_t skip = 0;
};
struct PasteOverlay {
  std::string text;
  std::size_t lines = 0;
};
enum class CreateField : std::uint8_t { kName, kTopic, kPrivate, kCreate };
struct CreateOverlay {
  Editor name, topic;
  bool is_private = false;
  CreateField focus = CreateField::kName;
  std::string error;
};
struct DirectOverlay {
  Editor name;
  std::string error;
};
using Overlay = std::variant<std::monostate, TextOverlay, SwitcherOverlay, FindOverlay,
                             HistoryOverlay, PasteOverlay, CreateOverlay, DirectOverlay>;

// An action of client/update.h that was asked for here.
struct Asked {
  Waiting waiting;
  bool opens = false;     // The channel it is about is shown when it is done.
  std::string then_send;  // Sent there at once: /msg USER TEXT.
};

struct State {
  // Fixed for a run.
  Keymap keymap;
  client::NameColors name_colors = client::NameColors::kXep0392;

  Page page = Page::kLogin;
  LoginState login;
  HomeState home;
  ChatState chat;
  Overlay overlay;

  Size size;
  bool focused = true;  // Until the terminal says otherwise.
  bool mouse = true;
  std::optional<Notice> notice;
  std::optional<MonoTime> quit_armed;  // When Ctrl+C was pressed on an empty input.
  std::optional<MonoTime> next_try;    // The model's next_try as a point in time.
  bool server_known = true;            // False: the next log-in is the first of this user.
  std::string open_first;              // A channel to show once the channels are known.

  std::uint64_t last_action = 0;
  std::map<std::uint64_t, Asked> asked;  // By id of the action.

  std::vector<Spotted> spotted;  // What can be clicked, as last drawn.
};

// Where a text is being typed now; null: nowhere.
Editor* FocusedEditor(State& state);

Context ContextOf(Page page);

// The channel shown; null: none, or gone.
const client::ChannelModel* ShownChannel(const State& state, const client::Model& model);

// When the screen changes without input: a spinner, a countdown, a notice that goes. None: never.
std::optional<MonoTime> NextChange(const State& state, const client::Model& model, MonoTime now);

}  // namespace yap::tui
