// crypto/secret_file.h: keys live in files of their own, readable by their owner alone.
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace yap {

inline constexpr std::size_t kKeyFileBytes = 32;

// Reads a key: exactly kKeyFileBytes raw bytes. The last component of `path` is not followed when
// it is a symbolic link. Blocking.
// Errors, each with what to do about it: NotFound KEY_FILE_MISSING, FailedPrecondition
// KEY_FILE_EXPOSED (its mode lets group or others in, or it belongs to somebody else) or
// KEY_FILE_INVALID (a link, not a regular file, another length), Unavailable KEY_FILE_UNREADABLE.
Result<Secret> ReadKeyFile(const std::filesystem::path& path);

// Reads the key, or, where there is no file, makes one from `random` with mode 0600. On return the
// key is on disk for good (file and directory are synced). Two processes that meet here get the
// same key. A crash leaves either no file or a whole one (and perhaps `path`.new-…, which is safe
// to delete).
// The directory must exist. Errors: as ReadKeyFile, without KEY_FILE_MISSING; and Unavailable
// KEY_FILE_UNWRITABLE.
Result<Secret> ReadOrCreateKeyFile(const std::filesystem::path& path, Random& random);

}  // namespace yap
