#include "store/sqlite/internal/schema.h"

#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "base/log.h"
#include "core/reasons.h"
#include "crypto/hash.h"

namespace yap::store::sqlite {
namespace {

// Times are microseconds since 1970 UTC; ids and numbers are 63 bits. `event` has no rowid, so that
// a channel's events lie together in the order they are read; its key index is partial, because
// the server's own events have no key. `member` keeps who is banned (role 0) but not who left.
constexpr std::string_view kTables = R"sql(
CREATE TABLE meta (
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  inbox INTEGER NOT NULL,
  create_time INTEGER NOT NULL,
  request_id BLOB NOT NULL,
  admin INTEGER NOT NULL,
  locked INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT;

CREATE TABLE invite (
  code_hash BLOB PRIMARY KEY NOT NULL,
  creator INTEGER NOT NULL,
  create_time INTEGER NOT NULL,
  expire_time INTEGER NOT NULL,
  uses_left INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id INTEGER PRIMARY KEY,
  user_id INTEGER NOT NULL,
  device_name TEXT NOT NULL,
  address TEXT NOT NULL,
  create_time INTEGER NOT NULL,
  last_used_time INTEGER NOT NULL,
  counter INTEGER NOT NULL
) STRICT;
CREATE INDEX session_of_user ON session (user_id, create_time, id);
CREATE INDEX session_by_use ON session (last_used_time);
CREATE INDEX session_by_age ON session (create_time);

CREATE TABLE access (
  token_hash BLOB PRIMARY KEY NOT NULL,
  session_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  expire_time INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX access_of_session ON access (session_id);
CREATE INDEX access_by_expiry ON access (expire_time);

CREATE TABLE channel (
  id INTEGER PRIMARY KEY,
  kind INTEGER NOT NULL,
  name TEXT NOT NULL UNIQUE,
  topic TEXT NOT NULL,
  creator INTEGER NOT NULL,
  request_id BLOB NOT NULL,
  create_time INTEGER NOT NULL,
  member_count INTEGER NOT NULL DEFAULT 0,
  head_seq INTEGER NOT NULL DEFAULT 0,
  head_time INTEGER NOT NULL DEFAULT 0,
  head_countable INTEGER NOT NULL DEFAULT 0,
  effects_done INTEGER NOT NULL DEFAULT 0,
  effects_last INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX channel_public ON channel (name) WHERE kind = 1;
CREATE INDEX channel_pending ON channel (id) WHERE effects_done < effects_last;

CREATE TABLE event (
  channel_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  time INTEGER NOT NULL,
  sender INTEGER NOT NULL,
  sender_name TEXT NOT NULL,
  client_key BLOB,
  fingerprint BLOB NOT NULL,
  countable INTEGER NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY (channel_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX event_key ON event (channel_id, sender, client_key)
  WHERE client_key IS NOT NULL;

CREATE TABLE member (
  channel_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  username TEXT NOT NULL,
  role INTEGER NOT NULL,
  banned INTEGER NOT NULL,
  joined_seq INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  read_countable INTEGER NOT NULL,
  PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_name ON member (channel_id, username) WHERE role > 0;
CREATE INDEX member_of_user ON member (user_id, channel_id) WHERE role > 0;
)sql";

// A channel whose founding was cut short has a row and no events. It is not `founded`, which is a
// column of its own because `head_seq` changes with each append, and an index on it would too.
constexpr std::string_view kFounded = R"sql(
ALTER TABLE channel ADD COLUMN founded INTEGER NOT NULL DEFAULT 0;
UPDATE channel SET founded = 1 WHERE head_seq > 0;
DROP INDEX channel_public;
CREATE INDEX channel_public ON channel (name) WHERE kind = 1 AND founded = 1;
)sql";

constexpr std::array<Migration, 2> kMigrations = {{{1, kTables}, {2, kFounded}}};

std::string Checksum(const Migration& migration) { return ToHex(Sha256(migration.sql)); }

bool HasTables(Connection& sql) { return sql.Number("SELECT count(*) FROM sqlite_schema") != 0; }

void Apply(Connection& sql, const Migration& migration, WallTime now) {
  Transaction transaction(sql, "BEGIN IMMEDIATE");
  sql.Exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  sql.Exec(
      "CREATE TABLE IF NOT EXISTS schema_migration ("
      "version INTEGER PRIMARY KEY, checksum TEXT NOT NULL, applied_time INTEGER NOT NULL) STRICT");
  sql.Exec(std::string(migration.sql));
  sql.Prepare("INSERT INTO schema_migration (version, checksum, applied_time) VALUES (?, ?, ?)")
      .Bind(std::int64_t{migration.version}, Checksum(migration), now)
      .Run();
  sql.Exec(fmt::format("PRAGMA user_version = {}", migration.version));
  transaction.Commit();
}

Result<> CheckApplied(Connection& sql, const std::filesystem::path& path,
                      const Migration& migration) {
  Statement row = sql.Prepare("SELECT checksum FROM schema_migration WHERE version = ?");
  row.Bind(std::int64_t{migration.version});
  if (row.Step() && row.Bytes(0) == Checksum(migration)) return {};
  return Fail(Errc::kFailedPrecondition, "SCHEMA_CHANGED",
              fmt::format("{}: schema step {} was applied from another text than this program's; "
                          "use the yapd that made the file, or restore a backup into a new one",
                          path.string(), migration.version));
}

}  // namespace

std::span<const Migration> Migrations() { return kMigrations; }

Result<int> CheckIdentity(Connection& sql, const std::filesystem::path& path,
                          std::span<const Migration> migrations) {
  const std::int64_t id = sql.Number("PRAGMA application_id");
  const auto version = static_cast<int>(sql.Number("PRAGMA user_version"));
  if (id != kApplicationId && (id != 0 || version != 0 || HasTables(sql))) {
    return Fail(Errc::kFailedPrecondition, "NOT_A_YAP_DATABASE",
                fmt::format("{} is an SQLite database of another program; give yap a file of its "
                            "own",
                            path.string()));
  }
  if (version > migrations.back().version) {
    return Fail(Errc::kFailedPrecondition, "SCHEMA_NEWER",
                fmt::format("{} has schema {}, this program knows schemas up to {}: run the newer "
                            "yapd again, or restore a backup made before its upgrade",
                            path.string(), version, migrations.back().version));
  }
  return version;
}

Result<> Migrate(Connection& sql, const std::filesystem::path& path,
                 std::span<const Migration> migrations, WallTime now) {
  YAP_TRY(const int version, CheckIdentity(sql, path, migrations));
  for (const Migration& migration : migrations) {
    if (migration.version <= version) {
      YAP_TRY_VOID(CheckApplied(sql, path, migration));
    } else {
      Apply(sql, migration, now);
      log::Info("the database has a new schema",
                {{"file", path.string()}, {"schema", migration.version}});
    }
  }
  return {};
}

Result<> CheckIntegrity(Connection& sql, const std::filesystem::path& path) {
  const std::string verdict = sql.Text("PRAGMA integrity_check(1)");
  if (verdict == "ok") return {};
  return Fail(Errc::kCorruption, core::reason::kStoreCorrupt,
              fmt::format("{} is damaged ({}); use another backup", path.string(), verdict));
}

std::int64_t ReadMeta(Connection& sql, std::string_view name) {
  Statement row = sql.Prepare("SELECT value FROM meta WHERE name = ?");
  return row.Bind(name).Step() ? row.Int(0) : 0;
}

void WriteMeta(Connection& sql, std::string_view name, std::int64_t value) {
  sql.Prepare("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)").Bind(name, value).Run();
}

}  // namespace yap::store::sqlite
