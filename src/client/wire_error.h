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

// What a failed call of libgrpc means that came without details, so from the library or a proxy and
// not from yapd: Unavailable and DeadlineExceeded get a reason of transport.h and a message for
// people; the rest stays.
Error NobodyAnswered(Error error, const std::string& target);

}  // namespace yap::client
