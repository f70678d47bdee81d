// store/sqlite/internal/files.h: what the adapter does with files beside SQLite: durable small
// files, copies and the lock that keeps a second process out. Private to the adapter. Errors:
// Unavailable "STORE_UNAVAILABLE" with what the system said, unless a function names others.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace yap::store::sqlite {

using Path = std::filesystem::path;

// `path` with `suffix` behind it: "yap.db" and "-wal".
Path Beside(const Path& path, std::string_view suffix);

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Makes an empty file that only its owner can read (it will hold password hashes), if there is
// none. Never touches what is in one that exists. Errors: FailedPrecondition "STORE_CANNOT_OPEN".
Result<> CreatePrivate(const Path& path);
Result<> SyncFile(const Path& path);
Result<> SyncDirectoryOf(const Path& path);
// All of it or what was there before, whenever the power fails.
Result<> WriteDurably(const Path& path, std::string_view bytes);
// None where there is no such file. At most 4 KiB are read.
Result<std::optional<std::string>> ReadSmall(const Path& path);
// To a new private file. REQUIRES: neither is a database that this process has open (closing a
// file drops SQLite's locks on it).
Result<> CopyPrivate(const Path& from, const Path& to);
Result<> Rename(const Path& from, const Path& to);
// What is not there is no error.
Result<> Remove(const Path& path);

// An exclusive flock on a file beside the database, with the holder's pid in it. Held as long as
// the object; the system drops it when the process ends, however it ends.
class ProcessLock {
 public:
  // Errors: FailedPrecondition "STORE_LOCKED" (another process, or this one, has the database
  // open) or "STORE_CANNOT_OPEN".
  static Result<ProcessLock> Take(const Path& database);

 private:
  explicit ProcessLock(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace yap::store::sqlite
