#include "store/sqlite/internal/generation.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "store/sqlite/internal/schema.h"

namespace yap::store::sqlite {
namespace {

Path SidecarOf(const Path& database) { return Beside(database, ".generation"); }

// 0 without a sidecar. One that cannot be understood counts as ahead of everything.
Result<std::int64_t> ReadSidecar(const Path& database) {
  YAP_TRY(const auto text, ReadSmall(SidecarOf(database)));
  if (!text) return 0;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || value < 0 || std::string_view(end) != "\n") return INT64_MAX;
  return value;
}

Result<> WriteSidecar(const Path& database, std::int64_t generation) {
  return WriteDurably(SidecarOf(database), fmt::format("{}\n", generation));
}

core::Epoch NewEpoch(Connection& sql, Random& random) {
  const core::Epoch epoch(random.NextId());
  WriteMeta(sql, "epoch", static_cast<std::int64_t>(epoch.value));
  WriteMeta(sql, "copy", 0);
  return epoch;
}

core::Epoch DecideEpoch(Connection& sql, const Path& database, std::int64_t own,
                        std::int64_t sidecar, Random& random) {
  const std::int64_t epoch = ReadMeta(sql, "epoch");
  const bool is_copy = ReadMeta(sql, "copy") != 0;
  if (epoch != 0 && own >= sidecar && !is_copy) {
    return core::Epoch(static_cast<std::uint64_t>(epoch));
  }
  if (epoch != 0) {
    log::Warning(
        "this database is an older copy than the one that was here; it starts a new epoch, "
        "and clients are told that what came after it is gone",
        {{"file", database.string()}, {"generation", own}, {"expected", sidecar}});
  }
  return NewEpoch(sql, random);
}

// Above both, unless the sidecar makes no sense.
std::int64_t Above(std::int64_t own, std::int64_t sidecar) {
  return (sidecar == INT64_MAX ? own : std::max(own, sidecar)) + 1;
}

}  // namespace

Result<> CheckNotLost(const Path& database) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(database, missing);
  if (!missing && size > 0) return {};
  std::error_code ignored;
  if (!std::filesystem::exists(SidecarOf(database), ignored)) return {};
  return Fail(
      Errc::kFailedPrecondition, "STORE_MISSING",
      fmt::format("the database {0} is {1}, but there was one: put a backup in its place "
                  "with `yapd restore FILE`, or remove {2} to begin anew with an empty "
                  "server",
                  database.string(), missing ? "gone" : "empty", SidecarOf(database).string()));
}

Result<core::Epoch> EnterGeneration(Connection& sql, const Path& database, Random& random) {
  YAP_TRY(const std::int64_t sidecar, ReadSidecar(database));
  const std::int64_t own = ReadMeta(sql, "generation");
  const std::int64_t next = Above(own, sidecar);
  Transaction transaction(sql, "BEGIN IMMEDIATE");
  const core::Epoch epoch = DecideEpoch(sql, database, own, sidecar, random);
  WriteMeta(sql, "generation", next);
  transaction.Commit();
  YAP_TRY_VOID(WriteSidecar(database, next));
  return epoch;
}

Result<> RaiseGeneration(Connection& sql, const Path& database) {
  const std::int64_t next = ReadMeta(sql, "generation") + 1;
  Transaction transaction(sql, "BEGIN IMMEDIATE");
  WriteMeta(sql, "generation", next);
  transaction.Commit();
  return WriteSidecar(database, next);
}

Result<core::Epoch> AdoptCopy(Connection& sql, const Path& database, Random& random) {
  YAP_TRY(const std::int64_t sidecar, ReadSidecar(database));
  Transaction transaction(sql, "BEGIN IMMEDIATE");
  WriteMeta(sql, "generation", Above(ReadMeta(sql, "generation"), sidecar));
  const core::Epoch epoch = NewEpoch(sql, random);
  transaction.Commit();
  return epoch;
}

}  // namespace yap::store::sqlite
