#include "core/read_marks.h"

#include "core/reasons.h"

namespace yap::core {
namespace {

constexpr Duration kWritePatience = kAppendPatience;

Error MarksFull() {
  return MakeError(Errc::kResourceExhausted, reason::kQueueFull,
                   "more read positions wait to be stored than the server keeps; try again in two "
                   "seconds")
      .With("queue", "read_marks")
      .RetryAfter(kReadMovedInterval);
}

}  // namespace

ReadMarks::ReadMarks(Clock& clock, std::vector<asio::any_io_executor> executors, ReadMarkSink sink,
                     std::size_t marks_max)
    : clock_(clock),
      executors_(std::move(executors)),
      sink_(std::move(sink)),
      marks_max_(marks_max) {}

Task<void> ReadMarks::Move(Actor reader, ReadMoved mark, Deadline deadline) {
  const Place place{reader.user, mark.channel};
  switch (Take(place, reader, mark)) {
    case Taken::kFull:
      co_return Fail(MarksFull());
    case Taken::kWaits:
      co_return Result<>();
    case Taken::kWrite:
      break;
  }
  auto written = co_await Write(reader, mark, deadline);
  const auto& executor = executors_[PlaceHash()(place) % executors_.size()];
  Spawn(executor, CoolDown(shared_from_this(), place));
  co_return written;
}

ReadMarks::Taken ReadMarks::Take(const Place& place, const Actor& reader, const ReadMoved& mark) {
  return marks_.With([&](Marks& marks) {
    if (const auto it = marks.find(place); it != marks.end()) {
      if (mark.seq > it->second.newest.seq) it->second = {reader, mark, true};
      return Taken::kWaits;
    }
    if (marks.size() >= marks_max_) return Taken::kFull;
    marks.emplace(place, Mark{reader, mark, false});
    return Taken::kWrite;
  });
}

// Once per interval, until an interval passes in which nothing new came.
asio::awaitable<void> ReadMarks::CoolDown(std::shared_ptr<ReadMarks> self, Place place) {
  while (true) {
    co_await SleepFor(self->clock_, kReadMovedInterval);
    const auto mark = self->TakeWaiting(place);
    if (!mark) co_return;
    co_await self->Write(mark->reader, mark->newest, Deadline::After(self->clock_, kWritePatience));
  }
}

// What could not be written waits again, unless its reader has no inbox.
Task<void> ReadMarks::Write(Actor reader, ReadMoved mark, Deadline deadline) {
  auto written = co_await sink_(reader, mark, deadline);
  if (!written && written.error().code != Errc::kNotFound) {
    marks_.With([&](Marks& marks) {
      const auto it = marks.find({reader.user, mark.channel});
      if (it != marks.end()) it->second.waits = true;
    });
  }
  co_return written;
}

// What waits, as written from now on; without it the place is forgotten.
std::optional<ReadMarks::Mark> ReadMarks::TakeWaiting(const Place& place) {
  return marks_.With([&](Marks& marks) -> std::optional<Mark> {
    const auto it = marks.find(place);
    if (it == marks.end()) return std::nullopt;
    if (!it->second.waits) {
      marks.erase(it);
      return std::nullopt;
    }
    it->second.waits = false;
    return it->second;
  });
}

std::optional<ReadMoved> ReadMarks::Newest(UserId reader, ChannelId channel) const {
  return marks_.With([&](const Marks& marks) -> std::optional<ReadMoved> {
    const auto it = marks.find({reader, channel});
    if (it == marks.end()) return std::nullopt;
    return it->second.newest;
  });
}

asio::awaitable<void> ReadMarks::Flush() {
  const auto places = marks_.With([](const Marks& marks) {
    std::vector<Place> out;
    for (const auto& [place, mark] : marks) {
      if (mark.waits) out.push_back(place);
    }
    return out;
  });
  for (const auto& place : places) {
    if (const auto mark = TakeWaiting(place)) {
      co_await Write(mark->reader, mark->newest, Deadline::After(clock_, kWritePatience));
    }
  }
}

}  // namespace yap::core
