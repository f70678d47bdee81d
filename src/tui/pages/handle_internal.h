// tui/pages/handle_internal.h: the parts of Handle, a file for each page.
#pragma once

#include "tui/pages/turn.h"
#include "tui/terminal/decoder.h"

namespace yap::tui {

// Each answers whether it took the key or command.
bool LoginKey(Turn& turn, const Key& key);
bool HomeKey(Turn& turn, const Key& key);
bool HomeCommand(Turn& turn, const Bound& bound);
bool ChatKey(Turn& turn, const Key& key);
bool ChatCommand(Turn& turn, const Bound& bound);
// What lies over the page takes every key.
void OverlayKey(Turn& turn, const Key& key);
// Those that work under an overlay, too.
bool CommonCommand(Turn& turn, const Bound& bound);

// The text keys and those of the line editor; false: it is neither.
bool EditKey(Turn& turn, Editor& editor, const Key& key);

// Whether the key writes a character.
inline bool IsText(const Key& key) { return key.code == KeyCode::kText && !key.ctrl && !key.alt; }

// What the fields of the login page ask for.
client::LogInAsked LogInOf(const LoginState& login);
void LoginPressed(Turn& turn, LoginField field);
void ShowHelp(Turn& turn);
// Members of the channel shown, for a terminal too narrow for the list.
void ShowMembers(Turn& turn);

}  // namespace yap::tui
