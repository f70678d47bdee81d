#include "store/errors.h"
#include "store/sqlite/internal/queries.h"

namespace yap::store::sqlite {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

namespace {

// Continued by a WHERE; the columns of UserOf.
#define YAP_SELECT_USER                                                                           \
  "SELECT id, name, display_name, password_hash, inbox, create_time, request_id, admin, locked, " \
  "version FROM user "

UserRecord UserOf(const Statement& row) {
  return {.id = row.Number<UserId>(0),
          .name = row.Text(1),
          .display_name = row.Text(2),
          .password_hash = row.Text(3),
          .inbox = row.Number<ChannelId>(4),
          .create_time = row.Time(5),
          .request_id = row.Fixed<16>(6),
          .admin = row.Bool(7),
          .locked = row.Bool(8),
          .version = row.Uint(9)};
}

}  // namespace

Result<> CreateUser(Db& db, const UserRecord& user) {
  if (FindUser(db, user.name)) return NameTaken();
  if (GetUser(db, user.id)) return IdTaken("user");
  db.sql
      .Prepare(
          "INSERT INTO user (id, name, display_name, password_hash, inbox, create_time, "
          "request_id, admin, locked, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)")
      .Bind(user.id, user.name, user.display_name, user.password_hash, user.inbox, user.create_time,
            user.request_id, user.admin, user.locked)
      .Run();
  return {};
}

Result<UserRecord> GetUser(Db& db, UserId id) {
  Statement row = db.sql.Prepare(YAP_SELECT_USER "WHERE id = ?");
  if (!row.Bind(id).Step()) return UserNotFound();
  return UserOf(row);
}

Result<UserRecord> FindUser(Db& db, const std::string& name) {
  Statement row = db.sql.Prepare(YAP_SELECT_USER "WHERE name = ?");
  if (!row.Bind(name).Step()) return UserNotFound();
  return UserOf(row);
}

Result<> UpdateUser(Db& db, const UserRecord& user) {
  const int changed =
      db.sql
          .Prepare(
              "UPDATE user SET display_name = ?, password_hash = ?, admin = ?, locked = ?, "
              "version = version + 1 WHERE id = ? AND version = ?")
          .Bind(user.display_name, user.password_hash, user.admin, user.locked, user.id,
                user.version)
          .Run();
  if (changed == 1) return {};
  if (GetUser(db, user.id)) return VersionMoved();
  return UserNotFound();
}

std::vector<UserRecord> ListUsers(Db& db, const std::string& after_name, std::size_t limit) {
  std::vector<UserRecord> out;
  Statement row = db.sql.Prepare(YAP_SELECT_USER "WHERE name > ? ORDER BY name LIMIT ?");
  row.Bind(after_name, static_cast<std::uint64_t>(limit));
  while (row.Step()) out.push_back(UserOf(row));
  return out;
}

#undef YAP_SELECT_USER

Result<> CreateInvite(Db& db, const InviteRecord& invite) {
  const int made =
      db.sql
          .Prepare(
              "INSERT INTO invite (code_hash, creator, create_time, expire_time, uses_left) "
              "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
          .Bind(invite.code_hash, invite.creator, invite.create_time, invite.expire_time,
                invite.uses_left)
          .Run();
  if (made == 0) return IdTaken("invitation");
  return {};
}

Result<> UseInvite(Db& db, const Digest& code_hash, WallTime now) {
  const int used = db.sql
                       .Prepare(
                           "UPDATE invite SET uses_left = uses_left - 1 "
                           "WHERE code_hash = ? AND uses_left > 0 AND expire_time > ?")
                       .Bind(code_hash, now)
                       .Run();
  if (used == 0) return InviteInvalid();
  return {};
}

void ReturnInvite(Db& db, const Digest& code_hash) {
  db.sql.Prepare("UPDATE invite SET uses_left = uses_left + 1 WHERE code_hash = ?")
      .Bind(code_hash)
      .Run();
}

Result<> WithdrawInvite(Db& db, const Digest& code_hash) {
  const int withdrawn = db.sql.Prepare("DELETE FROM invite WHERE code_hash = ? AND uses_left > 0")
                            .Bind(code_hash)
                            .Run();
  if (withdrawn == 0) return InviteInvalid();
  return {};
}

std::vector<InviteRecord> ListInvites(Db& db) {
  std::vector<InviteRecord> out;
  Statement row = db.sql.Prepare(
      "SELECT code_hash, creator, create_time, expire_time, uses_left FROM invite "
      "ORDER BY code_hash");
  while (row.Step()) {
    out.push_back({.code_hash = row.Fixed<32>(0),
                   .creator = row.Number<UserId>(1),
                   .create_time = row.Time(2),
                   .expire_time = row.Time(3),
                   .uses_left = static_cast<std::uint32_t>(row.Int(4))});
  }
  return out;
}

}  // namespace yap::store::sqlite
