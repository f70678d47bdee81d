// bench/drive.h: what all shapes do with their connections: make them, turn the loop until
// something has happened, keep messages in flight or send them by the clock. One thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "bench/audience.h"
#include "bench/loop.h"
#include "bench/usage.h"

namespace yap::bench {

// When the next message is sent.
struct Pace {
  // Of each channel, at once: a closed loop. Counted until a message is with every subscriber, or
  // until the server has acknowledged it.
  std::size_t in_flight = 1;
  enum class Until : std::uint8_t { kRead, kAcknowledged } until = Until::kRead;
  // Of all channels together, on top.
  std::size_t in_flight_total = ~std::size_t{0};
  // Of all channels in turn, whatever the server does: an open loop, whose latencies run from when
  // a message was to be sent. 0: the closed loop.
  double messages_per_second = 0;
};

class Drive {
 public:
  // Connections whose greetings run at once: below every server's listen backlog.
  static constexpr std::size_t kConnectingMax = 64;

  // REQUIRES: all outlive this.
  Drive(System& system, Audience& audience, Meter& meter, Loop& loop)
      : system_(system), audience_(audience), meter_(meter), loop_(loop) {}

  // Errors of all below: Unavailable (the server refused, went away or was silent for 20 s while
  // something was waited for), and those of the codecs.

  // Makes the channels.
  Result<> Prepare(const sockaddr_in& server);
  // Connects until all are Ready(), so many at once that are not.
  Result<std::vector<Connection*>> Open(std::vector<std::unique_ptr<Codec>> codecs,
                                        const sockaddr_in& server,
                                        std::size_t at_once = kConnectingMax);
  // `count` 0: as many as the system wants for so many messages in flight.
  Result<> OpenSenders(const sockaddr_in& server, std::size_t count, std::size_t in_flight);
  Result<std::vector<Connection*>> OpenReaders(const sockaddr_in& server,
                                               std::size_t at_once = kConnectingMax);

  Result<> WaitFor(const std::function<bool()>& done);
  Result<> TurnFor(Duration duration);
  // Sends at this pace for so long. An open loop goes on where the call before ended, if that was
  // this one. Errors: also Unavailable where more messages of an open loop are under way than the
  // audience permits: the server does not keep up.
  Result<> SendFor(Duration duration, const Pace& pace);
  // Sends so many messages in a closed loop.
  Result<> SendCount(std::uint64_t messages, const Pace& pace);
  // Until what was sent is acknowledged, where it ever is.
  Result<> AwaitAcknowledgements();
  // And until it is with every reader.
  Result<> Finish();

  // Called once in each turn of all above; for shapes that have something of their own to do.
  void SetChore(std::function<Result<>()> chore) { chore_ = std::move(chore); }

 private:
  struct Sender {
    SendingCodec* codec = nullptr;
    Connection* connection = nullptr;
  };

  Result<> Turn(Duration wait_max);
  // When something came last. Check moves it on, and fails where it is too long ago.
  struct Progress {
    std::uint64_t events = 0;
    MonoTime at;
  };
  Progress Begin() const;
  Result<> Check(Progress& progress) const;

  Result<> FillUp(const Pace& pace, MonoTime now);
  Result<> SendDue(const Pace& pace, MonoTime now);
  std::size_t RoomOf(const Flight& flight, const Pace& pace) const;
  bool Full(const Pace& pace) const;
  Sender* FreeSender(std::size_t first);
  void SendOne(Sender& sender, Flight& flight, MonoTime at);
  Result<> FlushSenders();
  Error Stalled() const;

  System& system_;
  Audience& audience_;
  Meter& meter_;
  Loop& loop_;
  std::vector<Sender> senders_;
  std::function<Result<>()> chore_ = [] { return Result<>(); };
  std::uint64_t turns_ = 0;  // Of the channels: whose is next.
  std::uint64_t sent_max_ = ~std::uint64_t{0};
  MonoTime due_;  // Of an open loop's next message; none: from now on.
};

}  // namespace yap::bench
