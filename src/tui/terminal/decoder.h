// tui/terminal/decoder.h: the bytes of a terminal → keys, pastes, focus, mouse. Pure; total over
// any bytes.
//
// Sequences as xterm sends them (ctlseqs: CSI, SS3, modifyOtherKeys, SGR mouse 1006), bracketed
// paste (2004), focus (1004). What is not known is swallowed whole.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tui/keys/key.h"

namespace yap::tui {

struct Paste {
  std::string text;  // As it came; at most kPasteBytesMax, then `cut`.
  bool cut = false;
};
struct Focus {
  bool in = false;
};
struct Mouse {
  enum class What : std::uint8_t { kPress, kWheelUp, kWheelDown };
  What what = What::kPress;
  int column = 0;  // From 0.
  int row = 0;
};
using Input = std::variant<Key, Paste, Focus, Mouse>;

inline constexpr std::size_t kPasteBytesMax = std::size_t{1} << 20;

class Decoder {
 public:
  std::vector<Input> Feed(std::string_view bytes);
  // Nothing came for `wait()` after Feed: what is begun is what it is (a lone ESC is Escape, a
  // paste without end is a paste).
  std::vector<Input> TimedOut();
  // How long more bytes are waited for before TimedOut; none: nothing is begun.
  std::optional<std::chrono::milliseconds> wait() const;
  static constexpr std::chrono::milliseconds kEscapeWait{40};
  static constexpr std::chrono::milliseconds kPasteWait{10'000};

 private:
  std::string held_;
  bool pasting_ = false;
  std::string paste_;
};

}  // namespace yap::tui
