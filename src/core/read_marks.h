// core/read_marks.h: thins out read positions. The first one of a reader in a channel is written at
// once; those that follow within kReadMovedInterval wait, the newest wins, and one event is
// written. A crash loses what waits: a position, not a message.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "base/task.h"
#include "core/event.h"
#include "core/limits.h"

namespace yap::core {

// Writes the event into the reader's inbox.
using ReadMarkSink = std::function<Task<void>(Actor reader, ReadMoved mark, Deadline deadline)>;

// Thread-safe.
class ReadMarks : public std::enable_shared_from_this<ReadMarks> {
 public:
  ReadMarks(Clock& clock, std::vector<asio::any_io_executor> executors, ReadMarkSink sink,
            std::size_t marks_max = kReadMarksMax);

  // Takes the position. Errors: the sink's; ResourceExhausted "QUEUE_FULL".
  // REQUIRES: it is beyond the stored one.
  Task<void> Move(Actor reader, ReadMoved mark, Deadline deadline);
  // The newest position that was taken lately; the store may not have it yet.
  std::optional<ReadMoved> Newest(UserId reader, ChannelId channel) const;
  // Writes what waits.
  asio::awaitable<void> Flush();

 private:
  struct Place {
    UserId reader;
    ChannelId channel;
    friend bool operator==(const Place&, const Place&) = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& place) const {
      return std::hash<UserId>()(place.reader) * 31 + std::hash<ChannelId>()(place.channel);
    }
  };
  struct Mark {
    Actor reader;
    ReadMoved newest;
    bool waits = false;  // `newest` is not written.
  };
  using Marks = std::unordered_map<Place, Mark, PlaceHash>;
  enum class Taken { kWrite, kWaits, kFull };

  Taken Take(const Place& place, const Actor& reader, const ReadMoved& mark);
  static asio::awaitable<void> CoolDown(std::shared_ptr<ReadMarks> self, Place place);
  Task<void> Write(Actor reader, ReadMoved mark, Deadline deadline);
  std::optional<Mark> TakeWaiting(const Place& place);

  Clock& clock_;
  const std::vector<asio::any_io_executor> executors_;
  const ReadMarkSink sink_;
  const std::size_t marks_max_;

  Guarded<Marks> marks_;
};

}  // namespace yap::core
