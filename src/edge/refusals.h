// edge/refusals.h: what the edge says when it ends a call by itself, each with one of
// edge/reasons.h.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace yap::edge {

// Before a handler sees the call: nothing was done.
Error MethodUnknown(std::string_view path);
Error MetadataTooLarge(std::size_t bytes_max);
// `name` is not `form`.
Error MetadataInvalid(std::string_view name, std::string_view form);
Error CompressionUnsupported();
Error PrefixInvalid();
Error RequestTooLarge(std::size_t bytes, std::size_t bytes_max);
Error RequestCutShort();
Error RequestCountWrong();
Error UnreadTooMuch();

// Later: what the handler did by then stays done.
Error DeadlinePassed();
Error AnswersNotTaken();
Error AnswerStalled();
Error ConnectionCloses();

}  // namespace yap::edge
