// tui/terminal/decoder.h: the bytes of a terminal → keys, pastes, focus, mouse. Pure; total over any bytes.
//
// Sequences as xterm sends them (ctlseqs: CSI, SS3, modifyOtherKeys, SGR mouse 1006), bracketed paste
// (2004), focus (1004). What is not known is swallowed whole.
#pragma once

#include <chrono>
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
  // Nothing came for `kEscapeWait` after Feed: what is begun is what it is (a lone ESC is Escape; a paste
  // without end for 10 s ends).
  std::vector<Input> TimedOut();
  // Whether TimedOut has something to do.
  bool waiting() const;
  static constexpr auto kEscapeWait = std::chrono::milliseconds(40);

 private:
  std::string held_;
  bool pasting_ = false;
  std::string paste_;
};

}  // namespace yap::tui
