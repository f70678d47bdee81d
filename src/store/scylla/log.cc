#include "store/scylla/internal/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "core/event_codec.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "store/scylla/internal/projector.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Values;

namespace {

// Rows of one request: a quarter of the longest page, so that one of long texts stays near
// kReadPageBytesMax.
constexpr std::uint32_t kRowsPerRequest = 250;
// A reader that had to go this far forward from the hint leaves a better one.
constexpr std::int32_t kHintLag = 4;

Task<std::optional<LogHead>> HeadOfBucket(Db& db, ChannelId channel, std::int32_t bucket,
                                          Freshness freshness, Deadline deadline) {
  const Sql sql = freshness == Freshness::kSerial ? Sql::kReadHeadSerial : Sql::kReadHead;
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  sql, Values().BigInt(Signed(channel)).Int(bucket), deadline));
  if (rows.empty()) co_return std::optional<LogHead>();
  co_return DecodeHead(rows.front());
}

Task<std::int32_t> ReadHint(Db& db, ChannelId channel, Deadline deadline) {
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  Sql::kReadHint, Values().BigInt(Signed(channel)), deadline));
  co_return rows.empty() ? 0 : rows.front().Int("b").value_or(0);
}

// A bucket that surely has events, unless the log is empty.
Task<std::int32_t> StartBucket(Db& db, ChannelId channel, Deadline deadline) {
  if (const auto seen = db.sightings.Head(channel)) co_return db.buckets.Of(seen->seq);
  co_return co_await ReadHint(db, channel, deadline);
}

// From a bucket that is full on: in steps that double, then halve, to the last one with events.
// Buckets are filled in order, so those with events are the first ones.
Task<LogHead> Gallop(Db& db, ChannelId channel, LogHead head, Freshness freshness,
                     Deadline deadline) {
  const std::int32_t start = db.buckets.Of(head.seq);
  std::int32_t step = 1;
  bool overshot = false;
  while (db.buckets.IsFull(head.seq)) {
    const std::int32_t next = db.buckets.Of(head.seq) + step;
    YAP_CO_TRY(const auto found, co_await HeadOfBucket(db, channel, next, freshness, deadline));
    if (!found && step == 1) break;
    overshot = overshot || !found;
    if (found) head = *found;
    step = overshot ? std::max(1, step / 2) : step * 2;
  }
  const std::int32_t bucket = db.buckets.Of(head.seq);
  if (bucket - start >= kHintLag) {
    // A hint that is not left is found again by the next reader.
    co_await db.session->Execute(
        Sql::kPutHint, Values().BigInt(bucket).Int(bucket).BigInt(Signed(channel)), deadline);
  }
  co_return head;
}

Result<EventPtr> EventOf(const Row& row, Epoch epoch) {
  YAP_TRY(Event event, DecodeColumns(row));
  event.epoch = epoch;  // A restored store has another one than it was written with.
  return std::make_shared<const Event>(std::move(event));
}

Error Hole(ChannelId channel, Seq seq) {
  static auto holes = metrics::NewCounter("yap_log_holes_total",
                                          "Reads of a log that missed an event below its head.");
  holes.Add();
  log::Error("an event below the head of a log is missing",
             {{"channel", channel.value}, {"seq", seq.value}});
  return MakeError(Errc::kUnavailable, "LOG_HOLE",
                   fmt::format("event {} of the channel cannot be read; try again", seq.value));
}

std::size_t BytesOf(const Row& row) {
  return row.Blob("body").value_or("").size() + row.Text("text").value_or("").size();
}

// Gathers the events of one read, in order, until it is long enough.
struct Gathering {
  ChannelId channel;
  Epoch epoch;
  Seq after;  // The newest gathered.
  std::size_t limit;
  std::size_t bytes = 0;
  std::vector<EventPtr> events = {};

  bool Full() const { return events.size() >= limit || bytes >= kReadPageBytesMax; }
  Result<> Take(const drivers::Rows& rows) {
    for (const Row row : rows) {
      if (Full()) return {};
      YAP_TRY(EventPtr event, EventOf(row, epoch));
      if (event->seq != after.Next()) return Fail(Hole(channel, after.Next()));
      bytes += BytesOf(row);
      after = event->seq;
      events.push_back(std::move(event));
    }
    return {};
  }
};

// What one bucket has of (gathering.after, last].
Task<void> ReadBucket(Db& db, Gathering& gathering, Seq last, Deadline deadline) {
  const std::int32_t bucket = db.buckets.Of(gathering.after.Next());
  const Seq end = std::min(last, db.buckets.Last(bucket));
  const Values values = Values()
                            .BigInt(Signed(gathering.channel))
                            .Int(bucket)
                            .Blob(EventKey(gathering.after))
                            .Blob(EventKey(end));
  std::string resume;
  do {
    const auto rows_max = static_cast<std::uint32_t>(
        std::min<std::size_t>(kRowsPerRequest, gathering.limit - gathering.events.size()));
    YAP_CO_TRY(auto page, co_await db.session->Page(Sql::kReadEvents, values, rows_max,
                                                    std::move(resume), deadline));
    YAP_CO_TRY_VOID(gathering.Take(page.rows));
    resume = std::move(page.next);
  } while (!resume.empty() && !gathering.Full() && gathering.after < end);
  if (!gathering.Full() && gathering.after < end) {
    co_return Fail(Hole(gathering.channel, gathering.after.Next()));
  }
  co_return Result<>();
}

Task<std::optional<StoredKey>> LookUpIn(Db& db, ChannelId channel, std::string key,
                                        std::int32_t bucket, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await db.session->Execute(
                 Sql::kReadKey, Values().BigInt(Signed(channel)).Int(bucket).Blob(key), deadline));
  YAP_CO_TRY(const auto answer, DecodeAnswer(rows));
  if (answer.known.empty()) co_return std::optional<StoredKey>();
  co_return answer.known.begin()->second;
}

Error RetryTooLate(Seq since, Seq head) {
  return MakeError(Errc::kFailedPrecondition, reason::kRetryTooLate,
                   fmt::format("the first attempt was made at event {} and the channel is at {} by "
                               "now: too far to tell whether it was stored; read on to the head, "
                               "look for your own key, and send anew if it is not there",
                               since.value, head.value))
      .With("first_attempt_head", fmt::format("{}", since.value))
      .With("head", fmt::format("{}", head.value));
}

}  // namespace

Task<LogHead> FindHead(Db& db, ChannelId channel, Freshness freshness, Deadline deadline) {
  YAP_CO_TRY(const std::int32_t start, co_await StartBucket(db, channel, deadline));
  YAP_CO_TRY(auto found, co_await HeadOfBucket(db, channel, start, freshness, deadline));
  if (!found && start > 0) {  // A hint of another life of the log.
    YAP_CO_TRY(found, co_await HeadOfBucket(db, channel, 0, freshness, deadline));
  }
  if (!found) co_return LogHead();
  YAP_CO_TRY(const auto head, co_await Gallop(db, channel, *found, freshness, deadline));
  db.sightings.SawHead(channel, head);
  co_return head;
}

Task<Head> ReadHead(Db& db, ChannelId channel, Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await FindHead(db, channel, Freshness::kSerial, deadline));
  co_return ToHead(head, db.epoch);
}

Task<std::vector<EventPtr>> ReadRange(Db& db, ChannelId channel, Seq after, Seq last,
                                      std::size_t limit, Deadline deadline) {
  Gathering gathering{.channel = channel, .epoch = db.epoch, .after = after, .limit = limit};
  while (gathering.after < last && !gathering.Full()) {
    YAP_CO_TRY_VOID(co_await ReadBucket(db, gathering, last, deadline));
  }
  co_return std::move(gathering.events);
}

Task<EventPage> Read(Db& db, ChannelId channel, Seq after, std::size_t limit, Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await FindHead(db, channel, Freshness::kQuorum, deadline));
  EventPage page{.events = {}, .head = ToHead(head, db.epoch), .first_available = Seq(1)};
  if (after >= head.seq) co_return page;
  YAP_CO_TRY(page.events, co_await ReadRange(db, channel, after, head.seq, limit, deadline));
  co_return page;
}

Task<std::optional<StoredKey>> LookUp(Db& db, ChannelId channel, std::string key,
                                      std::int32_t first, std::int32_t last, Deadline deadline) {
  std::vector<Task<std::optional<StoredKey>>> todo;
  for (std::int32_t bucket = last; bucket >= first; --bucket) {
    todo.push_back(LookUpIn(db, channel, key, bucket, deadline));
  }
  YAP_CO_TRY(const auto found, co_await AwaitAllOk(std::move(todo), kParallelMax));
  for (const auto& stored : found) {
    if (stored) co_return stored;
  }
  co_return std::optional<StoredKey>();
}

Task<std::optional<KeyMatch>> FindKey(Db& db, ChannelId channel, UserId user, ClientKey key,
                                      Seq since, Deadline deadline) {
  YAP_CO_TRY(const auto head, co_await FindHead(db, channel, Freshness::kQuorum, deadline));
  const std::int32_t last = db.buckets.Of(head.seq);
  const std::int32_t oldest = std::max(0, last - kLookBackBuckets + 1);
  const std::int32_t wanted = db.buckets.OfFirstAfter(since, head.seq);
  if (since != Seq() && wanted < oldest) co_return Fail(RetryTooLate(since, head.seq));
  YAP_CO_TRY(const auto stored, co_await LookUp(db, channel, DedupKey(user, key),
                                                std::max(oldest, wanted), last, deadline));
  if (!stored) co_return std::optional<KeyMatch>();
  // Whoever is told "stored" may rely on what follows from it.
  YAP_CO_TRY_VOID(co_await EnsureProjected(db, channel, head.changed, deadline));
  co_return KeyMatch{stored->seq, stored->time, db.epoch, stored->fingerprint};
}

}  // namespace yap::store::scylla
