// tui/pages/view_internal.h: the parts of Draw, a file for each page, and what they share.
#pragma once

#include <ftxui/dom/elements.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tui/pages/canvas.h"
#include "tui/pages/state.h"

namespace yap::tui {

// What a view is made of. The state is changed only where logs keep what they have wrapped.
struct Scene {
  State& state;
  const client::Model& model;
  MonoTime now;
};

ftxui::Element LoginView(const Scene& scene);
ftxui::Element HomeView(const Scene& scene);
ftxui::Element ChatView(const Scene& scene);
// What lies over the page; null: nothing does, or it is a line of the chat.
ftxui::Element OverlayView(const Scene& scene);

// `left` at the left and `right` at the right of exactly `columns`; the left is cut first.
Row Spread(Row left, Row right, int columns);
// "[Log in]", reversed where it has the focus.
Row Button(std::string_view label, bool focused);
// A field to type in of `columns`: the end of the text, then underlines.
Row Field(const Editor::Shape& shape, int columns);
// Keys and what they do, as many of the first as fit: "Enter open  Esc back".
using KeyHints = std::vector<std::pair<std::string, std::string>>;
Row Hints(const KeyHints& keys, int columns);
// The last row of a page, or rows: what there is to say, else its keys.
std::vector<Row> BottomRows(const Scene& scene, const KeyHints& keys);
// "● online", "◌ reconnecting (3 s)", "○ offline, 2 queued".
Row ConnectionCells(const Scene& scene);
// The notice, what is waited for, a second Ctrl+C; empty: none of them.
Row NoticeCells(const Scene& scene);
// A framed box in the middle, with the page visible around it.
ftxui::Element Panel(const std::string& title, ftxui::Element inside);
// "1 message", "2 messages".
std::string Count(std::uint64_t count, std::string_view one);
// The first of `size` rows that a list of `count` shows, so that `selected` is among them.
std::size_t FirstShown(std::size_t selected, std::size_t count, std::size_t size);
// All cells of `row` in `role`, whatever they were.
Row InRole(Row row, Role role);

}  // namespace yap::tui
