#include "store/scylla/internal/group.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/check.h"
#include "core/event_codec.h"
#include "core/projection.h"
#include "unicode/code_points.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Rows;
using drivers::Values;

namespace {

// fingerprint (32 bytes), time (8, µs, big endian), countable (8, big endian).
constexpr std::size_t kKeyBodyBytes = 48;

std::int64_t Micros(WallTime time) { return time.time_since_epoch().count(); }
WallTime FromMicros(std::int64_t micros) { return WallTime(std::chrono::microseconds(micros)); }
std::int64_t Signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

std::unexpected<Error> Corrupt(const char* what) {
  return Fail(Errc::kCorruption, "EVENT_CORRUPT", what);
}

// Applies what an event means for who is a member; answers by how much their number changes.
class MemberCount {
 public:
  explicit MemberCount(Membership& members) : members_(members) {}
  int operator()(const SetMember& p) { return Set(p.member.user, true); }
  int operator()(const DropMember& p) { return Set(p.user, false); }
  int operator()(const SetChannel&) { return 0; }
  int operator()(const SetRead&) { return 0; }

 private:
  int Set(UserId user, bool member) {
    const bool before = std::exchange(members_[user], member);
    return static_cast<int>(member) - static_cast<int>(before);
  }
  Membership& members_;
};

LogHead HeadAfter(const LogHead& head, const Event& event, Membership& members) {
  LogHead after = head;
  after.seq = event.seq;
  after.time = event.time;
  after.countable = event.countable;
  for (const Projection& p : ProjectionsOf(event)) {
    after.members += static_cast<std::uint32_t>(std::visit(MemberCount(members), p));
  }
  if (HasProjections(event)) after.changed = event.seq;
  if (HasEffects(event.body)) after.effects = event.seq;
  return after;
}

SqlBound MoveHead(const Group& group, std::int64_t channel, std::int32_t bucket, bool fresh) {
  const LogHead& head = group.after;
  Values values;
  values.BigInt(Signed(head.seq.value))
      .BigInt(Micros(head.time))
      .BigInt(Signed(head.countable))
      .Int(static_cast<std::int32_t>(head.members))
      .BigInt(Signed(head.changed.value))
      .BigInt(Signed(head.effects.value))
      .BigInt(channel)
      .Int(bucket);
  fresh ? values.Null() : values.BigInt(Signed(group.before.seq.value));
  return {Sql::kMoveHead, std::move(values)};
}

SqlBound PutEvent(const Event& event, std::int32_t bucket) {
  const EventColumns columns = EncodeColumns(event);
  Values values;
  values.BigInt(Signed(event.channel.value))
      .Int(bucket)
      .Blob(EventKey(event.seq))
      .BigInt(Signed(event.seq.value))
      .Timestamp(event.time)
      .BigInt(Signed(event.actor.user.value));
  columns.text ? values.Text(*columns.text) : values.Unset();
  values.Blob(columns.body);
  return {Sql::kPutEvent, std::move(values)};
}

SqlBound PutKey(const Event& event, const Digest& fingerprint, std::int32_t bucket) {
  return {Sql::kPutKey, Values()
                            .BigInt(Signed(event.channel.value))
                            .Int(bucket)
                            .Blob(DedupKey(event.actor.user, event.key))
                            .BigInt(Signed(event.seq.value))
                            .Blob(EncodeKeyBody(fingerprint, event.time, event.countable))};
}

std::int64_t BigEndianAt(std::string_view bytes, std::size_t at) {
  return Signed(SeqOfEventKey(bytes.substr(at, 8)).value);
}

Result<StoredKey> DecodeKeyBody(Seq seq, std::string_view body) {
  if (body.size() != kKeyBodyBytes) return Corrupt("a stored key has another length than ours");
  StoredKey key{.seq = seq,
                .time = FromMicros(BigEndianAt(body, 32)),
                .countable = static_cast<std::uint64_t>(BigEndianAt(body, 40))};
  std::memcpy(key.fingerprint.data(), body.data(), key.fingerprint.size());
  return key;
}

}  // namespace

bool HasProjections(const Event& event) {
  return event.seq == Seq(1) || !ProjectionsOf(event).empty();
}

std::vector<UserId> UsersConcerned(std::span<const Draft> drafts) {
  std::set<UserId> users;
  for (const Draft& draft : drafts) {
    Event event;
    event.body = draft.body;
    for (const Projection& p : ProjectionsOf(event)) {
      if (const auto* set = std::get_if<SetMember>(&p)) users.insert(set->member.user);
      if (const auto* drop = std::get_if<DropMember>(&p)) users.insert(drop->user);
    }
  }
  return {users.begin(), users.end()};
}

Group BuildGroup(ChannelId channel, Epoch epoch, const LogHead& head, std::span<const Draft> drafts,
                 std::span<const std::size_t> chosen, Membership members) {
  YAP_CHECK(!chosen.empty());
  Group group{.events = {}, .draft = {}, .before = head, .after = head};
  for (const std::size_t index : chosen) {
    const Draft& draft = drafts[index];
    auto event = std::make_shared<const Event>(
        Event{.channel = channel,
              .seq = group.after.seq.Next(),
              .epoch = epoch,
              .time = draft.time,
              .actor = draft.actor,
              .key = draft.key,
              .countable = group.after.countable + (IsCountable(draft.body) ? 1 : 0),
              .body = draft.body});
    group.after = HeadAfter(group.after, *event, members);
    group.events.push_back(std::move(event));
    group.draft.push_back(index);
  }
  return group;
}

std::vector<SqlBound> BatchOf(const Group& group, std::span<const Draft> drafts, Buckets buckets) {
  const std::int32_t bucket = buckets.Of(group.after.seq);
  const bool fresh = group.before.seq == Seq() || buckets.Of(group.before.seq) != bucket;
  const auto channel = Signed(group.events.front()->channel.value);
  std::vector<SqlBound> batch;
  batch.push_back(MoveHead(group, channel, bucket, fresh));
  for (const EventPtr& event : group.events) batch.push_back(PutEvent(*event, bucket));
  for (std::size_t i = 0; i < group.events.size(); ++i) {
    if (IsNone(group.events[i]->key)) continue;
    batch.push_back(PutKey(*group.events[i], drafts[group.draft[i]].fingerprint, bucket));
  }
  return batch;
}

std::string EncodeKeyBody(const Digest& fingerprint, WallTime time, std::uint64_t countable) {
  std::string body(AsView(fingerprint));
  body += EventKey(Seq(static_cast<std::uint64_t>(Micros(time))));
  body += EventKey(Seq(countable));
  return body;
}

Appended AnswerOf(const StoredKey& stored, const Digest& fingerprint) {
  const auto outcome = stored.fingerprint == fingerprint ? Appended::Outcome::kDuplicate
                                                         : Appended::Outcome::kKeyReused;
  return {outcome, stored.seq, stored.time, stored.countable};
}

EventColumns EncodeColumns(const Event& event) {
  const auto* message = std::get_if<MessagePosted>(&event.body);
  if (message == nullptr || unicode::FirstInvalidUtf8(message->text)) {
    return {.text = std::nullopt, .body = EncodeEvent(event)};
  }
  Event rest = event;
  std::get<MessagePosted>(rest.body).text.clear();
  return {.text = message->text, .body = EncodeEvent(rest)};
}

Result<Event> DecodeColumns(const Row& row) {
  const auto body = row.Blob("body");
  if (!body) return Corrupt("a stored event has no body");
  YAP_TRY(Event event, DecodeEvent(*body));
  const auto text = row.Text("text");
  if (!text) return event;
  auto* message = std::get_if<MessagePosted>(&event.body);
  if (message == nullptr) return Corrupt("a stored event that is no message has a text");
  message->text = *text;
  return event;
}

std::optional<LogHead> DecodeHead(const Row& row) {
  const auto head = row.BigInt("head");
  if (!head) return std::nullopt;
  const auto number = [&](std::string_view column) {
    return static_cast<std::uint64_t>(row.BigInt(column).value_or(0));
  };
  return LogHead{.seq = Seq(static_cast<std::uint64_t>(*head)),
                 .time = FromMicros(row.BigInt("head_time").value_or(0)),
                 .countable = number("head_countable"),
                 .members = static_cast<std::uint32_t>(row.Int("members").value_or(0)),
                 .changed = Seq(number("changed")),
                 .effects = Seq(number("effects"))};
}

Result<BatchAnswer> DecodeAnswer(const Rows& rows) {
  BatchAnswer answer{.applied = rows.Applied(), .head = {}, .known = {}};
  if (answer.applied) return answer;
  for (const Row row : rows) {
    if (!answer.head) answer.head = DecodeHead(row);
    const auto key = row.Blob("k");
    const auto seq = row.BigInt("seq");
    if (row.TinyInt("t") != 1 || !key || !seq) continue;
    YAP_TRY(auto stored, DecodeKeyBody(Seq(static_cast<std::uint64_t>(*seq)),
                                       row.Blob("body").value_or(std::string_view())));
    answer.known.emplace(*key, stored);
  }
  return answer;
}

}  // namespace yap::store::scylla
