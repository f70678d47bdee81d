#include <memory>
#include <utility>

#include "core/event_codec.h"
#include "core/limits.h"
#include "core/projection.h"
#include "store/errors.h"
#include "store/sqlite/internal/queries.h"

namespace yap::store::sqlite {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

namespace {

std::optional<Head> LoadHead(Db& db, ChannelId channel) {
  Statement row =
      db.sql.Prepare("SELECT head_seq, head_time, head_countable FROM channel WHERE id = ?");
  if (!row.Bind(channel).Step()) return std::nullopt;
  return Head{.seq = row.Seq(0), .epoch = db.epoch, .countable = row.Uint(2), .time = row.Time(1)};
}

// The event that holds the draft's key, as an answer to the draft.
std::optional<Appended> FindStored(Db& db, ChannelId channel, const Draft& draft) {
  if (IsNone(draft.key)) return std::nullopt;
  Statement row = db.sql.Prepare(
      "SELECT seq, time, countable, fingerprint FROM event "
      "WHERE channel_id = ? AND sender = ? AND client_key = ?");
  if (!row.Bind(channel, draft.actor.user, draft.key).Step()) return std::nullopt;
  const auto outcome = row.Fixed<32>(3) == draft.fingerprint ? Appended::Outcome::kDuplicate
                                                             : Appended::Outcome::kKeyReused;
  return Appended{outcome, row.Seq(0), row.Time(1), row.Uint(2)};
}

// For a head that is not the expected one: what is stored already is answered as such, anything
// else has to be judged again.
Result<std::vector<Appended>> AnswerKnown(Db& db, ChannelId channel,
                                          const std::vector<Draft>& drafts, Seq head) {
  std::vector<Appended> out;
  for (const Draft& draft : drafts) {
    const auto stored = FindStored(db, channel, draft);
    if (!stored) return HeadMoved(head);
    out.push_back(*stored);
  }
  return out;
}

// False where the key is there already; then nothing was inserted.
bool Insert(Db& db, const Event& event, const Digest& fingerprint) {
  const std::string body = EncodeBody(event.body);
  Statement insert = db.sql.Prepare(
      "INSERT INTO event (channel_id, seq, time, sender, sender_name, client_key, fingerprint, "
      "countable, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (channel_id, sender, client_key) WHERE client_key IS NOT NULL DO NOTHING");
  const Actor& actor = event.actor;
  const auto bind = [&](const auto& key) {
    insert.Bind(event.channel, event.seq, event.time, actor.user, actor.username, key, fingerprint,
                event.countable, Blob{body});
  };
  IsNone(event.key) ? bind(nullptr) : bind(event.key);
  return insert.Run() == 1;
}

// Appends to one log from `head` on.
class Appender {
 public:
  Appender(Db& db, ChannelId channel, Head head)
      : db_(db), channel_(channel), founds_(head.seq == Seq()), head_(head) {}

  Appended Append(const Draft& draft) {
    const Event event{.channel = channel_,
                      .seq = head_.seq.Next(),
                      .epoch = db_.epoch,
                      .time = draft.time,
                      .actor = draft.actor,
                      .key = draft.key,
                      .countable = head_.countable + (IsCountable(draft.body) ? 1 : 0),
                      .body = draft.body};
    if (!Insert(db_, event, draft.fingerprint)) return *FindStored(db_, channel_, draft);
    head_ = {.seq = event.seq, .epoch = {}, .countable = event.countable, .time = event.time};
    Project(db_, event);
    if (HasEffects(event.body)) effects_last_ = event.seq;
    return {Appended::Outcome::kStored, event.seq, event.time, event.countable};
  }

  void Finish() {
    db_.sql
        .Prepare("UPDATE channel SET head_seq = ?, head_time = ?, head_countable = ? WHERE id = ?")
        .Bind(head_.seq, head_.time, head_.countable, channel_)
        .Run();
    if (founds_) {
      db_.sql.Prepare("UPDATE channel SET founded = 1 WHERE id = ?").Bind(channel_).Run();
    }
    if (effects_last_ == Seq()) return;
    db_.sql.Prepare("UPDATE channel SET effects_last = ? WHERE id = ?")
        .Bind(effects_last_, channel_)
        .Run();
  }

 private:
  Db& db_;
  const ChannelId channel_;
  const bool founds_;
  Head head_;
  Seq effects_last_;
};

// REQUIRES: columns seq, time, sender, sender_name, client_key, countable, body.
EventPtr EventOf(const Statement& row, Db& db, ChannelId channel) {
  auto body = DecodeBody(row.Bytes(6));
  if (!body) throw SqliteError(SQLITE_CORRUPT, body.error().message);
  return std::make_shared<const Event>(Event{.channel = channel,
                                             .seq = row.Seq(0),
                                             .epoch = db.epoch,
                                             .time = row.Time(1),
                                             .actor = {row.Number<UserId>(2), row.Text(3)},
                                             .key = row.Fixed<16>(4),
                                             .countable = row.Uint(5),
                                             .body = *std::move(body)});
}

}  // namespace

Result<std::vector<Appended>> Append(Db& db, ChannelId channel, const std::vector<Draft>& drafts,
                                     Seq expected_head) {
  const auto head = LoadHead(db, channel);
  if (!head) return ChannelNotFound();
  if (head->seq != expected_head) return AnswerKnown(db, channel, drafts, head->seq);
  Appender appender(db, channel, *head);
  std::vector<Appended> out;
  for (const Draft& draft : drafts) out.push_back(appender.Append(draft));
  appender.Finish();
  return out;
}

EventPage Read(Db& db, ChannelId channel, Seq after, std::size_t limit) {
  EventPage page{.events = {}, .head = ReadHead(db, channel), .first_available = Seq(1)};
  if (after >= page.head.seq) return page;
  Statement row = db.sql.Prepare(
      "SELECT seq, time, sender, sender_name, client_key, countable, body FROM event "
      "WHERE channel_id = ? AND seq > ? ORDER BY seq LIMIT ?");
  row.Bind(channel, after, static_cast<std::uint64_t>(limit));
  for (std::size_t bytes = 0; bytes < kReadPageBytesMax && row.Step();) {
    page.events.push_back(EventOf(row, db, channel));
    bytes += row.Bytes(6).size();
  }
  return page;
}

Head ReadHead(Db& db, ChannelId channel) {
  const Head none{.seq = {}, .epoch = db.epoch, .countable = 0, .time = {}};
  return LoadHead(db, channel).value_or(none);
}

std::optional<KeyMatch> FindKey(Db& db, ChannelId channel, UserId user, const ClientKey& key) {
  Statement row = db.sql.Prepare(
      "SELECT seq, time, fingerprint FROM event "
      "WHERE channel_id = ? AND sender = ? AND client_key = ?");
  if (!row.Bind(channel, user, key).Step()) return std::nullopt;
  return KeyMatch{row.Seq(0), row.Time(1), db.epoch, row.Fixed<32>(2)};
}

}  // namespace yap::store::sqlite
