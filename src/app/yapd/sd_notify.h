// app/yapd/sd_notify.h: tells systemd how the service is (sd_notify(3), by hand: libsystemd has no
// static library). Without $NOTIFY_SOCKET everything here does nothing.
#pragma once

#include <string_view>

namespace yap::app {

// `state` as in sd_notify(3): "READY=1", "STOPPING=1\nSTATUS=draining", "WATCHDOG=1". True when
// sent.
bool SdNotify(std::string_view state);

}  // namespace yap::app
