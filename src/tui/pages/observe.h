// tui/pages/observe.h: what the world does to the pages: messages of the network, time, what was
// drawn, the answer of $EDITOR. Pure.
#pragma once

#include <string>
#include <vector>

#include "tui/pages/effect.h"
#include "tui/pages/state.h"

namespace yap::tui {

// `message` was just taken by client::Update, which made `model` of it.
std::vector<Effect> Observe(State& state, const client::Model& model,
                            const client::Message& message, MonoTime now);

// What is due at `now`: a log-in that is tried again, a notice that goes.
std::vector<Effect> Tick(State& state, MonoTime now);

// The page was drawn: what can be seen to its end was seen, where somebody looks; a log whose start
// is near wants what comes before; what could not be loaded is asked for again, once online.
std::vector<Effect> Drawn(State& state, const client::Model& model);

// $EDITOR ended; `text` is what it left, without the newline that editors add.
std::vector<Effect> Edited(State& state, const client::Model& model, std::string text,
                           MonoTime now);

}  // namespace yap::tui
