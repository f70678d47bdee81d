#include "tui/text/line_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <iterator>
#include <string_view>
#include <utility>

#include "unicode/fold.h"
#include "unicode/width.h"

namespace yap::tui {
namespace {

using client::ChatLine;
using client::LineState;

constexpr std::string_view kAction = "* ";
constexpr int kTimeColumns = 5;  // "12:34"
constexpr int kPrefixColumns = kTimeColumns + 1 + kNameColumns + 1;

std::tm LocalTime(WallTime time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm out{};
  ::localtime_r(&seconds, &out);
  return out;
}

// A message that has just been typed may have none.
bool HasTime(const ChatLine& line) { return line.time != WallTime(); }

bool SameDay(const std::tm& a, const std::tm& b) {
  return a.tm_year == b.tm_year && a.tm_yday == b.tm_yday;
}

std::string DayOf(WallTime time) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "January", "February", "March",     "April",   "May",      "June",
      "July",    "August",   "September", "October", "November", "December"};
  const std::tm local = LocalTime(time);
  return fmt::format("{} {} {}", local.tm_mday, kMonths[static_cast<std::size_t>(local.tm_mon)],
                     local.tm_year + 1900);
}

std::string MinuteOf(WallTime time) {
  const std::tm local = LocalTime(time);
  return fmt::format("{:02}:{:02}", local.tm_hour, local.tm_min);
}

bool IsAction(const ChatLine& line) { return line.message && line.text.starts_with(kAction); }

bool IsGrouped(const ChatLine& line, const ChatLine& before) {
  const bool talk = line.message && before.message && !IsAction(line) && !IsAction(before);
  const bool soon =
      !HasTime(line) || std::chrono::abs(line.time - before.time) <= WallTime::duration(kGroupFor);
  return talk && soon && line.user == before.user;
}

// "── label ────…", as wide as the log.
Row Rule(std::string_view label, Role role, const LogStyle& style) {
  const std::string_view dash = style.ascii ? "-" : "─";
  Row row = CellsOf(fmt::format("{0}{0} {1} ", dash, label), role);
  while (std::ssize(row) < style.columns) row.push_back({std::string(dash), role});
  return Fit(std::move(row), style.columns);
}

// Gives the cells of `row` in which `folded` stands the role of what is found.
void MarkFound(Row& row, std::string_view folded) {
  std::string text;
  std::vector<std::size_t> cell_of;  // By byte of `text`.
  for (std::size_t i = 0; i < row.size(); ++i) {
    text += unicode::CaseFolded(row[i].glyph);
    cell_of.resize(text.size(), i);
  }
  for (std::size_t at = 0; (at = text.find(folded, at)) != std::string::npos; at += folded.size()) {
    std::size_t end = cell_of[at + folded.size() - 1] + 1;
    while (end < row.size() && row[end].glyph.empty()) ++end;
    for (std::size_t i = cell_of[at]; i < end; ++i) row[i].role = Role::kFound;
  }
}

// One line's rows.
class LineWriter {
 public:
  LineWriter(const ChatLine& line, const Heading& heading, const LogStyle& style)
      : line_(line), heading_(heading), style_(style), folded_(style.columns < kFoldColumns) {}

  std::vector<Row> Write() {
    if (heading_.day) rows_.push_back(Rule(DayOf(line_.time), Role::kDim, style_));
    if (heading_.unread) rows_.push_back(Rule("unread", Role::kUnread, style_));
    if (folded_ && heading_.name && HasName()) rows_.push_back(NameRow());
    AddText();
    if (line_.state == LineState::kFailed) AddReason();
    return std::move(rows_);
  }

 private:
  bool HasName() const { return line_.message && !IsAction(line_); }

  Role TextRole() const {
    if (line_.state == LineState::kPending) return Role::kDim;
    if (!line_.message) return Role::kNews;
    return line_.mentions_self ? Role::kMention : Role::kText;
  }

  std::string Text() const {
    if (HasName()) return line_.text;
    const std::string_view what =
        IsAction(line_) ? std::string_view(line_.text).substr(kAction.size()) : line_.text;
    return fmt::format("{} {}", line_.user, what);
  }

  Row Name() const {
    Row name = NameCells(line_.user, style_.name_colors);
    for (Cell& cell : name) {
      cell.bold = line_.user == style_.self;
      if (line_.state == LineState::kPending) cell.role = Role::kDim;
    }
    return name;
  }

  // Folded: "ada 12:34".
  Row NameRow() const {
    Row row = Name();
    Append(row, HasTime(line_) ? " " + MinuteOf(line_.time) : "", Role::kDim);
    return Fit(std::move(row), style_.columns);
  }

  // "…", "!"; empty: it is sent.
  Row Mark() const {
    switch (line_.state) {
      case LineState::kPending:
        return CellsOf(style_.ascii ? "..." : "…", Role::kDim);
      case LineState::kFailed:
        return CellsOf("!", Role::kError);
      case LineState::kSent:
        break;
    }
    return {};
  }

  // Time or mark, and name, in kPrefixColumns.
  Row Prefix() const {
    Row time = Mark();
    if (time.empty() && heading_.time) time = CellsOf(MinuteOf(line_.time), Role::kDim);
    Row name = HasName() ? (heading_.name ? Name() : Row()) : CellsOf("*", Role::kNews);
    Row row;
    AppendRight(row, std::move(time), kTimeColumns);
    AppendRight(row, std::move(name), kNameColumns);
    return row;
  }

  Row FoldedPrefix() const { return HasName() ? Blank() : Row(); }

  // `cells` at the right of `columns`, and a blank.
  static void AppendRight(Row& row, Row cells, int columns) {
    if (std::ssize(cells) > columns) {
      const Cell like = cells.front();
      cells = Fit(std::move(cells), columns);
      cells.back().color = like.color;
      cells.back().bold = like.bold;
    }
    row.resize(row.size() + static_cast<std::size_t>(columns) - cells.size(), Cell{" "});
    std::ranges::move(cells, std::back_inserter(row));
    row.push_back({" "});
  }

  // Folded, what has no place of its own stands before the text.
  void AddText() {
    std::string text = Text();
    if (folded_ && line_.state == LineState::kPending) text.insert(0, style_.ascii ? "... " : "… ");
    if (folded_ && line_.state == LineState::kFailed) text.insert(0, "! ");
    if (folded_ && !HasName()) text.insert(0, "* ");
    Row prefix = folded_ ? FoldedPrefix() : Prefix();
    auto rows = Wrap(text, TextColumns(), 0, TextRole());
    if (!HasName())
      ColorName(rows.front(), unicode::Columns(text.substr(0, text.find(line_.user))));
    for (Row& row : rows) {
      if (!style_.find.empty()) MarkFound(row, unicode::CaseFolded(style_.find));
      AddRow(std::exchange(prefix, Blank()), std::move(row));
    }
  }

  // Whoever joined or waves stands there in the colour of the name.
  void ColorName(Row& row, int column) const {
    auto at = static_cast<std::size_t>(column);
    for (const Cell& cell : NameCells(line_.user, style_.name_colors)) {
      if (at < row.size()) row[at++] = cell;
    }
  }

  void AddReason() {
    const std::string text = fmt::format("not sent: {}; /retry or /drop", line_.reason);
    for (Row& row : Wrap(text, TextColumns(), 0, Role::kError)) AddRow(Blank(), std::move(row));
  }

  // Folded, too, nothing that a text says begins where names and news do.
  int Indent() const {
    if (!folded_) return kPrefixColumns;
    return style_.columns > 1 ? 1 : 0;
  }

  int TextColumns() const { return style_.columns - Indent(); }

  Row Blank() const { return Row(static_cast<std::size_t>(Indent()), Cell{" "}); }

  void AddRow(Row prefix, Row text) {
    std::ranges::move(text, std::back_inserter(prefix));
    rows_.push_back(std::move(prefix));
  }

  const ChatLine& line_;
  const Heading& heading_;
  const LogStyle& style_;
  const bool folded_;
  std::vector<Row> rows_;
};

}  // namespace

Heading HeadingOf(const ChatLine& line, const ChatLine* before, const LogStyle& style) {
  Heading out;
  const std::tm now = LocalTime(line.time);
  const std::tm then = before ? LocalTime(before->time) : std::tm{};
  out.day = HasTime(line) && (!before || !SameDay(now, then));
  const bool unread = style.unread_after != 0 && line.seq > style.unread_after;
  out.unread =
      unread && (before ? before->seq <= style.unread_after : line.seq == style.unread_after + 1);
  out.name = !before || out.day || out.unread || !IsGrouped(line, *before);
  const bool new_minute = now.tm_min != then.tm_min || now.tm_hour != then.tm_hour;
  out.time = HasTime(line) && (out.name || new_minute);
  return out;
}

std::vector<Row> LineRows(const ChatLine& line, const Heading& heading, const LogStyle& style) {
  return LineWriter(line, heading, style).Write();
}

}  // namespace yap::tui
