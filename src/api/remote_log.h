// api/remote_log.h: the EventLog of a gateway: it reads through chat-services.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "api/replicas.h"
#include "core/event_log.h"

namespace yap::api {

// Reads and heads as the port says; Append and FindKey are Unimplemented: a gateway writes nothing.
// Heads asked for while a question is under way share the next one. Both outlive it and its calls;
// `executor` is where questions for heads are asked.
std::unique_ptr<core::EventLog> NewRemoteLog(Replicas& replicas, asio::any_io_executor executor);

}  // namespace yap::api
