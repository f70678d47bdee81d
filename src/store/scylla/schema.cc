#include "store/scylla/internal/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/log.h"
#include "store/scylla/internal/db.h"

namespace yap::store::scylla {

using core::Epoch;
using drivers::Cql;
using drivers::Row;
using drivers::Rows;
using drivers::Values;

namespace {

using CqlPtr = std::shared_ptr<Cql>;

// A runner that died holds the others up no longer than this; each statement begins it anew. DDL on
// a busy cluster takes seconds.
constexpr int kLockSeconds = 60;
constexpr auto kLockPause = std::chrono::milliseconds(300);

// The two tables by which migrations are kept in order; not a migration themselves.
constexpr std::string_view kBookkeeping[] = {
    "CREATE TABLE IF NOT EXISTS schema_migration (version int PRIMARY KEY, checksum text, "
    "applied timestamp)",
    "CREATE TABLE IF NOT EXISTS schema_lock (id tinyint PRIMARY KEY, owner bigint)"};

std::unexpected<Error> SchemaError(std::string_view reason, std::string message) {
  return Fail(Errc::kFailedPrecondition, reason, std::move(message));
}

std::unexpected<Error> SchemaOld(const std::string& keyspace, int version, int latest) {
  return SchemaError(
      "SCHEMA_OLD",
      fmt::format("the tables in keyspace \"{}\" are of schema {}, this yapd needs {}; run "
                  "`yapd migrate`",
                  keyspace, version, latest));
}

// Of the driver, for an operator.
Task<Rows> Ask(CqlPtr cql, std::string statement, Deadline deadline) {
  auto rows = co_await cql->Query(std::move(statement), deadline);
  if (!rows) co_return Fail(ToOpenError(rows.error(), {}));
  co_return rows;
}

Task<Rows> Run(CqlPtr cql, std::string statement, SqlKind kind, Values values, Deadline deadline) {
  const drivers::StatementOptions options{.consistency = kind == SqlKind::kSerialRead
                                                             ? drivers::Consistency::kLocalSerial
                                                             : drivers::Consistency::kLocalQuorum};
  auto prepared = co_await cql->Prepare(std::move(statement), options, deadline);
  if (!prepared) co_return Fail(ToOpenError(prepared.error(), {}));
  auto rows = co_await cql->Execute(*std::move(prepared), std::move(values), deadline);
  if (!rows) co_return Fail(ToOpenError(rows.error(), {}));
  co_return rows;
}

Task<bool> HasTable(CqlPtr cql, std::string keyspace, std::string table, Deadline deadline) {
  YAP_CO_TRY(const auto rows,
             co_await Run(cql,
                          "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND "
                          "table_name = ?",
                          SqlKind::kRead, Values().Text(keyspace).Text(table), deadline));
  co_return !rows.empty();
}

Task<std::vector<Applied>> ReadApplied(CqlPtr cql, std::string keyspace, Deadline deadline) {
  std::vector<Applied> applied;
  YAP_CO_TRY(const bool there, co_await HasTable(cql, keyspace, "schema_migration", deadline));
  if (!there) co_return applied;
  YAP_CO_TRY(const auto rows,
             co_await Ask(cql, "SELECT version, checksum FROM schema_migration", deadline));
  for (const Row row : rows) {
    applied.push_back({row.Int("version").value_or(0), TextIn(row, "checksum")});
  }
  co_return applied;
}

// The one runner. Another one may begin when this one has not renewed the lock for kLockSeconds.
class Lock {
 public:
  Lock(CqlPtr cql, std::int64_t owner) : cql_(std::move(cql)), owner_(owner) {}

  Task<bool> Take(Deadline deadline) {
    YAP_CO_TRY(const auto rows,
               co_await Run(cql_,
                            fmt::format("INSERT INTO schema_lock (id, owner) "
                                        "VALUES (0, ?) IF NOT EXISTS USING TTL {}",
                                        kLockSeconds),
                            SqlKind::kConditional, Values().BigInt(owner_), deadline));
    co_return rows.Applied();
  }
  Task<void> Renew(Deadline deadline) {
    YAP_CO_TRY(
        const auto rows,
        co_await Run(cql_,
                     fmt::format("UPDATE schema_lock USING TTL {} SET owner = ? "
                                 "WHERE id = 0 IF owner = ?",
                                 kLockSeconds),
                     SqlKind::kConditional, Values().BigInt(owner_).BigInt(owner_), deadline));
    if (rows.Applied()) co_return Result<>();
    co_return Fail(Errc::kUnavailable, "MIGRATION_RUNNING",
                   "another `yapd migrate` has taken over, as this one was too slow; run it again");
  }
  Task<void> Release(Deadline deadline) {
    YAP_CO_TRY_VOID(co_await Run(cql_, "DELETE FROM schema_lock WHERE id = 0 IF owner = ?",
                                 SqlKind::kConditional, Values().BigInt(owner_), deadline));
    co_return Result<>();
  }

 private:
  const CqlPtr cql_;
  const std::int64_t owner_;
};

Task<void> TakePatiently(Lock& lock, Clock& clock, Deadline deadline) {
  while (true) {
    YAP_CO_TRY(const bool taken, co_await lock.Take(deadline));
    if (taken) co_return Result<>();
    if (clock.Mono() + kLockPause >= deadline.at) break;
    co_await SleepFor(clock, kLockPause);
  }
  co_return Fail(Errc::kUnavailable, "MIGRATION_RUNNING",
                 fmt::format("another `yapd migrate` is running, or was killed less than {} s ago; "
                             "try again then",
                             kLockSeconds));
}

Task<void> Apply(CqlPtr cql, Lock& lock, Migration migration, WallTime now, Deadline deadline) {
  for (const std::string_view statement : migration.statements) {
    YAP_CO_TRY_VOID(co_await lock.Renew(deadline));
    YAP_CO_TRY_VOID(co_await Ask(cql, std::string(statement), deadline));
  }
  YAP_CO_TRY_VOID(co_await Run(
      cql,
      "INSERT INTO schema_migration (version, checksum, applied) VALUES (?, ?, ?) IF NOT EXISTS",
      SqlKind::kConditional,
      Values().Int(migration.version).Text(ChecksumOf(migration)).Timestamp(now), deadline));
  log::Info("the schema was migrated", {{"version", migration.version}});
  co_return Result<>();
}

// Under the lock: what another runner did meanwhile is not done again.
Task<void> ApplyMissing(CqlPtr cql, Lock& lock, MigrateOptions options, Deadline deadline) {
  YAP_CO_TRY(const auto applied, co_await ReadApplied(cql, options.keyspace, deadline));
  YAP_CO_TRY(const auto state,
             JudgeSchema(applied, options.migrations, Wanted::kAtMostOurs, options.keyspace));
  for (const Migration& migration : options.migrations) {
    if (migration.version <= state.version) continue;
    YAP_CO_TRY_VOID(co_await Apply(cql, lock, migration, options.clock->Now(), deadline));
  }
  const auto epoch = static_cast<std::int64_t>(options.random->NextId());
  YAP_CO_TRY_VOID(co_await Run(cql, "INSERT INTO store (id, epoch) VALUES (0, ?) IF NOT EXISTS",
                               SqlKind::kConditional, Values().BigInt(epoch), deadline));
  co_return Result<>();
}

Task<void> EnsureBookkeeping(CqlPtr cql, std::string keyspace, Deadline deadline) {
  YAP_CO_TRY(const bool there, co_await HasTable(cql, keyspace, "schema_lock", deadline));
  if (there) co_return Result<>();
  for (const std::string_view statement : kBookkeeping) {
    YAP_CO_TRY_VOID(co_await Ask(cql, std::string(statement), deadline));
  }
  co_return Result<>();
}

}  // namespace

Result<SchemaState> JudgeSchema(const std::vector<Applied>& applied,
                                std::span<const Migration> migrations, Wanted wanted,
                                const std::string& keyspace) {
  SchemaState state{.version = 0, .latest = migrations.back().version};
  std::map<int, std::string> by_version;
  for (const Applied& one : applied) by_version.emplace(one.version, one.checksum);
  if (!by_version.empty() && by_version.rbegin()->first > state.latest) {
    return SchemaError("SCHEMA_NEWER",
                       fmt::format("the tables in keyspace \"{}\" are of schema {}, and this yapd "
                                   "knows only {}; use the newer yapd that migrated them",
                                   keyspace, by_version.rbegin()->first, state.latest));
  }
  for (const Migration& migration : migrations) {
    const auto it = by_version.find(migration.version);
    if (it == by_version.end()) break;
    if (it->second != ChecksumOf(migration)) {
      return SchemaError("SCHEMA_CHANGED",
                         fmt::format("schema {} in keyspace \"{}\" was made by other statements "
                                     "than this yapd has; use a released version",
                                     migration.version, keyspace));
    }
    state.version = migration.version;
  }
  const bool old = state.version < state.latest;
  if (old && wanted == Wanted::kLatest) return SchemaOld(keyspace, state.version, state.latest);
  return state;
}

Task<SchemaState> CheckSchema(CqlPtr cql, std::string keyspace, Deadline deadline) {
  YAP_CO_TRY(const auto applied, co_await ReadApplied(std::move(cql), keyspace, deadline));
  co_return JudgeSchema(applied, Migrations(), Wanted::kLatest, keyspace);
}

Task<Epoch> ReadEpoch(CqlPtr cql, std::string keyspace, Deadline deadline) {
  YAP_CO_TRY_VOID(co_await CheckSchema(cql, keyspace, deadline));
  YAP_CO_TRY(const auto rows, co_await Run(cql, "SELECT epoch FROM store WHERE id = 0",
                                           SqlKind::kSerialRead, Values(), deadline));
  if (!rows.empty()) co_return IdIn<Epoch>(rows.front(), "epoch");
  co_return SchemaError("SCHEMA_OLD", fmt::format("the last `yapd migrate` of keyspace \"{}\" was "
                                                  "cut short; run it again",
                                                  keyspace));
}

Task<SchemaState> Migrate(CqlPtr cql, MigrateOptions options, Deadline deadline) {
  YAP_CO_TRY(const auto applied, co_await ReadApplied(cql, options.keyspace, deadline));
  YAP_CO_TRY(const auto state,
             JudgeSchema(applied, options.migrations, Wanted::kAtMostOurs, options.keyspace));
  YAP_CO_TRY_VOID(co_await EnsureBookkeeping(cql, options.keyspace, deadline));
  Lock lock(cql, static_cast<std::int64_t>(options.random->NextId()));
  YAP_CO_TRY_VOID(co_await TakePatiently(lock, *options.clock, deadline));
  auto done = co_await ApplyMissing(cql, lock, options, deadline);
  const auto released = co_await lock.Release(deadline);
  YAP_CO_TRY_VOID(std::move(done));
  YAP_CO_TRY_VOID(released);
  co_return state;
}

}  // namespace yap::store::scylla
