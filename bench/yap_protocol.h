// bench/yap_protocol.h: yap itself, through its public API only. Makes public channels, subscribes
// to them from where a reader is on, and sends by unary SendMessage, up to 100 calls at once per
// connection. A message's client_msg_id holds its index, its text the index in hexadecimal and the
// filler. Message number 0 of a channel is the first after its creation.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/codec.h"

namespace yap::bench {

// Channels that one user makes: a user may be in 1,000.
inline constexpr std::size_t kChannelsPerUser = 500;
inline constexpr std::size_t kPageEvents = 200;

class YapSystem : public System {
 public:
  // Reads a channel from where the reader is to its head by ListEvents, pages of kPageEvents one
  // after the other; then it is Ready. `times` gets how long each page took.
  virtual std::unique_ptr<Codec> NewPager(Reader& reader, Histogram& times) = 0;
};

// `tokens`: access tokens of users who send and read, one for every kChannelsPerUser channels.
// `run`: 1 to 16 letters and digits, another for each run against the same server.
std::unique_ptr<YapSystem> NewYap(const std::vector<std::string>& tokens, std::string run);

// What a reader needs of a SubscribeResponse that holds an event; nullopt for all other frames.
struct ScannedEvent {
  std::uint64_t channel_id = 0;
  std::uint64_t seq = 0;
};
// Reads no further than the seq and allocates nothing: it runs for every delivery. Errors:
// Corruption (this is no SubscribeResponse).
Result<std::optional<ScannedEvent>> ScanEvent(std::string_view message);

}  // namespace yap::bench
