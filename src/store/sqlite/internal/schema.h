// store/sqlite/internal/schema.h: whose file it is, which tables it has, and how they came there.
// Private to the adapter. Functions throw SqliteError beside the errors they name.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/sqlite/internal/connection.h"

namespace yap::store::sqlite {

// "yap1" in the header of every database of ours.
inline constexpr std::int32_t kApplicationId = 0x79617031;

// One step of the schema, run once, in one transaction of its own. Its text is never changed once
// released: the checksum that was stored with it would tell.
struct Migration {
  int version;  // 1, 2, 3, …
  std::string_view sql;
};
std::span<const Migration> Migrations();
inline int LatestSchema() { return Migrations().back().version; }

// Refuses what is not ours or too new: FailedPrecondition "NOT_A_YAP_DATABASE", "SCHEMA_NEWER". An
// empty file is fine. Answers the file's schema version.
Result<int> CheckIdentity(Connection& sql, const std::filesystem::path& path,
                          std::span<const Migration> migrations);

// Brings the schema to the newest of `migrations`. Errors: those of CheckIdentity, and
// FailedPrecondition "SCHEMA_CHANGED" where a migration is not what was applied.
Result<> Migrate(Connection& sql, const std::filesystem::path& path,
                 std::span<const Migration> migrations, WallTime now);

// The whole file is readable and consistent. Errors: Corruption "STORE_CORRUPT".
Result<> CheckIntegrity(Connection& sql, const std::filesystem::path& path);

// The numbers in table `meta`; 0 where there is none.
std::int64_t ReadMeta(Connection& sql, std::string_view name);
void WriteMeta(Connection& sql, std::string_view name, std::int64_t value);

}  // namespace yap::store::sqlite
