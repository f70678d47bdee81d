// tui/pages/target.h: what a row or word on the screen stands for: what Enter and a click mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace yap::tui {

struct Target {
  enum class What : std::uint8_t {
    kNone,
    kChannel,    // `id`: one of mine.
    kPublic,     // `name`: a public channel to join.
    kJoinTyped,  // `name`: what was typed, to be tried.
    kCreate,     // `name`: of the channel, where it was typed.
    kDirect,     // `name`: with whom, where it was typed.
    kLogOut,
    kQuit,
    kMember,  // `name`.
    kField,   // `id`: a LoginField.
  };
  What what = What::kNone;
  std::uint64_t id = 0;
  std::string name{};

  friend bool operator==(const Target&, const Target&) = default;
};

// Where one was drawn: columns [left, right), one row.
struct Spotted {
  Target target;
  int row = 0;
  int left = 0;
  int right = 0;
};

}  // namespace yap::tui
