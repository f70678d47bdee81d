// client/private_file.h: files of one user that a crash must not tear: written beside, synced,
// renamed; and locks between processes. All calls block.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace yap::client {

// Owns a file descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// Makes `directory` and what is missing above it with mode 0700; one that exists is left as it is.
Result<> MakePrivateDirectory(const std::filesystem::path& directory);

// The whole file, none where it does not exist. A symbolic link is refused.
// Errors: FailedPrecondition FILE_INVALID, Unavailable FILE_UNREADABLE, each naming the file.
Result<std::optional<std::string>> ReadPrivateFile(const std::filesystem::path& path);

// As ReadPrivateFile, through symbolic links: for what is no secret, as a config.toml that lies in
// somebody's repository.
Result<std::optional<std::string>> ReadLinkedFile(const std::filesystem::path& path);

// Makes the names in `directory` survive a power cut: of files that were made in it or renamed.
// Errors: Unavailable FILE_UNWRITABLE.
Result<> SyncDirectory(const std::filesystem::path& directory);

enum class Durable : bool { kNo, kYes };

// Replaces the file as a whole with mode 0600, its directory made where missing. After a kill there
// is the old content or the new; with Durable::kYes after a power cut, too.
// Errors: Unavailable FILE_UNWRITABLE.
Result<> WritePrivateFile(const std::filesystem::path& path, std::string_view content,
                          Durable durable);

// Opens `path` (made with mode 0600 where missing, links refused) and takes its flock. No value:
// somebody else has it, who is alive: the kernel frees the locks of the dead.
// The lock is that of the file which `path` names on return, not of one that was replaced
// meanwhile.
Result<std::optional<Fd>> TryLockFile(const std::filesystem::path& path);

}  // namespace yap::client
