#include "unicode/width.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "unicode/code_points.h"

namespace yap::unicode {
namespace {

constexpr char32_t kZeroWidthJoiner = 0x200D;
constexpr char32_t kEmojiPresentation = 0xFE0F;  // VS16.
constexpr int kWide = 2;

const utf8proc_property_t& Properties(char32_t c) {
  return *utf8proc_get_property(static_cast<utf8proc_int32_t>(c));
}

bool IsRegionalIndicator(char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }

bool IsPictograph(char32_t c) {
  return Properties(c).boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

// Those that have an emoji form: with digits, # and * the keycaps.
bool TakesEmojiForm(char32_t c) {
  return IsPictograph(c) || (c >= '0' && c <= '9') || c == '#' || c == '*';
}

// Not assigned as of utf8proc's Unicode, but of blocks where what comes will be wide: the
// ideographic planes (EastAsianWidth.txt says so) and those that new emoji are put into.
bool WillBeWide(char32_t c) {
  return (c >= 0x20000 && c <= 0x3FFFD) || (c >= 0x1F300 && c <= 0x1F64F) ||
         (c >= 0x1F680 && c <= 0x1F6FF) || (c >= 0x1F900 && c <= 0x1F9FF) ||
         (c >= 0x1FA70 && c <= 0x1FAFF);
}

int CodePointColumns(char32_t c) {
  if (Properties(c).category == UTF8PROC_CATEGORY_CN) return WillBeWide(c) ? kWide : 1;
  return utf8proc_charwidth(static_cast<utf8proc_int32_t>(c));
}

// Length in bytes of the cluster at the start of `text`. REQUIRES: !text.empty().
std::size_t ClusterBytes(std::string_view text) {
  CodePoint current = DecodeAt(text, 0);
  std::size_t at = current.bytes;
  utf8proc_int32_t state = 0;
  while (current.valid && at < text.size()) {
    const CodePoint next = DecodeAt(text, at);
    if (!next.valid ||
        utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(current.value),
                                         static_cast<utf8proc_int32_t>(next.value), &state)) {
      break;
    }
    at += next.bytes;
    current = next;
  }
  return at;
}

int ClusterColumns(std::string_view cluster) {
  const CodePoint first = DecodeAt(cluster, 0);
  if (!first.valid) return 1;
  if (IsRegionalIndicator(first.value)) return first.bytes < cluster.size() ? kWide : 1;
  int columns = CodePointColumns(first.value);
  for (std::size_t at = first.bytes; at < cluster.size();) {
    const CodePoint c = DecodeAt(cluster, at);
    if (c.value == kZeroWidthJoiner && IsPictograph(first.value)) break;
    if (c.value == kEmojiPresentation && TakesEmojiForm(first.value)) return kWide;
    columns = std::max(columns, CodePointColumns(c.value));
    at += c.bytes;
  }
  return std::min(columns, kWide);
}

// The longest start of `text` in whole clusters that takes at most `columns`.
std::string_view Prefix(std::string_view text, int columns) {
  std::size_t end = 0;
  GraphemeIterator it(text);
  for (Grapheme g; it.Next(g);) {
    if (g.columns > columns) break;
    columns -= g.columns;
    end += g.bytes.size();
  }
  return text.substr(0, end);
}

// Cuts one line into rows; fed cluster by cluster.
class Wrapper {
 public:
  Wrapper(std::string_view line, int columns) : line_(line), columns_max_(columns) {}

  void Add(const Grapheme& g) {
    const bool space = g.bytes == " ";
    const bool hangs = space && row_has_word_;
    if ((g.columns == kWide || after_wide_) && !after_space_) Allow(at_, at_);
    while (!hangs && columns_ + g.columns > columns_max_ && at_ > row_begin_) Cut();
    at_ += g.bytes.size();
    columns_ += g.columns;
    if (hangs) Allow(after_space_ ? break_end_ : at_ - 1, at_);
    row_has_word_ = row_has_word_ || !space;
    after_space_ = hangs;
    after_wide_ = g.columns == kWide;
  }

  std::vector<std::string_view> Finish() {
    const bool overhang = columns_ > columns_max_ && after_space_;
    Emit(overhang ? break_end_ : line_.size());
    return std::move(rows_);
  }

 private:
  // The row may end at `end`, the next begin at `next`.
  void Allow(std::size_t end, std::size_t next) {
    break_end_ = end;
    break_next_ = next;
    columns_at_break_ = columns_;
  }

  void Emit(std::size_t end) { rows_.push_back(line_.substr(row_begin_, end - row_begin_)); }

  // Ends the row at the last place where it may, or right here.
  void Cut() {
    if (break_end_ <= row_begin_) Allow(at_, at_);
    Emit(break_end_);
    row_begin_ = break_next_;
    columns_ -= columns_at_break_;
    row_has_word_ = at_ > row_begin_;
  }

  const std::string_view line_;
  const int columns_max_;
  std::vector<std::string_view> rows_;
  std::size_t at_ = 0;
  std::size_t row_begin_ = 0;
  int columns_ = 0;  // Of the row so far.
  bool row_has_word_ = false;
  bool after_space_ = false;  // One that hangs.
  bool after_wide_ = false;
  // None while break_end_ <= row_begin_.
  std::size_t break_end_ = 0;
  std::size_t break_next_ = 0;
  int columns_at_break_ = 0;
};

}  // namespace

bool GraphemeIterator::Next(Grapheme& out) {
  if (rest_.empty()) return false;
  const std::size_t bytes = ClusterBytes(rest_);
  out.bytes = rest_.substr(0, bytes);
  out.columns = ClusterColumns(out.bytes);
  rest_.remove_prefix(bytes);
  return true;
}

int Columns(std::string_view text) {
  int columns = 0;
  ForEachGrapheme(text, [&](const Grapheme& g) { columns += g.columns; });
  return columns;
}

std::string Truncate(std::string_view text, int columns, std::string_view ellipsis) {
  if (Prefix(text, columns).size() == text.size()) return std::string(text);
  const std::string_view mark = Prefix(ellipsis, columns);
  return std::string(Prefix(text, columns - Columns(mark))).append(mark);
}

std::vector<std::string_view> WrapLine(std::string_view line, int columns) {
  YAP_CHECK(columns >= 1);
  Wrapper wrapper(line, columns);
  ForEachGrapheme(line, [&](const Grapheme& g) { wrapper.Add(g); });
  return wrapper.Finish();
}

}  // namespace yap::unicode
