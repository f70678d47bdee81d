// store/scylla/internal/schema.h: which tables the keyspace has, and how they came there.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "drivers/cql.h"
#include "store/scylla/scylla_store.h"

namespace yap::store::scylla {

// One step of the schema. Its statements may be run again after a crash, so each is "IF NOT
// EXISTS". The text is never changed once released: the checksum that was stored would tell.
struct Migration {
  int version;  // 1, 2, 3, …
  std::vector<std::string_view> statements;
};
std::span<const Migration> Migrations();
std::string ChecksumOf(const Migration& migration);

// A row of `schema_migration`.
struct Applied {
  int version = 0;
  std::string checksum;
};
// What `applied`, in any order, means for a program that knows `migrations`. Errors: "SCHEMA_OLD",
// "SCHEMA_NEWER", "SCHEMA_CHANGED" of scylla_store.h. Pure.
enum class Wanted : std::uint8_t {
  kLatest,      // To serve.
  kAtMostOurs,  // To migrate.
};
Result<SchemaState> JudgeSchema(const std::vector<Applied>& applied,
                                std::span<const Migration> migrations, Wanted wanted,
                                const std::string& keyspace);

Task<SchemaState> CheckSchema(std::shared_ptr<drivers::Cql> cql, std::string keyspace,
                              Deadline deadline);
// Errors: those of CheckSchema. The epoch of all logs of the keyspace.
Task<core::Epoch> ReadEpoch(std::shared_ptr<drivers::Cql> cql, std::string keyspace,
                            Deadline deadline);

struct MigrateOptions {
  std::string keyspace;
  std::span<const Migration> migrations = Migrations();
  Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
};
Task<SchemaState> Migrate(std::shared_ptr<drivers::Cql> cql, MigrateOptions options,
                          Deadline deadline);

}  // namespace yap::store::scylla
