// bench/text_protocols.h: the peers' protocols, as far as a load needs them: NATS
// (docs.nats.io, "Client protocol") and RESP, the protocol of Redis (redis.io, "RESP protocol
// spec"). A message's first 8 bytes are its index, the rest is the filler.
//
// Redis answers every PUBLISH with the number of subscribers that were sent it, which is taken for
// the acknowledgement and must be all of them. NATS acknowledges nothing.
#pragma once

#include <memory>

#include "bench/codec.h"

namespace yap::bench {

std::unique_ptr<System> NewNats();
std::unique_ptr<System> NewRedis();
// Redis as a store: messages are keys, SET one by one on each connection and acknowledged by "+OK";
// its readers GET every one that was sent before they came.
std::unique_ptr<System> NewRedisStore();

}  // namespace yap::bench
