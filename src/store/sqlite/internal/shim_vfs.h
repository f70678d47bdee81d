// store/sqlite/internal/shim_vfs.h: a file system layer under SQLite for tests: it cuts the power,
// fills the disk and fails to sync. Real files lie beneath; what was written and not yet synced can
// be taken back, wholly or in part, as a disk without power does.
//
// Model: a write, a truncation or a new file is certain once the same file was synced; until then
// each sector of it (512 bytes) may or may not have reached the disk. Deleting is certain at once.
// Locks and the shared memory of the write-ahead log are the real ones.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace yap::store::sqlite {

// Registered under `name()` while it lives; one at a time is enough for a test. Thread-safe.
class ShimVfs {
 public:
  ShimVfs();
  ~ShimVfs();
  ShimVfs(const ShimVfs&) = delete;
  ShimVfs& operator=(const ShimVfs&) = delete;

  std::string name() const;

  // The power fails at the `operations`-th write, truncation, sync or deletion from now: that one
  // and all later ones fail.
  void CutPowerAfter(std::uint64_t operations);
  bool power_is_cut() const;
  // Takes back what was not synced when the power failed; each sector stays by a coin of `seed`.
  // The power is back. REQUIRES: every file of the store is closed.
  void LosePendingWrites(std::uint64_t seed);

  // From now on files can grow by `bytes` in all; then SQLITE_FULL. Negative: the disk is endless.
  void SetFreeBytes(std::int64_t bytes);
  // The next sync of a file whose name ends in `suffix` fails with SQLITE_IOERR_FSYNC.
  void FailNextSync(const std::string& suffix);
  // The next read of the database file fails with SQLITE_IOERR_READ.
  void FailNextRead();
  std::uint64_t syncs() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace yap::store::sqlite
