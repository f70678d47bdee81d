// client/credentials.h: who is logged in where: one TOML file, 0600 in a directory of mode 0700,
// shared by all `yap` processes of a user. Never a password. Calls block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "client/private_file.h"

namespace yap::client {

struct Credentials {
  std::uint64_t user_id = 0;
  std::string username;
  Secret access_token;
  WallTime access_expires;  // By the server's clock.
  Secret refresh_token;
};

// A lock is held from before the file is read until what follows from it is written.
class CredentialStore {
 public:
  explicit CredentialStore(std::filesystem::path file) : file_(std::move(file)) {}

  const std::filesystem::path& file() const { return file_; }

  // The lock of the file, which all changes take; no value: somebody else has it now.
  Result<std::optional<Fd>> TryLock() const;

  // What is stored for `server` (ServerAddress::Name()); none: not logged in there.
  // Errors: FailedPrecondition CREDENTIALS_INVALID (with the line) or CREDENTIALS_EXPOSED (others
  // may read the file), FILE_INVALID, Unavailable FILE_UNREADABLE.
  Result<std::optional<Credentials>> Load(const std::string& server) const;

  // Stores, on disk for good on return. REQUIRES: the caller holds the lock.
  Result<> Save(const std::string& server, const Credentials& credentials);

  // Forgets. REQUIRES: the caller holds the lock.
  Result<> Remove(const std::string& server);

 private:
  const std::filesystem::path file_;
};

}  // namespace yap::client
