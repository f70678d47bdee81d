// api/frame_encoder.h: what a Subscribe stream says, as framed bytes. Stateless, thread-safe.
#pragma once

#include <memory>

#include "hub/hub.h"

namespace yap::api {

// Bytes of one message on the wire, prefix included, appended to a string.
std::unique_ptr<hub::FrameEncoder> NewFrameEncoder();

}  // namespace yap::api
