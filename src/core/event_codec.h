// core/event_codec.h: events as bytes, the same in every store and on the bus.
//
//   event  := version(1 byte, = 1) channel:u64 seq:u64 epoch:u64 time:i64(µs since 1970)
//             actor key(16 bytes) countable:u64 body
//   actor  := user:u64 string
//   body   := kind(1 byte) fields in the order of core/event.h
//   string := length:varint bytes            optional := 0 | 1 value
// Integers of fixed size are little endian; varints are LEB128. Kinds are numbered in the .cc and
// never renumbered. A decoder refuses what it does not know, trailing bytes included.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "core/event.h"

namespace yap::core {

std::string EncodeBody(const Body& body);
// Errors: Corruption ("EVENT_CORRUPT").
Result<Body> DecodeBody(std::string_view bytes);

std::string EncodeEvent(const Event& event);
Result<Event> DecodeEvent(std::string_view bytes);

}  // namespace yap::core
