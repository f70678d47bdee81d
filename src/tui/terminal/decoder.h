// tui/terminal/decoder.h: the bytes of a terminal → keys, pastes, focus, mouse. Pure; total over
// any bytes.
//
// Control sequences (csi.h), UTF-8, and bracketed paste (2004). What is not known is swallowed
// whole, so that it is not taken for typing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tui/keys/key.h"

namespace yap::tui {

struct Paste {
  std::string text{};  // As it came; at most kPasteBytesMax, then `cut`.
  bool cut = false;

  friend bool operator==(const Paste&, const Paste&) = default;
};
struct Focus {
  bool in = false;

  friend bool operator==(const Focus&, const Focus&) = default;
};
struct Mouse {
  enum class What : std::uint8_t { kPress, kWheelUp, kWheelDown };
  What what = What::kPress;
  int column = 0;  // From 0.
  int row = 0;

  friend bool operator==(const Mouse&, const Mouse&) = default;
};
using Input = std::variant<Key, Paste, Focus, Mouse>;

inline constexpr std::size_t kPasteBytesMax = std::size_t{1} << 20;

class Decoder {
 public:
  // How the bytes are divided between calls does not matter.
  std::vector<Input> Feed(std::string_view bytes);
  // Nothing came for `wait()` after Feed: what is begun is what it is (a lone ESC is Escape, a
  // paste without end is a paste).
  std::vector<Input> TimedOut();
  // How long more bytes are waited for before TimedOut; none: nothing is begun.
  std::optional<std::chrono::milliseconds> wait() const;
  static constexpr std::chrono::milliseconds kEscapeWait{40};
  static constexpr std::chrono::milliseconds kPasteWait{10'000};

 private:
  enum class State : std::uint8_t {
    kGround,
    kSkipSequence,  // A control sequence that is too long to mean anything.
    kSkipString,    // The answer to a question: OSC or DCS.
    kPaste,
  };

  // Each takes what it can from the start of `rest` (not empty) and tells how many bytes; 0: it
  // needs more.
  std::size_t Step(std::string_view rest, std::vector<Input>& out);
  std::size_t Ground(std::string_view rest, std::vector<Input>& out);
  std::size_t Escape(std::string_view rest, std::vector<Input>& out);
  std::size_t Csi(std::string_view rest, std::vector<Input>& out);
  std::size_t Text(std::string_view rest, bool alt, std::vector<Input>& out);
  std::size_t SkipSequence(std::string_view rest, std::vector<Input>& out);
  std::size_t SkipString(std::string_view rest, std::vector<Input>& out);
  std::size_t InPaste(std::string_view rest, std::vector<Input>& out);
  void AddToPaste(std::string_view text);
  void EndPaste(std::vector<Input>& out);

  State state_ = State::kGround;
  std::string held_;  // The start of something; at most kSequenceBytesMax.
  Paste paste_;
};

}  // namespace yap::tui
