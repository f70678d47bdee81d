// unicode/width.h: how many terminal columns text takes, by grapheme cluster.
//
// A cluster is as wide as its widest code point, except: an emoji with VS16 is 2, a pair of
// regional indicators is 2, and of a ZWJ sequence only the first emoji counts. Combining marks add
// nothing. Takes any bytes: an ill-formed sequence is a cluster of one column (drawn as U+FFFD).
// Controls have no width: text goes through Visible() (unicode/sanitize.h) first.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace yap::unicode {

// A cluster by the rules of UAX #29, extended; its bytes are a view into the text.
struct Grapheme {
  std::string_view bytes;
  int columns = 0;  // 0, 1 or 2.
};

// `for (Grapheme g; it.Next(g);)`. The text outlives the iterator.
class GraphemeIterator {
 public:
  explicit GraphemeIterator(std::string_view text) : rest_(text) {}
  // False at the end, with `out` untouched.
  bool Next(Grapheme& out);

 private:
  std::string_view rest_;
};

template <class F>
void ForEachGrapheme(std::string_view text, F&& fn) {
  GraphemeIterator it(text);
  for (Grapheme g; it.Next(g);) fn(g);
}

// The sum over the clusters of `text`.
int Columns(std::string_view text);

// `text`, or as many whole clusters of it as fit into `columns` together with `ellipsis`; where not
// even that fits, as many clusters of the ellipsis as do. Columns(result) <= columns.
std::string Truncate(std::string_view text, int columns, std::string_view ellipsis = "…");

// `line` cut into rows of at most `columns`: after spaces and beside wide (CJK) clusters, else
// anywhere between clusters. Spaces at a cut hang over the edge and belong to no row; everything
// else is in exactly one row, in order. At least one row. A cluster wider than `columns` has a row
// of its own. Views into `line`, which has no newline.
// REQUIRES: columns >= 1.
std::vector<std::string_view> WrapLine(std::string_view line, int columns);

}  // namespace yap::unicode
