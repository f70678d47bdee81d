#include "crypto/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>
#include <string>
#include <system_error>
#include <utility>

#include "base/encoding.h"

namespace yap {
namespace {

namespace fs = std::filesystem;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::string Because(int error) { return std::generic_category().message(error); }

std::unexpected<Error> Invalid(const fs::path& path, std::string_view why) {
  return Fail(
      Errc::kFailedPrecondition, "KEY_FILE_INVALID",
      fmt::format("the key file {} {}; move it away to have a new key made", path.string(), why));
}

std::unexpected<Error> Unwritable(const fs::path& path, int error) {
  return Fail(Errc::kUnavailable, "KEY_FILE_UNWRITABLE",
              fmt::format("cannot make the key file {}: {}; check that its directory exists and "
                          "that this user may write there",
                          path.string(), Because(error)));
}

std::unexpected<Error> CannotOpen(const fs::path& path, int error) {
  if (error == ENOENT) {
    return Fail(Errc::kNotFound, "KEY_FILE_MISSING",
                fmt::format("there is no key file {}", path.string()));
  }
  if (error == ELOOP) return Invalid(path, "is a symbolic link");
  return Fail(Errc::kUnavailable, "KEY_FILE_UNREADABLE",
              fmt::format("cannot read the key file {}: {}", path.string(), Because(error)));
}

Result<> CheckExposure(const fs::path& path, const struct stat& info) {
  const std::string name = path.string();
  if (info.st_uid != ::geteuid() && info.st_uid != 0) {
    return Fail(Errc::kFailedPrecondition, "KEY_FILE_EXPOSED",
                fmt::format("the key file {} belongs to another user (uid {}), who can read it; "
                            "chown it to uid {}",
                            name, info.st_uid, ::geteuid()));
  }
  if ((info.st_mode & 077U) == 0) return {};
  return Fail(Errc::kFailedPrecondition, "KEY_FILE_EXPOSED",
              fmt::format("the key file {} is open to other users (mode {:04o}); run chmod 600 {}, "
                          "or delete it to have a new key made if others may have read it",
                          name, info.st_mode & 07777U, name));
}

Result<> CheckKind(const fs::path& path, int fd) {
  struct stat info{};
  if (::fstat(fd, &info) != 0) return CannotOpen(path, errno);
  if (!S_ISREG(info.st_mode)) return Invalid(path, "is not a regular file");
  YAP_TRY_VOID(CheckExposure(path, info));
  if (info.st_size == static_cast<off_t>(kKeyFileBytes)) return {};
  return Invalid(path, fmt::format("has {} bytes instead of {}", info.st_size, kKeyFileBytes));
}

Result<> WriteAll(const fs::path& path, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Unwritable(path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) return Unwritable(path, errno);
  return {};
}

Result<> SyncDirectory(const fs::path& path) {
  const fs::path directory = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok() || ::fsync(fd.get()) != 0) return Unwritable(path, errno);
  return {};
}

Secret NewKey(Random& random) {
  std::string key(kKeyFileBytes, '\0');
  random.Fill(std::as_writable_bytes(std::span(key)));
  return Secret(std::move(key));
}

std::string NewSuffix(Random& random) {
  std::array<std::byte, 8> bytes{};
  random.Fill(bytes);
  return ".new-" + ToHex(bytes);
}

Result<> WriteNew(const fs::path& path, const fs::path& temporary, Random& random) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd fd(::open(temporary.c_str(), kFlags, 0600));
  if (!fd.ok()) return Unwritable(path, errno);
  return WriteAll(path, fd.get(), NewKey(random).Reveal());
}

// link(2) neither replaces nor follows what has the name already, and shows only the whole file.
Result<> Publish(const fs::path& path, const fs::path& temporary) {
  if (::link(temporary.c_str(), path.c_str()) == 0 || errno == EEXIST) return {};
  return Unwritable(path, errno);
}

Result<> Create(const fs::path& path, Random& random) {
  const fs::path temporary = path.string() + NewSuffix(random);
  Result<> made = WriteNew(path, temporary, random);
  if (made) made = Publish(path, temporary);
  ::unlink(temporary.c_str());
  YAP_TRY_VOID(std::move(made));
  return SyncDirectory(path);
}

}  // namespace

Result<Secret> ReadKeyFile(const fs::path& path) {
  // Without O_NONBLOCK a FIFO in its place would hang the start.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd.ok()) return CannotOpen(path, errno);
  YAP_TRY_VOID(CheckKind(path, fd.get()));
  std::string key(kKeyFileBytes, '\0');
  const ssize_t n = ::read(fd.get(), key.data(), key.size());
  Secret secret(std::move(key));
  if (n < 0) return CannotOpen(path, errno);
  if (n != static_cast<ssize_t>(kKeyFileBytes)) return Invalid(path, "shrank while it was read");
  return secret;
}

Result<Secret> ReadOrCreateKeyFile(const fs::path& path, Random& random) {
  Result<Secret> present = ReadKeyFile(path);
  if (present || present.error().code != Errc::kNotFound) return present;
  YAP_TRY_VOID(Create(path, random));
  return ReadKeyFile(path);
}

}  // namespace yap
