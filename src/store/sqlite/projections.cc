#include <variant>

#include "core/projection.h"
#include "store/sqlite/internal/queries.h"

namespace yap::store::sqlite {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

namespace {

Role RoleOf(Db& db, ChannelId channel, UserId user) {
  Statement row = db.sql.Prepare("SELECT role FROM member WHERE channel_id = ? AND user_id = ?");
  return row.Bind(channel, user).Step() ? row.Enum<Role>(0) : Role::kNone;
}

void CountMember(Db& db, ChannelId channel, std::int64_t by) {
  db.sql.Prepare("UPDATE channel SET member_count = member_count + ? WHERE id = ?")
      .Bind(by, channel)
      .Run();
}

// Joining starts afresh, with the read position at the event; a new role changes the role alone.
void Apply(Db& db, ChannelId channel, const SetMember& p) {
  const bool joins = RoleOf(db, channel, p.member.user) == Role::kNone;
  if (joins) CountMember(db, channel, 1);
  if (!joins && !p.joined) {
    db.sql.Prepare("UPDATE member SET username = ?, role = ? WHERE channel_id = ? AND user_id = ?")
        .Bind(p.member.username, p.role, channel, p.member.user)
        .Run();
    return;
  }
  db.sql
      .Prepare(
          "INSERT OR REPLACE INTO member (channel_id, user_id, username, role, banned, "
          "joined_seq, read_seq, read_countable) VALUES (?, ?, ?, ?, 0, ?, ?, ?)")
      .Bind(channel, p.member.user, p.member.username, p.role, p.seq, p.seq, p.countable)
      .Run();
}

void Apply(Db& db, ChannelId channel, const DropMember& p) {
  if (RoleOf(db, channel, p.user) != Role::kNone) CountMember(db, channel, -1);
  if (!p.banned) {
    db.sql.Prepare("DELETE FROM member WHERE channel_id = ? AND user_id = ?")
        .Bind(channel, p.user)
        .Run();
    return;
  }
  db.sql
      .Prepare(
          "INSERT OR REPLACE INTO member (channel_id, user_id, username, role, banned, "
          "joined_seq, read_seq, read_countable) VALUES (?, ?, ?, 0, 1, 0, 0, 0)")
      .Bind(channel, p.user, p.username)
      .Run();
}

void Apply(Db& db, ChannelId channel, const SetChannel& p) {
  if (p.topic) {
    db.sql.Prepare("UPDATE channel SET topic = ? WHERE id = ?").Bind(*p.topic, channel).Run();
  }
  if (p.kind) {
    db.sql.Prepare("UPDATE channel SET kind = ? WHERE id = ?").Bind(*p.kind, channel).Run();
  }
}

void Apply(Db& db, ChannelId, const SetRead& p) {
  db.sql
      .Prepare(
          "UPDATE member SET read_seq = ?3, read_countable = ?4 "
          "WHERE channel_id = ?1 AND user_id = ?2 AND role > 0 AND read_seq < ?3")
      .Bind(p.channel, p.user, p.seq, p.countable)
      .Run();
}

}  // namespace

void Project(Db& db, const Event& event) {
  for (const Projection& projection : ProjectionsOf(event)) {
    std::visit([&](const auto& p) { Apply(db, event.channel, p); }, projection);
  }
}

}  // namespace yap::store::sqlite
