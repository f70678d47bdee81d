// tui/pages/view.h: what the pages look like. Functions of the state and the model; what others
// wrote reaches a cell only through tui/text/cells.h.
#pragma once

#include "client/model.h"
#include "tui/look/theme.h"
#include "tui/pages/state.h"
#include "tui/terminal/painter.h"

namespace yap::tui {

// The frame of the page, of state.size. Writes down in `state` what can be clicked where, and which
// part of the log is shown.
Frame Draw(State& state, const client::Model& model, const Theme& theme, MonoTime now);

}  // namespace yap::tui
