// tui/terminal/size.h: how large a terminal is.
#pragma once

namespace yap::tui {

struct Size {
  int columns = 80;
  int rows = 24;
  friend bool operator==(const Size&, const Size&) = default;
};

}  // namespace yap::tui
