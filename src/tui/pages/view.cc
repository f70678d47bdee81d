#include "tui/pages/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "tui/pages/layout.h"
#include "tui/pages/spinner.h"
#include "tui/pages/view_internal.h"

namespace yap::tui {
namespace {

using namespace ftxui;  // NOLINT: its elements read as words: vbox, hbox, flex.

Element TooSmall(const State& state) {
  const std::string sentence =
      fmt::format("yap needs {} columns and {} rows; this terminal has {} and {}.",
                  kSizeMin.columns, kSizeMin.rows, state.size.columns, state.size.rows);
  return Block(Wrap(sentence, std::max(1, state.size.columns), 0, Role::kText));
}

Element PageView(const Scene& scene) {
  switch (scene.state.page) {
    case Page::kLogin:
      return LoginView(scene);
    case Page::kHome:
      return HomeView(scene);
    case Page::kChat:
      return ChatView(scene);
  }
  return text("");
}

std::string SecondsLeft(MonoTime until, MonoTime now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(until - now).count();
  return fmt::format("{} s", std::max<std::int64_t>(left, 0));
}

// A wait up to this is a hiccup, not being offline.
constexpr auto kReconnecting = std::chrono::seconds(5);

}  // namespace

Frame Draw(State& state, const client::Model& model, const Theme& theme, MonoTime now) {
  const Scene scene{state, model, now};
  const bool fits = state.size.columns >= kSizeMin.columns && state.size.rows >= kSizeMin.rows;
  Element page = fits ? PageView(scene) : TooSmall(state);
  if (const Element over = fits ? OverlayView(scene) : nullptr) page = dbox({page, over});
  Drawing drawing = DrawElement(page, state.size.columns, state.size.rows, theme);
  state.spotted = std::move(drawing.spotted);
  if (!FocusedEditor(state)) drawing.frame.cursor.reset();  // What lies over it takes no text.
  return std::move(drawing.frame);
}

Row Spread(Row left, Row right, int columns) {
  const int room = columns - static_cast<int>(right.size());
  if (room < 0) return Fit(std::move(left), columns);
  Row row = Fit(std::move(left), room);
  row.insert(row.end(), right.begin(), right.end());
  return row;
}

Row InRole(Row row, Role role) {
  for (Cell& cell : row) cell.role = role;
  return row;
}

Row Button(std::string_view label, bool focused) {
  return CellsOf(fmt::format("[{}]", label), focused ? Role::kSelected : Role::kText);
}

Row Field(const Editor::Shape& shape, int columns) {
  Row row = shape.rows.empty() ? Row() : shape.rows[static_cast<std::size_t>(shape.row)];
  while (static_cast<int>(row.size()) < columns) Append(row, "_", Role::kDim);
  return Fit(std::move(row), columns);
}

Row Hints(const KeyHints& keys, int columns) {
  Row row;
  for (const auto& [key, what] : keys) {
    if (key.empty()) continue;
    Row hint = CellsOf(row.empty() ? "" : "  ", Role::kDim);
    Append(hint, key, Role::kAccent);
    Append(hint, " " + what, Role::kDim);
    if (static_cast<int>(row.size() + hint.size()) > columns) break;
    row.insert(row.end(), hint.begin(), hint.end());
  }
  return row;
}

std::vector<Row> BottomRows(const Scene& scene, const KeyHints& keys) {
  if (auto rows = LongNotice(scene.state); !rows.empty()) return rows;
  const int columns = scene.state.size.columns;
  Row row = NoticeCells(scene);
  if (row.empty()) row = Hints(keys, columns - 1);
  row.insert(row.begin(), {.glyph = " "});
  return {Fit(std::move(row), columns)};
}

Row ConnectionCells(const Scene& scene) {
  const client::Model& model = scene.model;
  const auto& next = scene.state.next_try;
  Row row;
  if (model.connection == client::Connection::kOnline) {
    Append(row, "● online", Role::kDim);
  } else if (model.connection == client::Connection::kConnecting) {
    Append(row, "◌ connecting", Role::kUnread);
  } else if (next && *next - scene.now <= kReconnecting) {
    Append(row, fmt::format("◌ reconnecting ({})", SecondsLeft(*next, scene.now)), Role::kUnread);
  } else {
    Append(row, "○ offline", Role::kError);
    if (next) Append(row, fmt::format(" ({})", SecondsLeft(*next, scene.now)), Role::kDim);
  }
  if (model.queued() > 0 && model.connection != client::Connection::kOnline) {
    Append(row, fmt::format(", {} queued", model.queued()), Role::kUnread);
  }
  return row;
}

Row NoticeCells(const Scene& scene) {
  const State& state = scene.state;
  if (state.quit_armed) return CellsOf("Ctrl+C again quits", Role::kUnread);
  if (state.notice) {
    return CellsOf(state.notice->text, state.notice->error ? Role::kError : Role::kNews);
  }
  if (state.asked.empty()) return {};
  const Waiting& waiting = state.asked.begin()->second.waiting;
  return CellsOf(fmt::format("{} {}…", SpinnerAt(waiting.since, scene.now), waiting.what),
                 Role::kNews);
}

Element Panel(const std::string& title, Element inside) {
  Row heading;
  Append(heading, " " + title + " ", Role::kAccent);
  return window(Block(std::move(heading)), std::move(inside)) | clear_under | center;
}

std::string Count(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::size_t FirstShown(std::size_t selected, std::size_t count, std::size_t size) {
  if (count <= size) return 0;
  const std::size_t first = selected > size / 2 ? selected - size / 2 : 0;
  return std::min(first, count - size);
}

}  // namespace yap::tui
