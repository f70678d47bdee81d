// tui/pages/canvas.h: how cells get into FTXUI's layout and out of it again. FTXUI places elements
// and draws lines; what a cell looks like stays ours, beside its screen.
#pragma once

#include <ftxui/dom/elements.hpp>
#include <ftxui/screen/screen.hpp>
#include <optional>
#include <vector>

#include "tui/look/theme.h"
#include "tui/pages/target.h"
#include "tui/terminal/painter.h"
#include "tui/text/cells.h"

namespace yap::tui {

// A row of cells, and what it stands for.
struct Line {
  Row cells{};
  Target target{};
};

// The cursor's place in a Block.
struct Caret {
  int column = 0;
  int row = 0;
};

// Rows as an element: as wide as the widest, as high as they are many; cut where the box is
// smaller.
ftxui::Element Block(std::vector<Line> lines, std::optional<Caret> caret = {});
ftxui::Element Block(std::vector<Row> rows, std::optional<Caret> caret = {});
ftxui::Element Block(Row row);

// What an element became.
struct Drawing {
  Frame frame;
  std::vector<Spotted> spotted;
};
Drawing DrawElement(const ftxui::Element& element, int columns, int rows, const Theme& theme);

}  // namespace yap::tui
