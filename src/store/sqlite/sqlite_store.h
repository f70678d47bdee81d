// store/sqlite/sqlite_store.h: the store of a server on one machine, in one SQLite file with a
// write-ahead log. Durable when answered: every commit is fsynced (synchronous=FULL) before anybody
// is told. docs/adr has the reasons; the settings are explained in sqlite_store.cc.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "store/store.h"

namespace yap::store {

// When a commit reaches the disk.
enum class Sync : std::uint8_t {
  kFull,    // Before it is answered.
  kNormal,  // At the next checkpoint: a power cut takes acknowledged messages along. Here so that
            // the power-cut test can show that it would notice; no setting leads to it.
};

struct SqliteOptions {
  // The database. Beside it live -wal and -shm (SQLite's), .lock and .generation (ours).
  std::filesystem::path path = {};
  std::size_t readers = 2;  // Threads that read.
  // Called once, on one of the store's threads, when the disk or the file can't be trusted any more
  // (an I/O error while writing, damage met while reading). Nothing is acknowledged after it; all
  // calls are answered Unavailable. Empty: one line is logged and the process exits with 70, so
  // that its supervisor starts it again from what is on the disk.
  std::function<void(const std::string& message)> on_fatal = {};
  Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
  Sync sync = Sync::kFull;
  std::string vfs = {};  // For tests: SQLite's name of another file system layer.
};

// Makes the file (readable by its owner alone) or brings its schema up to date. Errors:
// FailedPrecondition "STORE_LOCKED" (another process has it open; its pid is in the message),
// "STORE_CANNOT_OPEN", "STORE_MISSING" (there was a database here), "NOT_A_YAP_DATABASE",
// "SCHEMA_NEWER", "SCHEMA_CHANGED"; Corruption "STORE_CORRUPT"; ResourceExhausted "STORE_FULL". A
// file that was replaced by an older copy of itself is opened under a new epoch, and the log says
// so. While it runs: a full disk is ResourceExhausted "STORE_FULL" for that write, reads go on, and
// writes do as soon as there is space. A call whose deadline passes while it waits is
// DeadlineExceeded and not done. Closing waits for all calls and folds the write-ahead log in.
Result<std::unique_ptr<Store>> OpenSqliteStore(SqliteOptions options);

struct BackupOptions {
  bool overwrite = false;  // An existing file at the target.
  std::string vfs = {};    // For tests.
};

// Writes a consistent copy of `database`, as of now, to `to`, and checks it. The database may be
// open, in this process or another, and goes on working. The copy is one private file that carries
// a mark: whoever opens it as a store starts a new epoch. Blocks. On failure there is no `to`, or
// the one that was. Errors: NotFound "BACKUP_SOURCE_MISSING", AlreadyExists "BACKUP_EXISTS";
// Corruption "STORE_CORRUPT" (the source is damaged); ResourceExhausted "STORE_FULL"; those of
// opening.
Result<> Backup(const std::filesystem::path& database, const std::filesystem::path& to,
                const BackupOptions& options = {});

struct FileInfo {
  int schema = 0;
  core::Epoch epoch;
  std::uint64_t users = 0;
  std::uint64_t channels = 0;
  std::uint64_t events = 0;
};
// Reads every page of a database or backup and checks that it is ours, not too new and consistent.
// Blocks; reads only. Errors: NotFound "BACKUP_SOURCE_MISSING", Corruption, FailedPrecondition as
// OpenSqliteStore.
Result<FileInfo> CheckFile(const std::filesystem::path& path);

struct RestoreOptions {
  Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
};
struct Restored {
  FileInfo info;
  std::filesystem::path kept;  // Where the former database is now; empty: there was none.
};
// Puts the backup `from` in the place of `database`, under a new epoch, after checking it as
// CheckFile does; keeps the former one as <database>.before-restore-<time>. A write-ahead log
// beside `from` (a copy of a database that was in use) is taken along. Blocks. On failure
// `database` is what it was. Errors: FailedPrecondition "STORE_LOCKED" (stop the server first);
// those of CheckFile; Unavailable.
Result<Restored> Restore(const std::filesystem::path& from, const std::filesystem::path& database,
                         const RestoreOptions& options = {});

}  // namespace yap::store
