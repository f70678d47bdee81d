#include "store/scylla/internal/projector.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "core/limits.h"
#include "core/projection.h"
#include "store/errors.h"
#include "store/scylla/internal/log.h"

namespace yap::store::scylla {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.
using drivers::Row;
using drivers::Rows;
using drivers::Values;

namespace {

Values At(Seq seq) { return std::move(Values().BigInt(Signed(seq))); }

std::int8_t Small(auto value) { return static_cast<std::int8_t>(value); }

// The plain writes that one event means.
class WritesOf {
 public:
  WritesOf(const Event& event, const ChannelIdentity& identity)
      : event_(event), identity_(identity) {
    if (event.seq == Seq(1)) List(identity.kind);
    for (const Projection& p : ProjectionsOf(event)) std::visit(*this, p);
  }
  std::vector<SqlBound> Take() { return std::move(writes_); }

  void operator()(const SetMember& p) {
    Member(p.member, p.role, false, p.joined ? std::optional(p.seq) : std::nullopt);
    if (p.joined) ReadMark(p.member.user, event_.channel, p.seq, p.countable);
  }
  void operator()(const DropMember& p) {
    Member({p.user, p.username}, Role::kNone, p.banned, std::nullopt);
  }
  void operator()(const SetChannel& p) {
    if (p.topic) {
      Add(Sql::kPutTopic, At(event_.seq).Text(ValidText(*p.topic)).BigInt(Channel()));
    }
    if (!p.kind) return;
    Add(Sql::kPutKind, At(event_.seq).TinyInt(Small(*p.kind)).BigInt(Channel()));
    List(*p.kind);
  }
  void operator()(const SetRead& p) { ReadMark(p.user, p.channel, p.seq, p.countable); }

 private:
  std::int64_t Channel() const { return Signed(event_.channel); }
  void Add(Sql sql, Values values) { writes_.push_back({sql, std::move(values)}); }

  // `joined`: the event is the joining; otherwise that seq stays as it is.
  void Member(const Actor& member, Role role, bool banned, std::optional<Seq> joined) {
    const auto joined_seq = [&](Values& values) -> Values& {
      return joined ? values.BigInt(Signed(*joined)) : values.Unset();
    };
    const std::string_view name = ValidText(member.username);
    Values by_id = At(event_.seq).Text(name).TinyInt(Small(role)).Boolean(banned);
    joined_seq(by_id).BigInt(Signed(event_.seq)).BigInt(Channel()).BigInt(Signed(member.user));
    Add(Sql::kPutMember, std::move(by_id));
    Values by_name = At(event_.seq).BigInt(Signed(member.user)).TinyInt(Small(role));
    joined_seq(by_name).BigInt(Channel()).Text(name);
    Add(Sql::kPutMemberName, std::move(by_name));
    Values of_user = At(event_.seq).TinyInt(Small(role));
    joined_seq(of_user).BigInt(Signed(member.user)).BigInt(Channel());
    Add(Sql::kPutJoined, std::move(of_user));
  }
  // Its timestamp is the position: the furthest one stays, from whichever log it came.
  void ReadMark(UserId user, ChannelId channel, Seq seq, std::uint64_t countable) {
    Add(Sql::kPutReadMark, At(seq)
                               .BigInt(Signed(seq))
                               .BigInt(Signed(countable))
                               .BigInt(Signed(user))
                               .BigInt(Signed(channel)));
  }
  void List(ChannelKind kind) {
    Add(Sql::kPutListed, At(event_.seq)
                             .BigInt(Channel())
                             .Boolean(kind == ChannelKind::kPublic)
                             .Text(identity_.name));
  }

  const Event& event_;
  const ChannelIdentity& identity_;
  std::vector<SqlBound> writes_;
};

Task<void> WriteProjections(Db& db, std::span<const EventPtr> events, IdentityPtr identity,
                            Deadline deadline) {
  std::vector<Task<Rows>> todo;
  for (const EventPtr& event : events) {
    for (SqlBound& write : WritesOf(*event, *identity).Take()) {
      todo.push_back(db.session->Execute(write.sql, std::move(write.values), deadline));
    }
  }
  YAP_CO_TRY_VOID(co_await AwaitAllOk(std::move(todo), kParallelMax));
  co_return Result<>();
}

Task<void> WriteCheckpoint(Db& db, ChannelId channel, Seq seq, Deadline deadline) {
  YAP_CO_TRY_VOID(db.At(HookPoint::kBeforeCheckpoint));
  YAP_CO_TRY_VOID(co_await db.session->Execute(
      Sql::kPutCheckpoint, At(seq).BigInt(Signed(seq)).BigInt(Signed(channel)), deadline));
  db.sightings.SawProjected(channel, seq);
  co_return Result<>();
}

// Of events that somebody stored and did not project.
Task<void> Replay(Db& db, ChannelId channel, Seq from, Seq changed, Deadline deadline) {
  static auto replayed = metrics::NewCounter("yap_projections_replayed_total",
                                             "Times that projections were found behind their log.");
  replayed.Add();
  log::Info("writing projections that another process left undone",
            {{"channel", channel.value}, {"from", from.value}, {"to", changed.value}});
  YAP_CO_TRY(const auto identity, co_await Identify(db, channel, deadline));
  for (Seq done = from; done < changed;) {
    YAP_CO_TRY(const auto events,
               co_await ReadRange(db, channel, done, changed, kReadPageMax, deadline));
    YAP_CO_TRY_VOID(co_await WriteProjections(db, events, identity, deadline));
    done = events.back()->seq;
  }
  co_return co_await WriteCheckpoint(db, channel, changed, deadline);
}

IdentityPtr IdentityOf(const Row& row) {
  return std::make_shared<const ChannelIdentity>(
      ChannelIdentity{.kind = static_cast<ChannelKind>(row.TinyInt("kind").value_or(0)),
                      .name = TextIn(row, "name"),
                      .topic = TextIn(row, "topic"),
                      .creator = IdIn<UserId>(row, "creator"),
                      .request_id = KeyIn(row, "request_id"),
                      .create_time = TimeIn(row, "created")});
}

}  // namespace

Task<IdentityPtr> Identify(Db& db, ChannelId channel, Deadline deadline) {
  if (auto known = db.identities.Find(channel)) co_return *std::move(known);
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  Sql::kReadChannel, Values().BigInt(Signed(channel)), deadline));
  if (rows.empty()) co_return ChannelNotFound();
  IdentityPtr identity = IdentityOf(rows.front());
  db.identities.Put(channel, identity);
  co_return identity;
}

Task<ChannelState> ReadState(Db& db, ChannelId channel, Deadline deadline) {
  YAP_CO_TRY(const auto rows, co_await db.session->Execute(
                                  Sql::kReadState, Values().BigInt(Signed(channel)), deadline));
  ChannelState state;
  if (rows.empty()) co_return state;
  const Row row = rows.front();
  if (row.Has("topic")) state.topic = TextIn(row, "topic");
  if (const auto kind = row.TinyInt("kind")) state.kind = static_cast<ChannelKind>(*kind);
  state.checkpoint = IdIn<Seq>(row, "checkpoint");
  state.effects_done = IdIn<Seq>(row, "effects_done");
  db.sightings.SawProjected(channel, state.checkpoint);
  co_return state;
}

Task<void> EnsureProjected(Db& db, ChannelId channel, Seq changed, Deadline deadline) {
  if (changed <= db.sightings.Projected(channel)) co_return Result<>();
  YAP_CO_TRY(const auto state, co_await ReadState(db, channel, deadline));
  if (changed <= state.checkpoint) co_return Result<>();
  co_return co_await Replay(db, channel, state.checkpoint, changed, deadline);
}

Task<void> ProjectAppended(Db& db, ChannelId channel, std::vector<EventPtr> events, Seq changed,
                           Deadline deadline) {
  YAP_CO_TRY_VOID(db.At(HookPoint::kBeforeProjection));
  std::erase_if(events, [](const EventPtr& event) { return !HasProjections(*event); });
  YAP_CO_TRY(const auto identity, co_await Identify(db, channel, deadline));
  YAP_CO_TRY_VOID(co_await WriteProjections(db, events, identity, deadline));
  co_return co_await WriteCheckpoint(db, channel, changed, deadline);
}

MemberRow DecodeMember(const Row& row) {
  MemberRow member{.record = {}, .seq = IdIn<Seq>(row, "seq")};
  MemberRecord& record = member.record;
  record.user = IdIn<UserId>(row, "user_id");
  record.role = static_cast<Role>(row.TinyInt("role").value_or(0));
  record.banned = row.Boolean("banned").value_or(false);
  if (record.role != Role::kNone) record.joined_seq = IdIn<Seq>(row, "joined_seq");
  if (record.role != Role::kNone || record.banned) record.username = TextIn(row, "username");
  return member;
}

}  // namespace yap::store::scylla
