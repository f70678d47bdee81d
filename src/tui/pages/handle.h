// tui/pages/handle.h: what a key, a paste, a click means on the page that is shown. Pure.
#pragma once

#include <vector>

#include "tui/pages/effect.h"
#include "tui/pages/state.h"
#include "tui/terminal/decoder.h"

namespace yap::tui {

// A paste of this many lines was perhaps not meant for everybody.
inline constexpr std::size_t kPasteLinesAsk = 5;

// Answers one input: changes `state`, and says what else is to be done, in that order.
std::vector<Effect> Handle(State& state, const client::Model& model, const Input& input,
                           MonoTime now);

}  // namespace yap::tui
