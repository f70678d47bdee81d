#include "store/sqlite/internal/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "core/reasons.h"

namespace yap::store::sqlite {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr std::size_t kSmallFileBytesMax = 4096;
constexpr std::size_t kCopyBytes = std::size_t{1} << 20;

std::string SystemSays() { return std::system_category().message(errno); }

std::unexpected<Error> Failed(std::string_view what, const Path& path) {
  return Fail(Errc::kUnavailable, core::reason::kStoreUnavailable,
              fmt::format("cannot {} {}: {}", what, path.string(), SystemSays()));
}
std::unexpected<Error> CannotOpen(const Path& path) {
  return Fail(Errc::kFailedPrecondition, "STORE_CANNOT_OPEN",
              fmt::format("cannot open {}: {}; make its directory, or give yapd's user the right "
                          "to write there",
                          path.string(), SystemSays()));
}

Path FolderOf(const Path& path) {
  const Path parent = path.parent_path();
  return parent.empty() ? Path(".") : parent;
}

// What root makes in a service's folder (yapd restore) belongs to the service, as with SQLite's own
// files; else it could not open it.
void GiveToOwnerOfFolder(int fd, const Path& path) {
  struct stat folder{};
  if (::geteuid() != 0 || ::stat(FolderOf(path).c_str(), &folder) != 0) return;
  // Refused by file systems without owners, where nobody misses it.
  static_cast<void>(::fchown(fd, folder.st_uid, folder.st_gid));
}

Fd Open(const Path& path, int flags) {
  return Fd(::open(path.c_str(), flags | O_CLOEXEC, kPrivate));
}

// Not through a link, nor as another name of a file, that was left there for somebody with more
// rights.
Fd Create(const Path& path, int flags) {
  Fd file = Open(path, flags | O_CREAT | O_NOFOLLOW);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return Fd();
  if (status.st_nlink != 1) {
    errno = EMLINK;
    return Fd();
  }
  GiveToOwnerOfFolder(file.get(), path);
  return file;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// The next bytes, fewer than asked for only at the end; none on failure.
std::optional<std::string> ReadSome(int fd, std::size_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::read(fd, out.data() + have, size - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return out;
}

}  // namespace

Path Beside(const Path& path, std::string_view suffix) {
  return Path(path.string() + std::string(suffix));
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> CreatePrivate(const Path& path) {
  if (const Fd made = Create(path, O_WRONLY | O_EXCL)) return SyncDirectoryOf(path);
  if (errno == EEXIST) return {};
  return CannotOpen(path);
}

Result<> SyncFile(const Path& path) {
  const Fd file = Open(path, O_RDONLY);
  if (!file || ::fsync(file.get()) != 0) return Failed("sync", path);
  return {};
}

Result<> SyncDirectoryOf(const Path& path) {
  const Path directory = FolderOf(path);
  const Fd file = Open(directory, O_RDONLY | O_DIRECTORY);
  if (!file || ::fsync(file.get()) != 0) return Failed("sync", directory);
  return {};
}

Result<> WriteDurably(const Path& path, std::string_view bytes) {
  const Path temp = Beside(path, ".new");
  YAP_TRY_VOID(Remove(temp));  // Of a run that ended badly.
  {
    const Fd file = Create(temp, O_WRONLY | O_EXCL);
    if (!file || !WriteAll(file.get(), bytes) || ::fsync(file.get()) != 0) {
      return Failed("write", temp);
    }
  }
  YAP_TRY_VOID(Rename(temp, path));
  return SyncDirectoryOf(path);
}

Result<std::optional<std::string>> ReadSmall(const Path& path) {
  const Fd file = Open(path, O_RDONLY);
  if (!file && errno == ENOENT) return std::nullopt;
  auto bytes = file ? ReadSome(file.get(), kSmallFileBytesMax) : std::nullopt;
  if (!bytes) return Failed("read", path);
  return bytes;
}

Result<> CopyPrivate(const Path& from, const Path& to) {
  const Fd in = Open(from, O_RDONLY);
  if (!in) return Failed("read", from);
  const Fd out = Create(to, O_WRONLY | O_EXCL);
  if (!out) return Failed("write", to);
  while (true) {
    const auto bytes = ReadSome(in.get(), kCopyBytes);
    if (!bytes) return Failed("read", from);
    if (bytes->empty()) break;
    if (!WriteAll(out.get(), *bytes)) return Failed("write", to);
  }
  if (::fsync(out.get()) != 0) return Failed("sync", to);
  return {};
}

Result<> Rename(const Path& from, const Path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return Failed("rename", from);
  return {};
}

Result<> Remove(const Path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return Failed("remove", path);
  return {};
}

Result<ProcessLock> ProcessLock::Take(const Path& database) {
  const Path path = Beside(database, ".lock");
  Fd file = Create(path, O_RDWR);
  if (!file) return CannotOpen(path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    const std::string holder = ReadSome(file.get(), 32).value_or("");
    const std::string pid = holder.substr(0, holder.find('\n'));
    return Fail(MakeError(Errc::kFailedPrecondition, "STORE_LOCKED",
                          fmt::format("{} is open in process {}; stop that one first",
                                      database.string(), pid.empty() ? "?" : pid))
                    .With("pid", pid));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  // For people only: on a full disk the lock holds without it.
  if (::ftruncate(file.get(), 0) == 0) static_cast<void>(WriteAll(file.get(), pid));
  return ProcessLock(std::move(file));
}

}  // namespace yap::store::sqlite
