// bench/yap_protocol.h: yap itself, through its public API only. Makes a public channel, subscribes
// to it with one connection per reader and sends by unary SendMessage, up to 100 calls at once per
// connection. A message's client_msg_id holds its index, its text the index in hexadecimal and the
// filler.
//
// The base of a channel, the seq before message number 0, is its head when the readers caught up.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "bench/codec.h"

namespace yap::bench {

// `token`: an access token of the user who sends and reads. `run`: 1 to 24 letters and digits,
// another for each run against the same server.
std::unique_ptr<System> NewYap(std::string token, std::string run);

// What a reader needs of a SubscribeResponse that holds an event; nullopt for all other frames.
struct ScannedEvent {
  std::uint64_t channel_id = 0;
  std::uint64_t seq = 0;
};
// Reads no further than the seq and allocates nothing: it runs for every delivery. Errors:
// Corruption (this is no SubscribeResponse).
Result<std::optional<ScannedEvent>> ScanEvent(std::string_view message);

}  // namespace yap::bench
