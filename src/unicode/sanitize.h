// unicode/sanitize.h: remote strings made harmless for a terminal or a pipe.
#pragma once

#include <string>
#include <string_view>

namespace yap::unicode {

struct VisibleOptions {
  bool keep_newline = false;
  bool keep_tab = false;
};

// `remote` with everything that could steer a terminal or lie about order made visible: C0 and DEL
// as control pictures (ESC is ␛), C1, bidi controls and U+2028–2029 as ‹U+202E›, each ill-formed
// sequence as U+FFFD. Takes any bytes; the result is valid UTF-8, at most 6 times as long, and
// Visible of it is itself.
std::string Visible(std::string_view remote, VisibleOptions options = {});

}  // namespace yap::unicode
