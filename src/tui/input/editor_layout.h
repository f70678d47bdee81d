// tui/input/editor_layout.h: a text being typed as rows of a box, and where the cursor can stand.
// Cut after any cluster, so that every blank that is typed is seen. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "tui/text/cells.h"

namespace yap::tui {

struct EditorLayout {
  // Where the cursor stands when it is before the byte `offset` of the text.
  struct Stop {
    std::size_t offset = 0;
    int row = 0;
    int column = 0;
  };
  std::vector<Row> rows;
  std::vector<Stop> stops;  // One for each cluster and one for the end.

  // REQUIRES: `offset` is an edge of a cluster.
  const Stop& At(std::size_t offset) const;
};

// In fewer than 2 columns as in 2.
EditorLayout LayOut(std::string_view text, int columns, bool masked);

}  // namespace yap::tui
