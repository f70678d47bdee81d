// crypto/password_hasher.h: passwords as slow hashes. Hashing is blocking work on threads of its
// own, a few at a time, so that a flood of logins neither starves the I/O threads nor fills the
// memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"
#include "base/task.h"

namespace yap {

// A caller was refused because too many hashes are waiting or this one waited too long. Nothing was
// hashed; the Error's retry_after says when to come back.
inline constexpr std::string_view kHashingBusy = "HASHING_BUSY";
// The stored hash is not one that this hasher wrote (Internal).
inline constexpr std::string_view kPasswordHashInvalid = "PASSWORD_HASH_INVALID";

struct PasswordCheck {
  bool match = false;
  // The password matched a hash made with other parameters: Hash it again and store that.
  bool needs_rehash = false;
};

// Thread-safe. Callers throttle and check the length of a password before they come here; it is
// hashed exactly as given. A task resumes on its caller's executor, which must still run then.
// Errors of every call: ResourceExhausted HASHING_BUSY (the queue is full, the wait was too long or
// past the deadline, or there is no memory for it), Unavailable STOPPING (the hasher is being
// destroyed). A hash that has begun is finished, whatever the deadline says.
class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;

  // The encoded hash (ASCII, at most 127 bytes; salt and parameters are inside), for the store.
  virtual Task<std::string> Hash(Secret password, Deadline deadline) = 0;

  // A wrong password is not an error: match is false. Also: Internal PASSWORD_HASH_INVALID.
  virtual Task<PasswordCheck> Verify(std::string encoded, Secret password, Deadline deadline) = 0;

  // For a name that does not exist: costs the time and the memory of Verify, never matches.
  virtual Task<PasswordCheck> VerifyDummy(Secret password, Deadline deadline) = 0;
};

struct Argon2Options {
  std::size_t threads = 1;  // Hashes at once: one per core at most (S3).
  // A core does 5 hashes a second, so more than this could not be served within wait_max anyway.
  std::size_t queue_max = 32;
  std::chrono::milliseconds wait_max{2000};
  // argon2id, t = 3 and 64 MiB (RFC 9106's second choice, with the p = 1 that libsodium fixes).
  // REQUIRES: ops >= 1, memory_bytes >= 8 KiB.
  std::uint64_t ops = 3;
  std::size_t memory_bytes = std::size_t{64} << 20U;
};

// Starts the threads. `clock` outlives the hasher. Destroying it refuses what waits, and returns
// when the hashes that have begun are done (about 0.2 s).
// REQUIRES: threads >= 1, queue_max >= 1.
std::unique_ptr<PasswordHasher> OpenArgon2Hasher(Argon2Options options, Clock& clock);

}  // namespace yap
