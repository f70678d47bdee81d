#include "client/private_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace yap::client {
namespace {

// Files of a client hold tokens, positions, messages not yet sent: more is not one of ours.
constexpr std::size_t kFileBytesMax = 64 * 1024 * 1024;

std::unexpected<Error> Unwritable(const std::filesystem::path& path, int failure) {
  return Fail(Errc::kUnavailable, "FILE_UNWRITABLE",
              fmt::format("cannot write {}: {}", path.string(), std::strerror(failure)));
}

std::unexpected<Error> Unreadable(const std::filesystem::path& path, int failure) {
  if (failure == ELOOP) {
    return Fail(Errc::kFailedPrecondition, "FILE_INVALID",
                fmt::format("{} is a symbolic link; replace it by the file itself", path.string()));
  }
  return Fail(Errc::kUnavailable, "FILE_UNREADABLE",
              fmt::format("cannot read {}: {}", path.string(), std::strerror(failure)));
}

bool WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// "cf" lies in the working directory, whose name a bare path does not have.
std::filesystem::path DirectoryOf(const std::filesystem::path& path) {
  const auto parent = path.parent_path();
  return parent.empty() ? "." : parent;
}

bool SameFile(int fd, const std::filesystem::path& path) {
  struct stat opened = {};
  struct stat named = {};
  return ::fstat(fd, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

Result<std::optional<std::string>> ReadAll(const std::filesystem::path& path, int flags) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) return Unreadable(path, errno);
  std::string content;
  char buffer[16 * 1024];
  while (content.size() <= kFileBytesMax) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Unreadable(path, errno);
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
  }
  return Fail(Errc::kFailedPrecondition, "FILE_INVALID",
              fmt::format("{} is too large to be a file of yap", path.string()));
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Result<> MakePrivateDirectory(const std::filesystem::path& directory) {
  std::error_code failure;
  if (directory.empty() || std::filesystem::is_directory(directory, failure)) return {};
  YAP_TRY_VOID(MakePrivateDirectory(directory.parent_path()));
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return Unwritable(directory, errno);
  // As far as it can be: above it may be somebody else's, who lets nobody read.
  static_cast<void>(SyncDirectory(DirectoryOf(directory)));
  return {};
}

Result<> SyncDirectory(const std::filesystem::path& directory) {
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && ::fsync(fd.get()) == 0) return {};
  return Unwritable(directory, errno);
}

Result<std::optional<std::string>> ReadPrivateFile(const std::filesystem::path& path) {
  return ReadAll(path, O_NOFOLLOW);
}

Result<std::optional<std::string>> ReadLinkedFile(const std::filesystem::path& path) {
  return ReadAll(path, 0);
}

Result<> WritePrivateFile(const std::filesystem::path& path, std::string_view content,
                          Durable durable) {
  YAP_TRY_VOID(MakePrivateDirectory(path.parent_path()));
  std::string beside = path.string() + ".XXXXXX";
  const Fd fd(::mkostemp(beside.data(), O_CLOEXEC));  // Mode 0600.
  if (!fd) return Unwritable(path, errno);
  const bool written = WriteAll(fd.get(), content) &&
                       (durable == Durable::kNo || ::fsync(fd.get()) == 0) &&
                       ::rename(beside.c_str(), path.c_str()) == 0 &&
                       (durable == Durable::kNo || SyncDirectory(DirectoryOf(path)));
  if (written) return {};
  const int failure = errno;
  ::unlink(beside.c_str());
  return Unwritable(path, failure);
}

Result<std::optional<Fd>> TryLockFile(const std::filesystem::path& path) {
  YAP_TRY_VOID(MakePrivateDirectory(path.parent_path()));
  while (true) {
    Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return Unreadable(path, errno);
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) return std::nullopt;
      return Unwritable(path, errno);
    }
    if (SameFile(fd.get(), path)) return std::optional(std::move(fd));
  }
}

}  // namespace yap::client
