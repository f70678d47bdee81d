#include "store/sqlite/internal/shim_vfs.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"

namespace yap::store::sqlite {
namespace {

constexpr std::int64_t kSectorBytes = 512;
constexpr const char* kName = "yap-shim";

// What undoes one change of a file that was not synced.
struct Undo {
  std::int64_t size_before = 0;
  std::int64_t offset = 0;
  std::string bytes_before;  // In the place of what was written or cut off.
};

}  // namespace

struct ShimVfs::State {
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;

  mutable std::mutex mutex;  // Guards what follows.
  std::map<std::string, std::vector<Undo>> pending;
  bool cut = false;
  bool counting = false;
  std::uint64_t operations_left = 0;
  std::int64_t free_bytes = -1;
  std::string fail_sync;
  bool fail_read = false;
  std::uint64_t syncs = 0;

  // Whether this operation still happens. REQUIRES: the mutex is held.
  bool Powered() {
    if (counting && !cut) cut = operations_left-- == 0;
    return !cut;
  }
};

namespace {

// SQLite's file object with the real one behind it, in one allocation.
struct ShimFile {
  sqlite3_file base;
  ShimVfs::State* state;
  std::string* name;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

ShimFile& Shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Shim(file).real(); }
const sqlite3_io_methods& Methods(sqlite3_file* file) { return *Real(file)->pMethods; }

std::int64_t SizeOf(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  Methods(file).xFileSize(Real(file), &size);
  return size;
}

// What is beyond the end reads as zeros, so that a grown file may come back with nothing in it.
Undo UndoOf(sqlite3_file* file, std::int64_t offset, std::int64_t bytes) {
  Undo undo{SizeOf(file), offset, std::string(static_cast<std::size_t>(bytes), '\0')};
  Methods(file).xRead(Real(file), undo.bytes_before.data(), static_cast<int>(bytes), offset);
  return undo;
}

int Close(sqlite3_file* file) {
  const int code = Methods(file).xClose(Real(file));
  delete Shim(file).name;
  return code;
}

int Read(sqlite3_file* file, void* out, int bytes, sqlite3_int64 offset) {
  ShimVfs::State& state = *Shim(file).state;
  {
    std::lock_guard lock(state.mutex);
    if (state.fail_read && Shim(file).name->ends_with(".db")) {
      state.fail_read = false;
      return SQLITE_IOERR_READ;
    }
  }
  return Methods(file).xRead(Real(file), out, bytes, offset);
}

int Write(sqlite3_file* file, const void* in, int bytes, sqlite3_int64 offset) {
  ShimVfs::State& state = *Shim(file).state;
  std::lock_guard lock(state.mutex);
  if (!state.Powered()) return SQLITE_IOERR_WRITE;
  const std::int64_t growth = std::max<std::int64_t>(0, offset + bytes - SizeOf(file));
  if (state.free_bytes >= 0 && growth > state.free_bytes) return SQLITE_FULL;
  if (state.free_bytes >= 0) state.free_bytes -= growth;
  state.pending[*Shim(file).name].push_back(UndoOf(file, offset, bytes));
  return Methods(file).xWrite(Real(file), in, bytes, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  ShimVfs::State& state = *Shim(file).state;
  std::lock_guard lock(state.mutex);
  if (!state.Powered()) return SQLITE_IOERR_TRUNCATE;
  const std::int64_t cut = std::max<std::int64_t>(0, SizeOf(file) - size);
  state.pending[*Shim(file).name].push_back(UndoOf(file, size, cut));
  return Methods(file).xTruncate(Real(file), size);
}

int Sync(sqlite3_file* file, int) {
  ShimVfs::State& state = *Shim(file).state;
  std::lock_guard lock(state.mutex);
  if (!state.Powered()) return SQLITE_IOERR_FSYNC;
  ++state.syncs;
  if (!state.fail_sync.empty() && Shim(file).name->ends_with(state.fail_sync)) {
    state.fail_sync.clear();
    return SQLITE_IOERR_FSYNC;
  }
  state.pending.erase(*Shim(file).name);  // Certain now. The real sync would only take time.
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Methods(file).xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int level) { return Methods(file).xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) { return Methods(file).xUnlock(Real(file), level); }
int CheckReserved(sqlite3_file* file, int* out) {
  return Methods(file).xCheckReservedLock(Real(file), out);
}
int Control(sqlite3_file* file, int op, void* arg) {
  return Methods(file).xFileControl(Real(file), op, arg);
}
int SectorSize(sqlite3_file* file) { return Methods(file).xSectorSize(Real(file)); }
int Characteristics(sqlite3_file* file) { return Methods(file).xDeviceCharacteristics(Real(file)); }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Methods(file).xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Methods(file).xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) { Methods(file).xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) { return Methods(file).xShmUnmap(Real(file), remove); }

const sqlite3_io_methods kMethods = {
    2,        Close,         Read,    Write,      Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckReserved, Control, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, nullptr,       nullptr};

ShimVfs::State& StateOf(sqlite3_vfs* vfs) { return *static_cast<ShimVfs::State*>(vfs->pAppData); }

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  ShimVfs::State& state = StateOf(vfs);
  ShimFile& shim = Shim(file);
  shim.base.pMethods = nullptr;
  const int code = state.real->xOpen(state.real, name, shim.real(), flags, out_flags);
  if (code != SQLITE_OK) return code;
  shim.base.pMethods = &kMethods;
  shim.state = &state;
  shim.name = new std::string(name == nullptr ? "" : name);
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync) {
  ShimVfs::State& state = StateOf(vfs);
  std::lock_guard lock(state.mutex);
  if (!state.Powered()) return SQLITE_IOERR_DELETE;
  state.pending.erase(name);
  return state.real->xDelete(state.real, name, sync);
}

// Takes the change back, but for the sectors that a coin lets stay.
void TakeBack(int fd, const Undo& undo, Random& random) {
  const std::string& old = undo.bytes_before;
  for (std::int64_t at = 0; at < static_cast<std::int64_t>(old.size());) {
    const std::int64_t next = std::min<std::int64_t>(
        static_cast<std::int64_t>(old.size()),
        (undo.offset + at) / kSectorBytes * kSectorBytes + kSectorBytes - undo.offset);
    if (random.Below(2) == 0) {
      const auto n = static_cast<std::size_t>(next - at);
      YAP_CHECK(::pwrite(fd, old.data() + at, n, undo.offset + at) == static_cast<ssize_t>(n));
    }
    at = next;
  }
  if (random.Below(2) == 0) YAP_CHECK(::ftruncate(fd, undo.size_before) == 0);
}

}  // namespace

ShimVfs::ShimVfs() : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.real = sqlite3_vfs_find(nullptr);
  state.vfs = *state.real;
  state.vfs.zName = kName;
  state.vfs.pNext = nullptr;
  state.vfs.pAppData = &state;
  state.vfs.szOsFile = static_cast<int>(sizeof(ShimFile)) + state.real->szOsFile;
  state.vfs.xOpen = Open;
  state.vfs.xDelete = Delete;
  YAP_CHECK(sqlite3_vfs_register(&state.vfs, 0) == SQLITE_OK);
}

ShimVfs::~ShimVfs() { sqlite3_vfs_unregister(&state_->vfs); }

std::string ShimVfs::name() const { return kName; }

void ShimVfs::CutPowerAfter(std::uint64_t operations) {
  std::lock_guard lock(state_->mutex);
  state_->counting = true;
  state_->operations_left = operations;
}

bool ShimVfs::power_is_cut() const {
  std::lock_guard lock(state_->mutex);
  return state_->cut;
}

void ShimVfs::LosePendingWrites(std::uint64_t seed) {
  std::lock_guard lock(state_->mutex);
  SeededRandom random(seed);
  for (auto& [name, undos] : state_->pending) {
    const int fd = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) continue;
    for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) TakeBack(fd, *undo, random);
    ::close(fd);
  }
  state_->pending.clear();
  state_->cut = state_->counting = false;
}

void ShimVfs::SetFreeBytes(std::int64_t bytes) {
  std::lock_guard lock(state_->mutex);
  state_->free_bytes = bytes;
}

void ShimVfs::FailNextSync(const std::string& suffix) {
  std::lock_guard lock(state_->mutex);
  state_->fail_sync = suffix;
}

void ShimVfs::FailNextRead() {
  std::lock_guard lock(state_->mutex);
  state_->fail_read = true;
}

std::uint64_t ShimVfs::syncs() const {
  std::lock_guard lock(state_->mutex);
  return state_->syncs;
}

}  // namespace yap::store::sqlite
