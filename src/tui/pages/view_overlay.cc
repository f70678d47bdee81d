#include <fmt/format.h>

#include <algorithm>

#include "tui/pages/lists.h"
#include "tui/pages/view_internal.h"

namespace yap::tui {
namespace {

using namespace ftxui;  // NOLINT: its elements read as words.

constexpr int kPanelColumnsMax = 76;
constexpr int kSwitcherRows = 10;

// Inside of the frame and its blank columns.
int PanelColumns(const Scene& scene, int max = kPanelColumnsMax) {
  return std::min(max, scene.state.size.columns - 4);
}

Element Padded(Elements rows, int columns) {
  return hbox({text(" "), vbox(std::move(rows)), text(" ")}) |
         ftxui::size(WIDTH, EQUAL, columns + 2);
}

Element LabelledField(std::string_view label, const Editor& editor, bool focused, int columns) {
  constexpr int kLabel = 9;
  const auto shape = editor.Show(columns - kLabel - 1, 1);
  Row row = Fit(CellsOf(label, focused ? Role::kAccent : Role::kDim), kLabel);
  const Row field = Field(shape, columns - kLabel);
  row.insert(row.end(), field.begin(), field.end());
  const auto caret = focused ? std::optional(Caret{kLabel + shape.column, 0}) : std::nullopt;
  return Block(std::vector<Row>{std::move(row)}, caret);
}

// What went wrong, or what is waited for, or how to go on.
Element Foot(const Scene& scene, const std::string& error, Row hints, int columns) {
  if (!scene.state.asked.empty()) return Block(NoticeCells(scene));
  if (!error.empty()) return Block(Wrap(error, columns, 0, Role::kError));
  return Block(Fit(std::move(hints), columns));
}

Element View(const Scene&, const std::monostate&) { return nullptr; }
// Lines of the chat: view_chat.cc.
Element View(const Scene&, const FindOverlay&) { return nullptr; }
Element View(const Scene&, const HistoryOverlay&) { return nullptr; }

// "Ctrl+K   Go to a channel…": what and about it side by side, the latter in as many rows as it
// takes; a `what` that is too long has a row of its own.
void AddEntry(std::vector<Row>& rows, const std::string& what, const std::string& about, int first,
              int columns) {
  Row head = CellsOf(what, about.empty() ? Role::kDim : Role::kAccent);
  if (about.empty() || static_cast<int>(head.size()) > first) {
    rows.push_back(Fit(std::exchange(head, {}), columns));
    if (about.empty()) return;
  }
  for (const Row& part : Wrap(about, columns - first - 2, 0, Role::kText)) {
    Row row = Fit(std::exchange(head, {}), first + 2);
    row.insert(row.end(), part.begin(), part.end());
    rows.push_back(std::move(row));
  }
}

Element View(const Scene& scene, TextOverlay& overlay) {
  const int columns = PanelColumns(scene);
  const int room = std::max(1, scene.state.size.rows - 4);
  std::vector<Row> rows;
  for (const auto& [what, about] : overlay.lines) {
    AddEntry(rows, what, about, columns / 3, columns);
  }
  const int count = static_cast<int>(rows.size());
  overlay.scroll_max = std::max(0, count - room);
  const int from = std::min(overlay.scroll, overlay.scroll_max);
  const int to = std::min(from + room, count);
  rows = {rows.begin() + from, rows.begin() + to};
  const std::string place =
      overlay.scroll_max > 0 ? fmt::format(" {}–{} of {} ·", from + 1, to, count) : "";
  return Panel(fmt::format("{} ·{} Esc closes", overlay.title, place),
               Padded({Block(std::move(rows))}, columns));
}

Element View(const Scene& scene, const SwitcherOverlay& switcher) {
  const int columns = PanelColumns(scene, 44);
  const auto found = Switchable(scene.model, switcher.what.text());
  const auto room = static_cast<std::size_t>(std::min(kSwitcherRows, scene.state.size.rows - 5));
  const std::size_t first = FirstShown(switcher.selected, found.size(), room);
  const auto shape = switcher.what.Show(columns - 3, 1);
  Row typed = CellsOf("› ", Role::kAccent);
  if (!shape.rows.empty()) typed.insert(typed.end(), shape.rows[0].begin(), shape.rows[0].end());
  Elements rows = {Block(std::vector<Row>{std::move(typed)}, Caret{2 + shape.column, 0})};
  std::vector<Row> lines;
  for (std::size_t i = first; i < found.size() && lines.size() < room; ++i) {
    const auto unread = found[i]->unread();
    Row count = CellsOf(unread > 0 ? fmt::format("{} new", unread) : "", Role::kUnread);
    Row line = Spread(CellsOf(found[i]->title), std::move(count), columns);
    lines.push_back(i == switcher.selected ? InRole(std::move(line), Role::kSelected) : line);
  }
  if (found.empty())
    lines = {Fit(CellsOf("No channel of yours is like this", Role::kDim), columns)};
  rows.push_back(Block(std::move(lines)));
  return Panel("Go to", Padded(std::move(rows), columns));
}

Element View(const Scene& scene, const PasteOverlay& paste) {
  const int columns = PanelColumns(scene);
  const auto room = static_cast<std::size_t>(std::clamp(scene.state.size.rows - 6, 1, 8));
  std::vector<Row> preview = Wrap(paste.text, columns, 0, Role::kDim);
  if (preview.size() > room) {
    preview.resize(room);
    preview.back() = CellsOf("…", Role::kDim);
  }
  Row hints = Hints({{"Enter", "put it into the message"}, {"Esc", "forget it"}}, columns);
  return Panel(fmt::format("Paste {} lines?", paste.lines),
               Padded({Block(std::move(preview)), Block(std::move(hints))}, columns));
}

Element View(const Scene& scene, const CreateOverlay& create) {
  const int columns = PanelColumns(scene, 52);
  const auto focused = [&](CreateField field) { return create.focus == field; };
  const bool here = focused(CreateField::kPrivate);
  Row box = Fit(CellsOf("Private", here ? Role::kAccent : Role::kDim), 9);
  Append(box, create.is_private ? "[x]" : "[ ]", here ? Role::kSelected : Role::kText);
  Append(box, " by invitation only", Role::kDim);
  Row hints =
      Hints({{"Tab", "next"}, {"Space", "tick"}, {"Enter", "create"}, {"Esc", "close"}}, columns);
  return Panel("Create a channel",
               Padded({LabelledField("Name", create.name, focused(CreateField::kName), columns),
                       LabelledField("Topic", create.topic, focused(CreateField::kTopic), columns),
                       Block(Fit(std::move(box), columns)),
                       Block(Button("Create", focused(CreateField::kCreate))) | hcenter,
                       Foot(scene, create.error, std::move(hints), columns)},
                      columns));
}

Element View(const Scene& scene, const DirectOverlay& direct) {
  const int columns = PanelColumns(scene, 52);
  Row hints = Hints({{"Enter", "open"}, {"Esc", "close"}}, columns);
  return Panel("Direct message", Padded({LabelledField("To", direct.name, true, columns),
                                         Foot(scene, direct.error, std::move(hints), columns)},
                                        columns));
}

}  // namespace

Element OverlayView(const Scene& scene) {
  return std::visit([&](auto& overlay) { return View(scene, overlay); }, scene.state.overlay);
}

}  // namespace yap::tui
