// tui/pages/spinner.h: something turns while somebody waits. Pure.
#pragma once

#include <array>
#include <string_view>

#include "base/clock.h"

namespace yap::tui {

inline constexpr auto kSpinnerStep = std::chrono::milliseconds(120);

constexpr std::string_view SpinnerAt(MonoTime since, MonoTime now) {
  constexpr std::array<std::string_view, 10> kShapes = {"⠋", "⠙", "⠹", "⠸", "⠼",
                                                        "⠴", "⠦", "⠧", "⠇", "⠏"};
  const auto steps = now > since ? (now - since) / kSpinnerStep : 0;
  return kShapes[static_cast<std::size_t>(steps) % kShapes.size()];
}

}  // namespace yap::tui
