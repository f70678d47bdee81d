// tui/terminal/csi.h: what one control sequence of a terminal means. Pure.
//
// As xterm sends them (ctlseqs): cursor and function keys with modifiers, modifyOtherKeys and
// `CSI … u`, focus (1004), SGR mouse (1006); the Linux console's F1 … F5.
#pragma once

#include <optional>
#include <string_view>

#include "tui/keys/key.h"
#include "tui/terminal/decoder.h"

namespace yap::tui {

// `parameters`: what stands between CSI and the final byte. None: nothing that is known.
std::optional<Input> MeaningOfCsi(std::string_view parameters, char final);

// SS3 (ESC O) and one byte.
std::optional<Key> MeaningOfSs3(char final);

// The Linux console: CSI [ and one byte.
std::optional<Key> MeaningOfConsole(char final);

// A control as a key ("\r" is Enter, 0x0B is Ctrl+K). REQUIRES: byte < 0x20 or 0x7F, not ESC.
Key ControlKey(char byte);

}  // namespace yap::tui
