// bench/codec.h: what one connection speaks, without its socket: bytes in, bytes out. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "bench/flight.h"

namespace yap::bench {

class Codec {
 public:
  virtual ~Codec() = default;
  // Takes all that the server sent, in pieces of any size. An error ends the run: the server broke
  // its protocol, lost or reordered something, or refused.
  virtual Result<> Input(std::string_view bytes, MonoTime now) = 0;
  // Greeted, subscribed, allowed to send: whatever this connection is for can begin.
  virtual bool Ready() const = 0;
  // What waits to be sent; whoever sends it removes it.
  std::string& output() { return output_; }

 protected:
  std::string output_;
};

class SendingCodec : public Codec {
 public:
  // Messages that this connection can take now (windows, concurrent calls).
  virtual std::size_t Room() const = 0;
  // Appends one message of a channel to output(). REQUIRES: Ready() and Room() > 0.
  virtual void Send(std::size_t channel, std::uint64_t index, MonoTime now) = 0;
};

// One kind of server. What it makes refers to the flights and readers it is given.
class System {
 public:
  virtual ~System() = default;
  virtual Order order() const = 0;
  // Connections needed to keep so many messages in flight.
  virtual std::size_t SendersFor(std::size_t in_flight) const = 0;
  // A connection that makes the channels of a load; null where none is needed. To be Ready() before
  // any other is made.
  virtual std::unique_ptr<Codec> NewPreparation(std::size_t channels) = 0;
  // A connection that reads channels, each from where its reader is on. At most
  // kChannelsPerReaderMax.
  virtual std::unique_ptr<Codec> NewReader(std::span<Reader* const> readers) = 0;
  virtual std::unique_ptr<SendingCodec> NewSender(Flights& flights) = 0;
};

// What one Subscribe call of yap takes.
inline constexpr std::size_t kChannelsPerReaderMax = 100;
// Channels of a load: their number has a fixed width where it is text.
inline constexpr std::size_t kChannelsMax = 10'000;
// Bytes of the smallest message: an index has to fit, as text.
inline constexpr std::size_t kMessageBytesMin = 16;
// Printable, the same for every message: what follows the index up to the message's size.
std::string Filler(std::size_t bytes);

}  // namespace yap::bench
