#include <utility>

#include "store/errors.h"
#include "store/sqlite/internal/queries.h"

namespace yap::store::sqlite {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

namespace {

// The columns of ChannelOf and of MemberOf, for SELECTs from `channel` and from `member`.
#define YAP_CHANNEL_COLUMNS                                                           \
  "channel.id, channel.kind, channel.name, channel.topic, channel.creator, "          \
  "channel.request_id, channel.create_time, channel.member_count, channel.head_seq, " \
  "channel.head_time, channel.head_countable, channel.effects_done, channel.effects_last "
#define YAP_MEMBER_COLUMNS "user_id, username, role, banned, joined_seq "
constexpr int kChannelColumns = 13;

ChannelRecord ChannelOf(const Statement& row, const Db& db) {
  return {.id = row.Number<ChannelId>(0),
          .kind = row.Enum<ChannelKind>(1),
          .name = row.Text(2),
          .topic = row.Text(3),
          .creator = row.Number<UserId>(4),
          .request_id = row.Fixed<16>(5),
          .create_time = row.Time(6),
          .member_count = static_cast<std::uint32_t>(row.Int(7)),
          .head = {.seq = row.Seq(8),
                   .epoch = db.epoch,
                   .countable = row.Uint(10),
                   .time = row.Time(9)},
          .effects_done = row.Seq(11),
          .effects_last = row.Seq(12)};
}

MemberRecord MemberOf(const Statement& row) {
  return {.user = row.Number<UserId>(0),
          .username = row.Text(1),
          .role = row.Enum<Role>(2),
          .banned = row.Bool(3),
          .joined_seq = row.Seq(4)};
}

// The other member of a direct channel.
Actor PeerOf(Db& db, ChannelId channel, UserId user) {
  Statement row = db.sql.Prepare(
      "SELECT user_id, username FROM member WHERE channel_id = ? AND user_id <> ? "
      "ORDER BY user_id LIMIT 1");
  if (!row.Bind(channel, user).Step()) return {};
  return {row.Number<UserId>(0), row.Text(1)};
}

}  // namespace

Result<ChannelCreation> CreateChannel(Db& db, const ChannelRecord& channel) {
  if (auto found = FindChannel(db, channel.name)) {
    return ChannelCreation{.created = false, .channel = *std::move(found)};
  }
  if (GetChannel(db, channel.id)) return IdTaken("channel");
  db.sql
      .Prepare(
          "INSERT INTO channel (id, kind, name, topic, creator, request_id, create_time) "
          "VALUES (?, ?, ?, ?, ?, ?, ?)")
      .Bind(channel.id, channel.kind, channel.name, channel.topic, channel.creator,
            channel.request_id, channel.create_time)
      .Run();
  YAP_TRY(ChannelRecord made, GetChannel(db, channel.id));
  return ChannelCreation{.created = true, .channel = std::move(made)};
}

Result<ChannelRecord> GetChannel(Db& db, ChannelId id) {
  Statement row = db.sql.Prepare("SELECT " YAP_CHANNEL_COLUMNS "FROM channel WHERE id = ?");
  if (!row.Bind(id).Step()) return ChannelNotFound();
  return ChannelOf(row, db);
}

Result<ChannelRecord> FindChannel(Db& db, const std::string& name) {
  Statement row = db.sql.Prepare("SELECT " YAP_CHANNEL_COLUMNS "FROM channel WHERE name = ?");
  if (!row.Bind(name).Step()) return ChannelNotFound();
  return ChannelOf(row, db);
}

std::vector<ChannelRecord> ListPublic(Db& db, const std::string& prefix,
                                      const std::string& after_name, std::size_t limit) {
  std::vector<ChannelRecord> out;
  Statement row = db.sql.Prepare(
      "SELECT " YAP_CHANNEL_COLUMNS
      "FROM channel WHERE kind = 1 AND founded = 1 AND name >= ? AND name > ? ORDER BY name");
  row.Bind(prefix, after_name);
  while (out.size() < limit && row.Step() && row.Bytes(2).starts_with(prefix)) {
    out.push_back(ChannelOf(row, db));
  }
  return out;
}

std::vector<JoinedRecord> ListJoined(Db& db, UserId user, ChannelId after, std::size_t limit) {
  std::vector<JoinedRecord> out;
  Statement row =
      db.sql.Prepare("SELECT " YAP_CHANNEL_COLUMNS
                     ", member.role, member.joined_seq, member.read_seq, member.read_countable "
                     "FROM member JOIN channel ON channel.id = member.channel_id "
                     "WHERE member.user_id = ? AND member.channel_id > ? AND member.role > 0 "
                     "AND channel.kind <> 4 ORDER BY member.channel_id LIMIT ?");
  row.Bind(user, after, static_cast<std::uint64_t>(limit));
  while (row.Step()) {
    JoinedRecord joined{.channel = ChannelOf(row, db),
                        .role = row.Enum<Role>(kChannelColumns),
                        .joined_seq = row.Seq(kChannelColumns + 1),
                        .read_seq = row.Seq(kChannelColumns + 2),
                        .read_countable = row.Uint(kChannelColumns + 3),
                        .peer = {}};
    if (joined.channel.kind == ChannelKind::kDirect) {
      joined.peer = PeerOf(db, joined.channel.id, user);
    }
    out.push_back(std::move(joined));
  }
  return out;
}

std::vector<MemberRecord> ListMembers(Db& db, ChannelId channel, const std::string& after_name,
                                      std::size_t limit) {
  std::vector<MemberRecord> out;
  Statement row = db.sql.Prepare(
      "SELECT " YAP_MEMBER_COLUMNS
      "FROM member WHERE channel_id = ? AND username > ? AND role > 0 ORDER BY username LIMIT ?");
  row.Bind(channel, after_name, static_cast<std::uint64_t>(limit));
  while (row.Step()) out.push_back(MemberOf(row));
  return out;
}

MemberRecord GetMember(Db& db, ChannelId channel, UserId user) {
  Statement row = db.sql.Prepare("SELECT " YAP_MEMBER_COLUMNS
                                 "FROM member WHERE channel_id = ? AND user_id = ?");
  if (row.Bind(channel, user).Step()) return MemberOf(row);
  MemberRecord stranger;
  stranger.user = user;
  return stranger;
}

Result<ChannelAccess> GetAccess(Db& db, ChannelId channel, UserId user) {
  YAP_TRY(ChannelRecord record, GetChannel(db, channel));
  return ChannelAccess{std::move(record), GetMember(db, channel, user)};
}

Result<ChannelSnapshot> LoadChannel(Db& db, ChannelId channel) {
  YAP_TRY(ChannelRecord record, GetChannel(db, channel));
  ChannelSnapshot snapshot{.channel = std::move(record), .members = {}};
  Statement row = db.sql.Prepare("SELECT " YAP_MEMBER_COLUMNS
                                 "FROM member WHERE channel_id = ? ORDER BY user_id");
  row.Bind(channel);
  while (row.Step()) snapshot.members.push_back(MemberOf(row));
  return snapshot;
}

#undef YAP_CHANNEL_COLUMNS
#undef YAP_MEMBER_COLUMNS

std::vector<ChannelId> ListPendingEffects(Db& db, std::size_t limit) {
  std::vector<ChannelId> out;
  Statement row = db.sql.Prepare(
      "SELECT id FROM channel WHERE effects_done < effects_last ORDER BY id LIMIT ?");
  row.Bind(static_cast<std::uint64_t>(limit));
  while (row.Step()) out.push_back(row.Number<ChannelId>(0));
  return out;
}

Result<> MarkEffectsDone(Db& db, ChannelId channel, Seq seq) {
  const int found =
      db.sql.Prepare("UPDATE channel SET effects_done = max(effects_done, ?) WHERE id = ?")
          .Bind(seq, channel)
          .Run();
  if (found == 0) return ChannelNotFound();
  return {};
}

}  // namespace yap::store::sqlite
