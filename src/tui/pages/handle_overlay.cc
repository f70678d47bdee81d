#include <algorithm>

#include "tui/pages/handle_internal.h"
#include "tui/pages/lists.h"
#include "unicode/names.h"

namespace yap::tui {
namespace {

void Close(Turn& turn) { turn.state.overlay = std::monostate(); }

int Clamp(int value, std::size_t size) {
  return std::clamp(value, 0, std::max(0, static_cast<int>(size) - 1));
}

void Take(Turn&, std::monostate, const Key&) {}

void Take(Turn& turn, TextOverlay& text, const Key& key) {
  const int page = std::max(1, turn.state.size.rows - 6);
  int move = 0;
  switch (key.code) {
    case KeyCode::kUp:
      move = -1;
      break;
    case KeyCode::kDown:
    case KeyCode::kEnter:
      move = 1;
      break;
    case KeyCode::kPageUp:
      move = -page;
      break;
    case KeyCode::kPageDown:
      move = page;
      break;
    case KeyCode::kHome:
      move = -text.scroll;
      break;
    case KeyCode::kEnd:
      move = text.scroll_max;
      break;
    case KeyCode::kText:
      if (key.text == "q") return Close(turn);
      move = key.text == " " ? page : 0;
      break;
    default:
      return;
  }
  text.scroll = std::clamp(text.scroll + move, 0, text.scroll_max);
}

void Take(Turn& turn, SwitcherOverlay& switcher, const Key& key) {
  const auto found = Switchable(turn.model, switcher.what.text());
  const bool up = key.code == KeyCode::kUp || key == *KeyNamed("ctrl+p");
  const bool down = key.code == KeyCode::kDown || key == *KeyNamed("ctrl+n") ||
                    key.code == KeyCode::kTab || key == *KeyNamed("ctrl+k");
  if (up || down) {
    const int at = static_cast<int>(switcher.selected) + (up ? -1 : 1);
    switcher.selected = static_cast<std::size_t>(Clamp(at, found.size()));
  } else if (key.code == KeyCode::kEnter) {
    if (switcher.selected >= found.size()) return;
    const std::uint64_t id = found[switcher.selected]->id;
    Close(turn);
    ShowChannel(turn, id);
  } else if (EditKey(turn, switcher.what, key)) {
    switcher.selected = 0;
  }
}

void Find(Turn& turn, FindOverlay& find, bool older) {
  const auto* channel = turn.Channel();
  if (!channel || find.what.empty()) return;
  find.none = !turn.state.chat.logs[channel->id].Find(*channel, find.what.text(), older);
}

void Take(Turn& turn, FindOverlay& find, const Key& key) {
  const bool older =
      key.code == KeyCode::kEnter || key.code == KeyCode::kUp || key == *KeyNamed("ctrl+f");
  if (older || key.code == KeyCode::kDown) {
    Find(turn, find, older);
  } else if (EditKey(turn, find.what, key)) {
    find.none = false;
  }
}

void Take(Turn& turn, HistoryOverlay& search, const Key& key) {
  ChatState& chat = turn.state.chat;
  if (key.code == KeyCode::kEnter) {
    if (auto text = chat.history.Search(search.what.text(), search.skip)) chat.input.Set(*text);
    Close(turn);
  } else if (key == *KeyNamed("ctrl+r") || key.code == KeyCode::kUp) {
    if (chat.history.Search(search.what.text(), search.skip + 1)) ++search.skip;
  } else if (key.code == KeyCode::kDown) {
    search.skip -= search.skip > 0 ? 1 : 0;
  } else if (EditKey(turn, search.what, key)) {
    search.skip = 0;
  }
}

// Enter takes it into the input; sending it is another Enter.
void Take(Turn& turn, PasteOverlay& paste, const Key& key) {
  if (key.code != KeyCode::kEnter) return;
  if (!turn.state.chat.input.Insert(paste.text)) {
    turn.Fail("That is more than a message can hold; nothing was pasted");
  }
  Close(turn);
}

void Create(Turn& turn, CreateOverlay& create) {
  std::string name = create.name.text();
  if (name.starts_with('#')) name.erase(0, 1);
  if (auto good = unicode::CheckChannelName(name); !good) {
    create.error = good.error().message;
    create.focus = CreateField::kName;
    return;
  }
  CreateChannelNamed(turn, name, create.topic.text(), create.is_private);
}

void MoveField(CreateOverlay& create, int steps) {
  constexpr int kFields = 4;
  create.focus =
      static_cast<CreateField>((static_cast<int>(create.focus) + steps + kFields) % kFields);
}

void Take(Turn& turn, CreateOverlay& create, const Key& key) {
  const bool space = IsText(key) && key.text == " ";
  switch (key.code) {
    case KeyCode::kTab:
    case KeyCode::kDown:
      return MoveField(create, 1);
    case KeyCode::kBacktab:
    case KeyCode::kUp:
      return MoveField(create, -1);
    case KeyCode::kEnter:
      return Create(turn, create);
    default:
      break;
  }
  if (create.focus == CreateField::kPrivate && space) create.is_private = !create.is_private;
  Editor* editor = FocusedEditor(turn.state);
  if (editor && EditKey(turn, *editor, key)) create.error.clear();
}

void Take(Turn& turn, DirectOverlay& direct, const Key& key) {
  if (key.code != KeyCode::kEnter) {
    if (EditKey(turn, direct.name, key)) direct.error.clear();
    return;
  }
  std::string name = direct.name.text();
  if (name.starts_with('@')) name.erase(0, 1);
  if (auto good = unicode::CheckUserName(name); !good) {
    direct.error = good.error().message;
    return;
  }
  OpenDirectWith(turn, name, "");
}

}  // namespace

void OverlayKey(Turn& turn, const Key& key) {
  if (key.code == KeyCode::kEscape) return Close(turn);
  std::visit([&](auto& overlay) { Take(turn, overlay, key); }, turn.state.overlay);
}

}  // namespace yap::tui
