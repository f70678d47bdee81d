#include "tui/input/editor_layout.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "unicode/width.h"

namespace yap::tui {
namespace {

constexpr std::string_view kMask = "•";
// Of the widest cluster.
constexpr int kColumnsMin = 2;

class Layouter {
 public:
  explicit Layouter(int columns) : columns_(columns) { layout_.rows.emplace_back(); }

  void Add(std::size_t offset, const Row& cells) {
    if (Column() + Glyph(cells, 0) > columns_) layout_.rows.emplace_back();
    AddStop(offset);
    for (std::size_t i = 0; i < cells.size();) {
      const auto width = static_cast<std::size_t>(Glyph(cells, i));
      if (Column() + static_cast<int>(width) > columns_) layout_.rows.emplace_back();
      std::copy_n(cells.begin() + static_cast<std::ptrdiff_t>(i), width,
                  std::back_inserter(layout_.rows.back()));
      i += width;
    }
  }

  void AddNewline(std::size_t offset) {
    AddStop(offset);
    layout_.rows.emplace_back();
  }

  EditorLayout Finish(std::size_t end) {
    if (Column() == columns_) layout_.rows.emplace_back();
    AddStop(end);
    return std::move(layout_);
  }

 private:
  // The columns of the glyph that begins at `i`.
  static int Glyph(const Row& cells, std::size_t i) {
    if (i >= cells.size()) return 0;
    return i + 1 < cells.size() && cells[i + 1].glyph.empty() ? 2 : 1;
  }

  int Column() const { return static_cast<int>(layout_.rows.back().size()); }

  // Before the newline of a full row the cursor stands on its last cell.
  void AddStop(std::size_t offset) {
    const int row = static_cast<int>(layout_.rows.size()) - 1;
    layout_.stops.push_back({offset, row, std::min(Column(), columns_ - 1)});
  }

  const int columns_;
  EditorLayout layout_;
};

}  // namespace

const EditorLayout::Stop& EditorLayout::At(std::size_t offset) const {
  const auto found = std::ranges::lower_bound(stops, offset, {}, &Stop::offset);
  return found == stops.end() ? stops.back() : *found;
}

EditorLayout LayOut(std::string_view text, int columns, bool masked) {
  Layouter layouter(std::max(columns, kColumnsMin));
  std::size_t offset = 0;
  unicode::ForEachGrapheme(text, [&](const unicode::Grapheme& g) {
    if (g.bytes == "\n" && !masked) {
      layouter.AddNewline(offset);
    } else {
      layouter.Add(offset, CellsOf(masked ? kMask : g.bytes));
    }
    offset += g.bytes.size();
  });
  return layouter.Finish(text.size());
}

}  // namespace yap::tui
