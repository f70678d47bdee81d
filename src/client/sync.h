// client/sync.h: follows channels: every event exactly once and in order, over any number of broken
// streams, slow servers and overlaps (contract lines C3 and C4, seen from the client).
//
// One executor. Places are kept per channel and move only with events handed out, so whatever
// breaks, the next stream begins where the last one stopped.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "base/clock.h"
#include "base/task.h"
#include "client/cursor.h"
#include "client/session.h"
#include "yap/v1/message_service.pb.h"

namespace yap::client {

// What the engine tells. Called on its executor, never inside a call of the owner but Start's and
// Stop's later turns; a listener may call Stop() and Follow().
class SyncListener {
 public:
  virtual ~SyncListener() = default;

  // The next event of its channel. The place moves behind it before the call.
  virtual void OnEvent(const v1::Event& event) = 0;
  // All up to `head` was handed out; what comes now is live. Again after each resume.
  virtual void OnCaughtUp(std::uint64_t channel, std::uint64_t head) = 0;
  // The events up to `first_available` - 1 are no longer kept.
  virtual void OnTruncated(const v1::Truncated& frame) = 0;
  // The channel has another log. Answers where to go on in the new one; no value: do not follow the
  // channel any more.
  virtual std::optional<Place> OnEpochChanged(const v1::EpochChanged& frame) = 0;
  // The channel is not followed any more.
  virtual void OnEnded(const v1::Ended& frame) = 0;
  // A stream is open and takes the place of what there was.
  virtual void OnOnline() = 0;
  // No stream is open; the next is tried after `wait`.
  virtual void OnOffline(const Error& why, Duration wait) = 0;
  // It is over: the session has ended, or the server refuses in a way that no repetition changes;
  // no value after Stop() or when no channel is left. Nothing is called after this.
  virtual void OnStopped(std::optional<Error> why) = 0;
};

struct SyncOptions {
  std::map<std::uint64_t, Place> places;  // By channel id; at most 100.
  // Also the inbox and every joined channel; then there may be any number of places.
  bool follow_joined = false;
  // Until Hello: a stream that does not open is another broken one.
  Duration open_max = 10s;
  // Silence for this many heartbeat intervals is a dead connection.
  double silent_intervals = 2.5;
  // What the session lives in, if anything: kept as long as a stream may still use it.
  std::shared_ptr<const void> owner{};
};

// How often the rules below were needed; they only grow.
struct SyncCounters {
  std::uint64_t opened = 0;    // Streams.
  std::uint64_t doubles = 0;   // Events dropped because they were handed out before.
  std::uint64_t gaps = 0;      // Streams left because an event was not the next.
  std::uint64_t silences = 0;  // Streams left because nothing came.
};

class Sync : public std::enable_shared_from_this<Sync> {
 public:
  // All outlive the engine's last call to the listener.
  static std::shared_ptr<Sync> Make(Session& session, asio::any_io_executor executor,
                                    SyncOptions options, SyncListener& listener);
  ~Sync();

  void Start();
  // Ends; OnStopped comes later. Idempotent.
  void Stop();
  // Follows one more channel from `place` on, with a new stream that overlaps the old one.
  void Follow(std::uint64_t channel, Place place);
  // Does not follow the channel any more.
  void Drop(std::uint64_t channel);

  const std::map<std::uint64_t, Place>& places() const { return places_; }
  const SyncCounters& counters() const { return counters_; }

 private:
  struct Reader;
  Sync(Session& session, asio::any_io_executor executor, SyncOptions options,
       SyncListener& listener);

  void OpenReader();
  static asio::awaitable<void> Read(std::shared_ptr<Sync> self, std::shared_ptr<Reader> reader);
  Task<void> ReadFrames(std::shared_ptr<Reader> reader);
  bool Handle(const std::shared_ptr<Reader>& reader, const v1::SubscribeResponse& frame);
  bool HandleEvent(const v1::Event& event);
  Task<void> FillUpTo(std::shared_ptr<Reader> reader, v1::CaughtUp frame);
  bool HandOut(std::uint64_t channel, std::uint64_t after, const v1::ListEventsResponse& page);
  bool Lags(const v1::CaughtUp& frame) const;
  bool HasOtherLog(const v1::CaughtUp& frame) const;
  void HandleHello(const std::shared_ptr<Reader>& reader, const v1::Hello& hello);
  void HandleEpoch(const v1::EpochChanged& frame);
  void HandleTruncated(const v1::Truncated& frame);
  void HandleCaughtUp(const std::shared_ptr<Reader>& reader, const v1::CaughtUp& frame);
  void HandleEnded(const v1::Ended& frame);
  void ReaderEnded(const std::shared_ptr<Reader>& reader, Error why);
  static asio::awaitable<void> Renew(std::shared_ptr<Sync> self, Secret token);
  bool GoesOnWithOther(const Reader& reader, const Error& why);
  void OpenLater(Duration wait);
  void Watch(const std::shared_ptr<Reader>& reader);
  void Finish(std::optional<Error> why);
  std::string Request() const;

  Session& session_;
  const asio::any_io_executor executor_;
  const SyncOptions options_;
  SyncListener& listener_;

  std::map<std::uint64_t, Place> places_;
  SyncCounters counters_;
  Backoff backoff_;
  std::unique_ptr<Timer> timer_;    // Opens the next reader.
  std::shared_ptr<Reader> newest_;  // The one that is to stay.
  std::shared_ptr<Reader> older_;   // Read on until the newest has its Hello.
  bool online_ = false;
  bool stopped_ = false;
  bool finished_ = false;
};

}  // namespace yap::client
