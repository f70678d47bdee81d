#include "tui/terminal/painter.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/check.h"
#include "unicode/code_points.h"
#include "unicode/sanitize.h"
#include "unicode/width.h"

namespace yap::tui {
namespace {

constexpr std::string_view kSyncBegin = "\x1b[?2026h";
constexpr std::string_view kSyncEnd = "\x1b[?2026l";
constexpr std::string_view kHideCursor = "\x1b[?25l";
constexpr std::string_view kShowCursor = "\x1b[?25h";
constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kClear = "\x1b[0m\x1b[2J";

bool IsAscii(std::string_view glyph) {
  return glyph.size() == 1 && glyph[0] >= 0x20 && glyph[0] < 0x7F;
}

// Whether every terminal agrees about the width and draws it apart from its neighbours: single
// characters of scripts without joining, of box drawing, and of old CJK.
bool IsSettled(std::string_view glyph) {
  if (IsAscii(glyph)) return true;
  const auto c = unicode::DecodeAt(glyph, 0);
  if (c.bytes != glyph.size()) return false;
  const char32_t v = c.value;
  return (v >= 0xA1 && v < 0x300 && v != 0xAD) || (v >= 0x370 && v < 0x483) ||
         (v >= 0x2010 && v < 0x2028) || (v >= 0x2500 && v < 0x25A0) ||
         (v >= 0x3041 && v < 0x3097) || (v >= 0x30A1 && v < 0x30FB) ||
         (v >= 0x4E00 && v < 0xA000) || (v >= 0xAC00 && v < 0xD7A4);
}

// Columns of a glyph that may be drawn: a cluster, and what has no width after it. 0: it may not.
int DrawnColumns(std::string_view glyph) {
  if (IsAscii(glyph)) return 1;
  unicode::Grapheme first;
  unicode::GraphemeIterator(glyph).Next(first);
  const bool one = unicode::Columns(glyph) == first.columns;
  return one && unicode::Visible(glyph) == glyph ? first.columns : 0;
}

// Leaves a frame of which every glyph is harmless and has its columns.
void Repair(Frame& frame) {
  const auto columns = static_cast<std::size_t>(frame.columns);
  for (std::size_t i = 0; i < frame.spots.size(); ++i) {
    Spot& spot = frame.spots[i];
    if (spot.glyph.empty()) spot.glyph = " ";  // Without a first half, which would have taken it.
    const bool has_half = (i + 1) % columns != 0 && frame.spots[i + 1].glyph.empty();
    const int drawn = DrawnColumns(spot.glyph);
    if (drawn == 0) spot.glyph = "\uFFFD";
    if (drawn == 2 && !has_half) spot.glyph = " ";
    if (drawn == 0 || !has_half) continue;
    ++i;
    frame.spots[i].style = spot.style;
  }
}

// Writes cells, moving and changing colours only where it must.
class Writer {
 public:
  explicit Writer(const Frame& frame) : frame_(frame) {}

  // `width`: 1 or 2 spots from `at` on, which are one glyph.
  void Draw(std::size_t at, std::size_t width) {
    const Spot& spot = frame_.spots[at];
    const bool settled = IsSettled(spot.glyph);
    MoveTo(at);
    UseStyle(spot.style);
    if (width == 2 && !settled) {  // Where it is drawn in one, the other is blank.
      out_ += "  ";
      place_.reset();
      MoveTo(at);
    }
    out_ += spot.glyph;
    const std::size_t after = at + width;
    const bool row_ends = after % static_cast<std::size_t>(frame_.columns) == 0;
    place_ = settled && !row_ends ? std::optional(after) : std::nullopt;
  }

  void PutCursor() {
    out_ += kPlain;
    if (!frame_.cursor) return;
    Append(frame_.cursor->row, frame_.cursor->column);
    out_ += kShowCursor;
  }

  std::string& out() { return out_; }

 private:
  void Append(int row, int column) {
    fmt::format_to(std::back_inserter(out_), "\x1b[{};{}H", row + 1, column + 1);
  }

  void MoveTo(std::size_t at) {
    if (place_ == at) return;
    const auto columns = static_cast<std::size_t>(frame_.columns);
    Append(static_cast<int>(at / columns), static_cast<int>(at % columns));
    place_ = at;
  }

  void UseStyle(const Style& style) {
    if (pen_ == style) return;
    pen_ = style;
    out_ += "\x1b[0";
    if (style.bold) out_ += ";1";
    if (style.dim) out_ += ";2";
    if (style.underline) out_ += ";4";
    if (style.reverse) out_ += ";7";
    if (style.foreground) {
      const auto [red, green, blue] = *style.foreground;
      fmt::format_to(std::back_inserter(out_), ";38;2;{};{};{}", red, green, blue);
    } else if (style.index) {
      AppendIndex(*style.index);
    }
    out_ += 'm';
  }

  void AppendIndex(std::uint8_t index) {
    auto out = std::back_inserter(out_);
    if (index < 8) {
      fmt::format_to(out, ";{}", 30 + index);
    } else if (index < 16) {
      fmt::format_to(out, ";{}", 90 + index - 8);
    } else {
      fmt::format_to(out, ";38;5;{}", index);
    }
  }

  const Frame& frame_;
  std::string out_;
  std::optional<std::size_t> place_;  // Where the terminal's cursor is; none: not known.
  Style pen_;
};

Frame Blank(const Frame& like) {
  return {like.columns, like.rows, std::vector<Spot>(like.spots.size()), std::nullopt};
}

void DrawChanges(const Frame& last, const Frame& frame, Writer& writer) {
  const std::size_t size = frame.spots.size();
  for (std::size_t at = 0; at < size;) {
    const bool wide = at + 1 < size && frame.spots[at + 1].glyph.empty();
    const std::size_t width = wide ? 2 : 1;
    const bool same =
        frame.spots[at] == last.spots[at] && (!wide || frame.spots[at + 1] == last.spots[at + 1]);
    if (!same) writer.Draw(at, width);
    at += width;
  }
}

}  // namespace

std::string Painter::Paint(Frame frame) {
  YAP_CHECK(std::ssize(frame.spots) == std::ptrdiff_t{frame.columns} * frame.rows);
  Repair(frame);
  const bool whole = !last_ || last_->columns != frame.columns || last_->rows != frame.rows;
  const std::optional<Frame::Cursor> cursor = whole ? std::nullopt : last_->cursor;
  const Frame last = whole ? Blank(frame) : *std::exchange(last_, std::nullopt);
  Writer writer(frame);
  DrawChanges(last, frame, writer);
  const bool changed = whole || !writer.out().empty() || cursor != frame.cursor;
  std::string out;
  if (changed) {
    writer.PutCursor();
    out.append(kSyncBegin).append(kHideCursor).append(whole ? kClear : "");
    out.append(writer.out()).append(kSyncEnd);
  }
  last_ = std::move(frame);
  return out;
}

}  // namespace yap::tui
