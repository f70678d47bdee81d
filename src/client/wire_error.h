// client/wire_error.h: a gRPC status as it came over the wire, as an Error.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::client {

// `code`: the number of a gRPC code other than OK. `details`: the bytes of
// grpc-status-details-bin, or empty. Takes any bytes: what cannot be read is left out; a status
// that is not yapd's own (a proxy's, the library's) has no reason. The message is the server's, so
// it goes through unicode::Visible before people see it.
Error ErrorFromWire(int code, std::string message, std::string_view details);

}  // namespace yap::client
