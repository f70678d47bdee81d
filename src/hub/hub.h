// hub/hub.h: the broadcast. Per channel with a subscriber in this process there is one room log: an
// append-only, segmented log of already framed messages, written once by the channel's home thread
// and read by every I/O thread. A subscriber is a set of cursors into such logs; nothing is done
// per message per subscriber but moving bytes. What has fallen off a room log's bounded tail is
// read from the store for that one reader, which then joins the tail again. docs/broadcast.md
// explains the mechanism.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "core/event_bus.h"
#include "core/event_log.h"
#include "core/principal.h"
#include "hub/flush_gate.h"

namespace yap::hub {

enum class EndReason : std::uint8_t { kLeft, kRemoved, kBanned, kSessionEnded, kChannelGone };

// Turns what a stream says into framed bytes, ready for the wire; appended to `out`. Stateless and
// thread-safe. One encoding serves all readers, so nothing of the reader may be in it.
class FrameEncoder {
 public:
  virtual ~FrameEncoder() = default;
  virtual void Event(const core::Event& event, std::string& out) const = 0;
  virtual void Hello(WallTime now, Duration heartbeat_interval, core::UserId user,
                     std::string& out) const = 0;
  virtual void CaughtUp(core::ChannelId channel, core::Head head, std::string& out) const = 0;
  virtual void Heartbeat(std::span<const std::pair<core::ChannelId, core::Head>> heads,
                         std::string& out) const = 0;
  virtual void Truncated(core::ChannelId channel, core::Head head, core::Seq first_available,
                         std::string& out) const = 0;
  virtual void EpochChanged(core::ChannelId channel, core::Head head, std::string& out) const = 0;
  virtual void Reconnect(Duration after, std::string& out) const = 0;
  virtual void Ended(core::ChannelId channel, EndReason reason, std::string& out) const = 0;
};

// Takes the bytes of one pass. `Share` may keep a pointer: the bytes stay valid until the pass has
// ended, which is Hub::EndPass on that thread; where that is never called, until the handler that
// called Take returns to its event loop.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void Share(std::span<const char> bytes) = 0;
  virtual void Copy(std::span<const char> bytes) = 0;
};

// A cursor to start with. The caller has authorised it at `grant_head`: only a removal after that
// ends it.
struct StartCursor {
  core::ChannelId channel;
  core::Head grant_head;
  core::Seq after;    // Events after this one are wanted.
  core::Epoch epoch;  // The client's; none: whatever the log's is.
};

struct SubscribeOptions {
  core::UserId user;
  core::SessionId session;
  std::vector<StartCursor> cursors;
  // The user's inbox, when joined channels are to be followed: its AddedToChannel events add
  // cursors (from the join event on) unless the channel is there already.
  std::optional<StartCursor> follow_inbox;
};

// One stream's view. Belongs to the thread of the executor it was made on; so does every call.
class Subscriber {
 public:
  virtual ~Subscriber() = default;  // Unsubscribes.

  // Bytes that can go out now, at most `max`; 0: nothing until `wake` is called (or max was 0).
  // Less than `max` need not be all there is: ask again, or wait for `wake`, which comes then.
  virtual std::size_t Available(std::size_t max) = 0;
  // Hands over exactly `n` bytes: whole messages of the stream, one behind the other, but for the
  // ends of the pass; what a pass cut short is the first thing of the next one. REQUIRES: n <= the
  // last Available(), asked in the same handler.
  virtual void Take(std::size_t n, Sink& sink) = 0;
  // Set when the stream is over, all bytes taken: an error (the session ended: Unauthenticated
  // "SESSION_REVOKED"; the server drains: Unavailable "SHUTTING_DOWN"), or success after Reconnect.
  virtual std::optional<Result<>> Finished() = 0;

  // Says Reconnect{random, at most 10 s and two thirds of `ends_in`} and goes on; finishes
  // `ends_in` from now. For connections that grow old; once, later calls change nothing.
  virtual void AskToReconnect(Duration ends_in) = 0;
};

struct HubOptions {
  std::size_t tail_bytes_max = 1024 * 1024;  // Per room log …
  std::size_t tail_events_max = 1024;        // … whichever is less.
  std::size_t all_tails_bytes_max = 256 * 1024 * 1024;
  std::size_t page_reads_max = 64;  // Store reads at once, process-wide.
  Duration heartbeat_interval = std::chrono::seconds(20);
  // Heads of watched channels are compared so often, max(): only when somebody says so …
  Duration sweep_interval = std::chrono::seconds(30);
  Duration sweep_interval_alarmed = std::chrono::seconds(1);  // … and while the bus is suspect.
  Duration room_linger = std::chrono::seconds(30);  // A room log without readers is kept this long.
};

struct HubPorts {
  core::EventLog& log;  // The store, or a chat-service that has one.
  core::EventBus& bus;
  const FrameEncoder& encoder;
  Clock& clock;
  Random& random;
  std::vector<asio::any_io_executor> executors;  // I/O threads; a room's home is one of them.
  FlushGate* gate = nullptr;  // None: always open (ended sessions are told in this process).
};

// Destroyed when no Subscriber is left, on a thread of its executors or once those have stopped.
// The ports outlive the executors' last handler.
class Hub {
 public:
  virtual ~Hub() = default;

  // On the thread of `executor` (one of the ports' executors). `wake` is called there when
  // Available or Finished may have changed; once per change, not per message, and not again before
  // Available was called; never from inside a Subscriber or Hub call. A second cursor on a channel
  // is ignored. Where new streams are refused (Drain, a session that has just ended) the
  // subscriber says so by Finished.
  virtual std::unique_ptr<Subscriber> Subscribe(SubscribeOptions options,
                                                asio::any_io_executor executor,
                                                std::function<void()> wake) = 0;
  // What was shared on this thread may go. Called at the end of every loop turn's writes, or never
  // at all (see Sink); cheap.
  virtual void EndPass() = 0;

  // Ends the streams of these sessions, at once. Any thread.
  virtual void EndSessions(const std::vector<core::SessionId>& sessions) = 0;
  // Somebody knows how far these channels go; those that nobody watches here are passed over, and
  // for seq 0 the log is asked. Any thread.
  virtual void Learn(std::span<const core::ChannelHead> heads) = 0;
  // Compares the heads of all watched channels with the log's, once, now (while that is done
  // already: once more after it); a head that cannot be read is asked for every second until it
  // can. Any thread.
  virtual void CompareHeads() = 0;
  // The bus may have lost something: look at the heads now, and every second for a minute. Any
  // thread.
  virtual void SuspectBus() = 0;
  // Wakes every stream: the gate is open again. Any thread.
  virtual void WakeAll() = 0;
  // Says Reconnect{random 0 … spread} on every stream, behind the rest of a begun message, and ends
  // it there, for the process waits for that; new ones are refused. Any thread.
  virtual void Drain(Duration spread) = 0;

  struct Stats {
    std::size_t rooms = 0;
    std::size_t subscribers = 0;
    std::size_t tail_bytes = 0;
  };
  virtual Stats GetStats() = 0;
};

std::unique_ptr<Hub> NewHub(HubPorts ports, HubOptions options);

}  // namespace yap::hub
