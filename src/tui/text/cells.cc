#include "tui/text/cells.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "unicode/code_points.h"
#include "unicode/sanitize.h"
#include "unicode/width.h"

namespace yap::tui {
namespace {

constexpr std::string_view kNewlineMark = "↵";
constexpr std::string_view kNothingUnderMark = "◌";
constexpr std::string_view kEllipsis = "…";

// Characters that nobody sees: joiners, direction marks, byte order marks.
bool IsUnseen(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x2060 && c <= 0x206F) || c == 0x061C ||
         c == 0xFEFF || c == 0x00AD;
}

// What stands alone at the start of `line` and has no width: gone if it cannot be seen, on a ◌ if
// it is a mark. Elsewhere such clusters join what is before them.
std::string WithBase(std::string line) {
  unicode::Grapheme first;
  while (unicode::GraphemeIterator(line).Next(first) && first.columns == 0) {
    if (!IsUnseen(unicode::DecodeAt(line, 0).value)) return std::string(kNothingUnderMark) + line;
    line.erase(0, first.bytes.size());
  }
  return line;
}

// `text` without anything that is no glyph; one line.
std::string Printable(std::string_view text) {
  std::string out = unicode::Visible(text, {.keep_newline = true, .keep_tab = true});
  std::ranges::replace(out, '\t', ' ');
  for (std::size_t at = 0; (at = out.find('\n', at)) != std::string::npos;) {
    out.replace(at, 1, kNewlineMark);
  }
  return WithBase(std::move(out));
}

// The cell that what has no width is joined to. REQUIRES: !row.empty().
Cell& LastGlyph(Row& row) {
  return *std::ranges::find_if(row.rbegin(), row.rend(),
                               [](const Cell& c) { return !c.glyph.empty(); });
}

Row CellsOfPrintable(std::string_view text, Role role) {
  Row row;
  unicode::ForEachGrapheme(text, [&](const unicode::Grapheme& g) {
    if (g.columns == 0) {
      if (!row.empty()) LastGlyph(row).glyph += g.bytes;
      return;
    }
    row.push_back({std::string(g.bytes), role});
    if (g.columns == 2) row.push_back({"", role});
  });
  return row;
}

// The part of `line` behind its first row of `columns`; empty: there is none.
std::string_view AfterFirstRow(std::string_view line, int columns, std::string_view& first) {
  const auto rows = unicode::WrapLine(line, columns);
  first = rows.front();
  if (rows.size() == 1) return {};
  return line.substr(static_cast<std::size_t>(rows[1].data() - line.data()));
}

// Collects rows; all but the first are indented.
class RowWriter {
 public:
  RowWriter(int columns, int indent, Role role)
      : columns_(columns), indent_(indent * 2 <= columns ? indent : 0), role_(role) {}

  void AddLine(std::string_view line) {
    if (rows_.empty()) {
      std::string_view first;
      line = AfterFirstRow(line, columns_, first);
      AddRow(first, 0);
      if (line.empty()) return;
    }
    for (const std::string_view row : unicode::WrapLine(line, columns_ - indent_)) {
      AddRow(row, indent_);
    }
  }

  std::vector<Row> Finish() { return std::move(rows_); }

 private:
  // A wide cluster that is alone in one column becomes an ellipsis.
  void AddRow(std::string_view text, int indent) {
    const int room = columns_ - indent;
    text.remove_prefix(JoinToLastRow(text));
    Row cells = CellsOfPrintable(text, role_);
    if (std::ssize(cells) > room) cells = Fit(std::move(cells), room);
    cells.insert(cells.begin(), static_cast<std::size_t>(indent), Cell{" ", role_});
    rows_.push_back(std::move(cells));
  }

  // What has no width and follows a cut stays with the row before. Returns its bytes.
  std::size_t JoinToLastRow(std::string_view text) {
    std::size_t bytes = 0;
    if (rows_.empty() || rows_.back().empty()) return bytes;
    unicode::GraphemeIterator it(text);
    for (unicode::Grapheme g; it.Next(g) && g.columns == 0;) bytes += g.bytes.size();
    LastGlyph(rows_.back()).glyph += text.substr(0, bytes);
    return bytes;
  }

  const int columns_;
  const int indent_;
  const Role role_;
  std::vector<Row> rows_;
};

}  // namespace

Row CellsOf(std::string_view text, Role role) {
  // The line editor asks for each character on every key.
  const bool letter = text.size() == 1 && text[0] >= 0x20 && text[0] < 0x7F;
  if (letter) return {Cell{std::string(text), role}};
  return CellsOfPrintable(Printable(text), role);
}

void Append(Row& row, std::string_view text, Role role) {
  std::ranges::move(CellsOf(text, role), std::back_inserter(row));
}

Row NameCells(std::string_view name, client::NameColors colors) {
  Row row = CellsOf(name, Role::kName);
  if (colors == client::NameColors::kOff) return row;
  const client::Rgb color = client::ColorOf(name, colors);
  for (Cell& cell : row) cell.color = color;
  return row;
}

Row Fit(Row row, int columns) {
  const auto size = static_cast<std::size_t>(std::max(columns, 0));
  if (row.size() <= size) {
    row.resize(size, Cell{" "});
    return row;
  }
  if (size == 0) return {};
  const bool halved = row[size - 1].glyph.empty();
  const Role role = row[size - 1].role;
  row.resize(size - 1);
  if (halved) row.back().glyph = " ";
  row.push_back({std::string(kEllipsis), role});
  return row;
}

std::vector<Row> Wrap(std::string_view text, int columns, int indent, Role role) {
  RowWriter writer(std::max(columns, 1), indent, role);
  for (;;) {
    const auto end = text.find('\n');
    writer.AddLine(Printable(text.substr(0, end)));
    if (end == std::string_view::npos) return writer.Finish();
    text.remove_prefix(end + 1);
  }
}

std::string TextOf(const Row& row) {
  std::string out;
  for (const Cell& cell : row) out += cell.glyph;
  out.resize(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace yap::tui
