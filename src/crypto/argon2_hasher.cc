#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/metrics.h"
#include "crypto/bounded_workers.h"
#include "crypto/password_hasher.h"
#include "crypto/sodium_init.h"

namespace yap {
namespace {

constexpr int kAlgorithm = crypto_pwhash_ALG_ARGON2ID13;

Error Busy(std::chrono::milliseconds retry_after) {
  return MakeError(Errc::kResourceExhausted, kHashingBusy,
                   fmt::format("the server is checking many passwords right now; try again in {} s",
                               std::chrono::ceil<std::chrono::seconds>(retry_after).count()))
      .RetryAfter(retry_after);
}

Error Refused(Refusal refusal, std::chrono::milliseconds retry_after) {
  switch (refusal) {
    case Refusal::kStopping:
      return MakeError(Errc::kUnavailable, "STOPPING", "the server is stopping; try again")
          .RetryAfter(retry_after);
    case Refusal::kQueueFull:
    case Refusal::kWaitedTooLong:
      break;
  }
  return Busy(retry_after);
}

std::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kQueueFull:
      return "queue_full";
    case Refusal::kWaitedTooLong:
      return "waited_too_long";
    case Refusal::kStopping:
      break;
  }
  return "stopping";
}

// The blocking calls themselves; each runs on a worker.
Result<std::string> HashNow(const Argon2Options& options, const Secret& password) {
  std::array<char, crypto_pwhash_STRBYTES> encoded{};
  const std::string_view bytes = password.Reveal();
  if (crypto_pwhash_str_alg(encoded.data(), bytes.data(), bytes.size(), options.ops,
                            options.memory_bytes, kAlgorithm) != 0) {
    return Fail(Busy(options.wait_max));  // There was no memory: the only way it fails.
  }
  return std::string(encoded.data());
}

// libsodium answers "wrong" and "no memory" alike; errno tells them apart.
Result<bool> MatchNow(const Argon2Options& options, const std::string& encoded,
                      const Secret& password) {
  errno = 0;
  const std::string_view bytes = password.Reveal();
  if (crypto_pwhash_str_verify(encoded.c_str(), bytes.data(), bytes.size()) == 0) return true;
  if (errno == ENOMEM) return Fail(Busy(options.wait_max));
  return false;
}

Result<PasswordCheck> VerifyNow(const Argon2Options& options, const std::string& encoded,
                                const Secret& password) {
  const int rehash =
      crypto_pwhash_str_needs_rehash(encoded.c_str(), options.ops, options.memory_bytes);
  if (rehash < 0) {
    return Fail(Errc::kInternal, kPasswordHashInvalid,
                "the stored password hash is damaged; reset the password of this account");
  }
  YAP_TRY(const bool match, MatchNow(options, encoded, password));
  return PasswordCheck{.match = match, .needs_rehash = match && rehash == 1};
}

// The hash that a verification computes, under a salt that is nobody's.
Result<PasswordCheck> VerifyDummyNow(const Argon2Options& options, const Secret& password) {
  std::array<unsigned char, 32> out{};
  const std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  const std::string_view bytes = password.Reveal();
  if (crypto_pwhash(out.data(), out.size(), bytes.data(), bytes.size(), salt.data(), options.ops,
                    options.memory_bytes, kAlgorithm) != 0) {
    return Fail(Busy(options.wait_max));
  }
  return PasswordCheck{};
}

metrics::Counter RefusedCounter(Refusal refusal) {
  return metrics::NewCounter("yap_password_hash_refused_total",
                             "Password hashes that were refused, by why.",
                             {{"why", std::string(RefusalName(refusal))}});
}

class Argon2Hasher final : public PasswordHasher {
 public:
  Argon2Hasher(Argon2Options options, Clock& clock)
      : options_(options),
        clock_(clock),
        seconds_(metrics::NewHistogram("yap_password_hash_seconds",
                                       "Time of one password hash, without its wait.", {},
                                       metrics::LatencyBounds())),
        workers_({options.threads, options.queue_max, options.wait_max}, clock) {}

  Task<std::string> Hash(Secret password, Deadline deadline) override {
    return Run<std::string>(
        deadline, [this, secret = std::move(password)] { return HashNow(options_, secret); });
  }

  Task<PasswordCheck> Verify(std::string encoded, Secret password, Deadline deadline) override {
    return Run<PasswordCheck>(deadline,
                              [this, hash = std::move(encoded), secret = std::move(password)] {
                                return VerifyNow(options_, hash, secret);
                              });
  }

  Task<PasswordCheck> VerifyDummy(Secret password, Deadline deadline) override {
    return Run<PasswordCheck>(deadline, [this, secret = std::move(password)] {
      return VerifyDummyNow(options_, secret);
    });
  }

 private:
  template <class T>
  using Work = std::move_only_function<Result<T>()>;

  template <class T>
  Task<T> Run(Deadline deadline, Work<T> work) {
    return FromCallback<T>([this, deadline, work = std::move(work)](Callback<T> done) mutable {
      workers_.Post(deadline, [this, work = std::move(work),
                               done = std::move(done)](std::optional<Refusal> refusal) mutable {
        done(refusal ? Refuse<T>(*refusal) : Measured<T>(work));
      });
    });
  }

  template <class T>
  Result<T> Refuse(Refusal refusal) {
    RefusedCounter(refusal).Add();
    return Fail(Refused(refusal, options_.wait_max));
  }

  template <class T>
  Result<T> Measured(Work<T>& work) {
    const MonoTime begin = clock_.Mono();
    Result<T> result = work();
    seconds_.Observe(std::chrono::duration<double>(clock_.Mono() - begin).count());
    return result;
  }

  const Argon2Options options_;
  Clock& clock_;
  metrics::Histogram seconds_;
  BoundedWorkers workers_;  // Last: its jobs use all of the above.
};

}  // namespace

std::unique_ptr<PasswordHasher> OpenArgon2Hasher(Argon2Options options, Clock& clock) {
  EnsureSodium();
  YAP_CHECK(options.ops >= crypto_pwhash_argon2id_OPSLIMIT_MIN &&
            options.memory_bytes >= crypto_pwhash_argon2id_MEMLIMIT_MIN);
  return std::make_unique<Argon2Hasher>(options, clock);
}

}  // namespace yap
