#include <fmt/chrono.h>
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "base/log.h"
#include "core/reasons.h"
#include "store/sqlite/internal/failure.h"
#include "store/sqlite/internal/files.h"
#include "store/sqlite/internal/generation.h"
#include "store/sqlite/internal/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace yap::store {
namespace sqlite {
namespace {

constexpr int kBusyMilliseconds = 5000;

std::unexpected<Error> Missing(const Path& path) {
  return Fail(Errc::kNotFound, "BACKUP_SOURCE_MISSING",
              fmt::format("there is no file {}", path.string()));
}

// SQLite's companions of `path`, of a run that ended badly or of a file that was there before.
Result<> RemoveCompanions(const Path& path) {
  for (const char* suffix : {"-wal", "-shm", "-journal"}) {
    YAP_TRY_VOID(Remove(Beside(path, suffix)));
  }
  return {};
}

// A file under construction: gone, with what SQLite puts beside it, unless it was moved away.
class Draft {
 public:
  explicit Draft(Path path) : path_(std::move(path)) {}
  ~Draft() {
    static_cast<void>(Remove(path_));
    static_cast<void>(RemoveCompanions(path_));
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const Path& path() const { return path_; }
  Result<> Clear() const {
    YAP_TRY_VOID(Remove(path_));
    return RemoveCompanions(path_);
  }

 private:
  const Path path_;
};

Result<FileInfo> Inspect(Connection& sql, const Path& path) {
  YAP_TRY(const int schema, CheckIdentity(sql, path, Migrations()));
  if (schema == 0) {
    return Fail(Errc::kFailedPrecondition, "NOT_A_YAP_DATABASE",
                fmt::format("{} is empty; name a backup that `yapd backup` made", path.string()));
  }
  YAP_TRY_VOID(CheckIntegrity(sql, path));
  const auto count = [&](const char* table) {
    return static_cast<std::uint64_t>(sql.Number(fmt::format("SELECT count(*) FROM {}", table)));
  };
  return FileInfo{.schema = schema,
                  .epoch = core::Epoch(static_cast<std::uint64_t>(ReadMeta(sql, "epoch"))),
                  .users = count("user"),
                  .channels = count("channel"),
                  .events = count("event")};
}

// --- Backup ---

// All pages in one step: one snapshot of the source, whose writers go on.
void CopyPages(Connection& from, Connection& to) {
  sqlite3_backup* copy = sqlite3_backup_init(to.raw(), "main", from.raw(), "main");
  const int step =
      copy == nullptr ? sqlite3_extended_errcode(to.raw()) : sqlite3_backup_step(copy, -1);
  const int finish = copy == nullptr ? step : sqlite3_backup_finish(copy);
  if (step != SQLITE_DONE) throw SqliteError(step, sqlite3_errstr(step));
  if (finish != SQLITE_OK) throw SqliteError(finish, sqlite3_errstr(finish));
}

// One file without companions, marked, checked. The connection is closed on return.
Result<> MakeCopy(const Path& database, const Path& to, const BackupOptions& options) {
  Connection from(database, options.vfs, OpenMode::kReadOnly);
  sqlite3_busy_timeout(from.raw(), kBusyMilliseconds);
  YAP_TRY(const int schema, CheckIdentity(from, database, Migrations()));
  Connection copy(to, options.vfs, OpenMode::kReadWrite);
  CopyPages(from, copy);
  copy.Text("PRAGMA journal_mode = DELETE");
  if (schema != 0) WriteMeta(copy, "copy", 1);
  return CheckIntegrity(copy, database);
}

Result<> BackUp(const Path& database, const Path& to, const BackupOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::exists(database, ignored)) return Missing(database);
  const bool exists = std::filesystem::exists(to, ignored);
  if (exists && (!options.overwrite || std::filesystem::equivalent(database, to, ignored))) {
    return Fail(Errc::kAlreadyExists, "BACKUP_EXISTS",
                fmt::format("{} exists already; choose another name", to.string()));
  }
  const Draft draft(Beside(to, ".partial"));
  YAP_TRY_VOID(draft.Clear());
  YAP_TRY_VOID(CreatePrivate(draft.path()));
  try {
    YAP_TRY_VOID(MakeCopy(database, draft.path(), options));
  } catch (const SqliteError& e) {
    return Fail(ToOpenError(e, database));
  }
  YAP_TRY_VOID(SyncFile(draft.path()));
  YAP_TRY_VOID(Rename(draft.path(), to));
  return SyncDirectoryOf(to);
}

// --- Check ---

Result<FileInfo> Check(const Path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return Missing(path);
  try {
    Connection sql(path, "", OpenMode::kReadOnly);
    sqlite3_busy_timeout(sql.raw(), kBusyMilliseconds);
    return Inspect(sql, path);
  } catch (const SqliteError& e) {
    return Fail(ToOpenError(e, path));
  }
}

// --- Restore ---

Result<> CopyWithLog(const Path& from, const Path& to) {
  YAP_TRY_VOID(CopyPrivate(from, to));
  std::error_code ignored;
  const Path log = Beside(from, "-wal");
  if (!std::filesystem::exists(log, ignored)) return {};
  return CopyPrivate(log, Beside(to, "-wal"));
}

// Who restores has a backup already: what is wrong is this one.
Error UnusableBackup(const SqliteError& e, const Path& from) {
  if (!IsCorruption(e)) return ToOpenError(e, from);
  return MakeError(
      Errc::kCorruption, core::reason::kStoreCorrupt,
      fmt::format("{} is damaged or no backup of yapd ({}); use another", from.string(), e.what()));
}

// Makes the copy a database of its own: checked, one file, in a new epoch.
Result<FileInfo> Adopt(const Path& copy, const Path& from, const Path& database, Random& random) {
  try {
    Connection sql(copy, "", OpenMode::kReadWrite);
    YAP_TRY(FileInfo info, Inspect(sql, from));
    sql.Text("PRAGMA journal_mode = DELETE");
    YAP_TRY(info.epoch, AdoptCopy(sql, database, random));
    return info;
  } catch (const SqliteError& e) {
    return Fail(UnusableBackup(e, from));
  }
}

// Folds the write-ahead log of the former database in, so that keeping it is keeping one file. A
// damaged one (often the reason for restoring) keeps its log as it is.
void TryToFold(const Path& database) {
  try {
    Connection sql(database, "", OpenMode::kReadWrite);
    sql.Text("PRAGMA journal_mode = DELETE");
  } catch (const SqliteError& e) {
    log::Warning("the former database could not be closed properly; it is kept as it is",
                 {{"file", database.string()}, {"why", e.what()}});
  }
}

// A name that is not taken.
Path KeptName(const Path& database, WallTime now) {
  const auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  const Path name =
      Beside(database, fmt::format(".before-restore-{:%Y%m%dT%H%M%SZ}",
                                   fmt::gmtime(std::chrono::system_clock::to_time_t(seconds))));
  std::error_code ignored;
  Path free = name;
  for (int n = 2; std::filesystem::exists(free, ignored); ++n) {
    free = Beside(name, fmt::format("-{}", n));
  }
  return free;
}

// Gives the former database a second name, so that there is one at its own at every moment.
Result<> Keep(const Path& database, const Path& kept) {
  TryToFold(database);
  std::error_code failed;
  std::filesystem::create_hard_link(database, kept, failed);
  if (failed) YAP_TRY_VOID(Rename(database, kept));  // A file system without links.
  std::error_code ignored;
  const Path log = Beside(database, "-wal");
  if (std::filesystem::exists(log, ignored)) YAP_TRY_VOID(Rename(log, Beside(kept, "-wal")));
  return RemoveCompanions(database);
}

Result<Restored> PutInPlace(const Path& from, const Path& database, const RestoreOptions& options) {
  YAP_TRY(const ProcessLock lock, ProcessLock::Take(database));
  const Draft draft(Beside(database, ".restoring"));
  YAP_TRY_VOID(draft.Clear());
  YAP_TRY_VOID(CopyWithLog(from, draft.path()));
  YAP_TRY(FileInfo info, Adopt(draft.path(), from, database, *options.random));
  YAP_TRY_VOID(SyncFile(draft.path()));
  std::error_code ignored;
  Path kept;
  if (std::filesystem::exists(database, ignored)) {
    kept = KeptName(database, options.clock->Now());
    YAP_TRY_VOID(Keep(database, kept));
  }
  YAP_TRY_VOID(Rename(draft.path(), database));
  YAP_TRY_VOID(SyncDirectoryOf(database));
  return Restored{.info = info, .kept = std::move(kept)};
}

}  // namespace
}  // namespace sqlite

Result<> Backup(const std::filesystem::path& database, const std::filesystem::path& to,
                const BackupOptions& options) {
  return sqlite::BackUp(database, to, options);
}

Result<FileInfo> CheckFile(const std::filesystem::path& path) { return sqlite::Check(path); }

Result<Restored> Restore(const std::filesystem::path& from, const std::filesystem::path& database,
                         const RestoreOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::exists(from, ignored)) return sqlite::Missing(from);
  if (std::filesystem::equivalent(from, database, ignored)) {
    return Fail(Errc::kInvalidArgument, "RESTORE_ONTO_ITSELF",
                fmt::format("{} is the database itself; name a backup", from.string()));
  }
  return sqlite::PutInPlace(from, database, options);
}

}  // namespace yap::store
