// app/yapd/host_resolver.h: names of chat-services to addresses, by the system's resolver.
#pragma once

#include <asio/any_io_executor.hpp>
#include <memory>

#include "api/replicas.h"

namespace yap::app {

// Answers on `executor`; the look-up itself blocks a thread of its own.
std::unique_ptr<api::HostResolver> NewHostResolver(asio::any_io_executor executor);

}  // namespace yap::app
