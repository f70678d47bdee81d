#include "store/sqlite/internal/failure.h"

#include <fmt/format.h>
#include <unistd.h>

#include "base/log.h"
#include "core/reasons.h"
#include "store/errors.h"

namespace yap::store::sqlite {
namespace {

constexpr int kExitStoreFailed = 70;  // EX_SOFTWARE of sysexits.h; the supervisor starts us again.

[[noreturn]] void EndProcess(const std::string& message) {
  log::Error("the store failed; ending the process", {{"what", message}});
  ::_exit(kExitStoreFailed);
}

Error CorruptError(const SqliteError& e, const std::filesystem::path& path) {
  return MakeError(Errc::kCorruption, core::reason::kStoreCorrupt,
                   fmt::format("{} is damaged or no database ({}); restore a backup with `yapd "
                               "restore`",
                               path.string(), e.what()));
}

}  // namespace

bool IsCorruption(const SqliteError& e) {
  return e.primary() == SQLITE_CORRUPT || e.primary() == SQLITE_NOTADB;
}

bool EndsWriting(const SqliteError& e) { return IsCorruption(e) || e.primary() == SQLITE_IOERR; }

Error ToError(const SqliteError& e) {
  switch (e.primary()) {
    case SQLITE_FULL:
      return StoreFull().error();
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return MakeError(Errc::kUnavailable, core::reason::kStoreUnavailable,
                       "another program keeps the database locked; try again");
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
      return MakeError(Errc::kInternal, core::reason::kInternalError,
                       fmt::format("the store refused its own statement: {}", e.what()));
    default:
      return MakeError(Errc::kUnavailable, core::reason::kStoreUnavailable,
                       fmt::format("the store failed: {}", e.what()));
  }
}

Error ToOpenError(const SqliteError& e, const std::filesystem::path& path) {
  if (IsCorruption(e)) return CorruptError(e, path);
  if (e.primary() == SQLITE_FULL) {
    return MakeError(Errc::kResourceExhausted, core::reason::kStoreFull,
                     fmt::format("no space for {}: free some and start again", path.string()));
  }
  if (e.primary() == SQLITE_BUSY || e.primary() == SQLITE_LOCKED) {
    return MakeError(Errc::kFailedPrecondition, "STORE_LOCKED",
                     fmt::format("another program uses {}; stop that one first", path.string()));
  }
  return MakeError(Errc::kFailedPrecondition, "STORE_CANNOT_OPEN",
                   fmt::format("cannot open {}: {}; look at the rights of the file, its directory "
                               "and the disk",
                               path.string(), e.what()));
}

Fatal::Fatal(std::filesystem::path path, Handler handler)
    : path_(std::move(path)), handler_(handler ? std::move(handler) : EndProcess) {}

void Fatal::Report(const SqliteError& e) {
  if (reported_.exchange(true)) return;
  const std::string advice = IsCorruption(e)
                                 ? "the file is damaged: restore a backup with `yapd restore`"
                                 : "look at the disk, then start again";
  handler_(fmt::format("{}: {}; {}", path_.string(), e.what(), advice));
}

}  // namespace yap::store::sqlite
