#include "tui/pages/canvas.h"

#include <ftxui/dom/node.hpp>

#include <algorithm>
#include <utility>

namespace yap::tui {
namespace {

// FTXUI's screen with our cells beside its pixels. A pixel that is ours has the mark as its
// hyperlink, which FTXUI resets with the pixel where something is drawn over it.
constexpr std::uint8_t kOurs = 1;

class CellScreen final : public ftxui::Screen {
 public:
  CellScreen(int columns, int rows)
      : ftxui::Screen(columns, rows), cells_(static_cast<std::size_t>(columns * rows)) {}

  void Put(int column, int row, const Cell& cell) {
    ftxui::Pixel& pixel = PixelAt(column, row);
    pixel.character = cell.glyph;
    pixel.hyperlink = kOurs;
    At(column, row) = cell;
  }
  // Lines that FTXUI drew are dim.
  Cell CellAt(int column, int row) {
    const ftxui::Pixel& pixel = PixelAt(column, row);
    if (pixel.hyperlink == kOurs && pixel.character == At(column, row).glyph) {
      return At(column, row);
    }
    return {.glyph = pixel.character, .role = Role::kDim};
  }

  std::optional<Caret> caret;
  std::vector<Spotted> spotted;

 private:
  Cell& At(int column, int row) { return cells_[static_cast<std::size_t>(row * dimx_ + column)]; }

  std::vector<Cell> cells_;
};

class BlockNode final : public ftxui::Node {
 public:
  BlockNode(std::vector<Line> lines, std::optional<Caret> caret)
      : lines_(std::move(lines)), caret_(caret) {}

  void ComputeRequirement() override {
    requirement_.min_y = static_cast<int>(lines_.size());
    for (const Line& line : lines_) {
      requirement_.min_x = std::max(requirement_.min_x, static_cast<int>(line.cells.size()));
    }
  }

  // Only DrawElement renders, on a CellScreen.
  void Render(ftxui::Screen& screen) override {
    auto& cells = static_cast<CellScreen&>(screen);
    const ftxui::Box box = ftxui::Box::Intersection(box_, screen.stencil);
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const int row = box_.y_min + static_cast<int>(i);
      if (row < box.y_min || row > box.y_max || box.x_min > box.x_max) continue;
      RenderLine(lines_[i], row, box, cells);
    }
    if (caret_ && box.Contain(box_.x_min + caret_->column, box_.y_min + caret_->row)) {
      cells.caret = Caret{box_.x_min + caret_->column, box_.y_min + caret_->row};
    }
  }

 private:
  void RenderLine(const Line& line, int row, const ftxui::Box& box, CellScreen& cells) const {
    const int columns = box.x_max - box_.x_min + 1;
    const bool cut = static_cast<int>(line.cells.size()) > columns;
    const Row shown = cut ? Fit(line.cells, columns) : line.cells;
    int column = box_.x_min;
    for (const Cell& cell : shown) cells.Put(column++, row, cell);
    if (line.target.what == Target::What::kNone) return;
    cells.spotted.push_back({line.target, row, box_.x_min, column});
  }

  const std::vector<Line> lines_;
  const std::optional<Caret> caret_;
};

}  // namespace

ftxui::Element Block(std::vector<Line> lines, std::optional<Caret> caret) {
  return std::make_shared<BlockNode>(std::move(lines), caret);
}

ftxui::Element Block(std::vector<Row> rows, std::optional<Caret> caret) {
  std::vector<Line> lines;
  for (Row& row : rows) lines.push_back({std::move(row)});
  return Block(std::move(lines), caret);
}

ftxui::Element Block(Row row) {
  std::vector<Line> lines;
  lines.push_back({std::move(row)});
  return Block(std::move(lines));
}

Drawing DrawElement(const ftxui::Element& element, int columns, int rows, const Theme& theme) {
  CellScreen screen(columns, rows);
  ftxui::Render(screen, element);
  Drawing drawing{{columns, rows, {}, {}}, std::move(screen.spotted)};
  drawing.frame.spots.reserve(static_cast<std::size_t>(columns * rows));
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      const Cell cell = screen.CellAt(column, row);
      drawing.frame.spots.push_back({cell.glyph, theme.Of(cell)});
    }
  }
  if (screen.caret) drawing.frame.cursor = Frame::Cursor{screen.caret->column, screen.caret->row};
  return drawing;
}

}  // namespace yap::tui
