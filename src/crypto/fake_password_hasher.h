// crypto/fake_password_hasher.h: a hasher for tests: instant, deterministic, and no secret at all.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

#include "crypto/password_hasher.h"

namespace yap {

// "fake:<generation>:<password>". Raising `generation` is a rise of the parameters: older hashes
// still match and need a rehash. Completes without leaving the caller's thread.
class FakePasswordHasher final : public PasswordHasher {
 public:
  explicit FakePasswordHasher(int generation = 1)
      : prefix_("fake:" + std::to_string(generation) + ":") {}

  Task<std::string> Hash(Secret password, Deadline /*deadline*/) override {
    co_return prefix_ + std::string(password.Reveal());
  }

  Task<PasswordCheck> Verify(std::string encoded, Secret password, Deadline /*deadline*/) override {
    const std::size_t colon = encoded.find(':', kScheme.size());
    if (!encoded.starts_with(kScheme) || colon == std::string::npos) {
      co_return Fail(Errc::kInternal, kPasswordHashInvalid, "not a hash of FakePasswordHasher");
    }
    const bool match = std::string_view(encoded).substr(colon + 1) == password.Reveal();
    co_return PasswordCheck{.match = match, .needs_rehash = match && !encoded.starts_with(prefix_)};
  }

  Task<PasswordCheck> VerifyDummy(Secret /*password*/, Deadline /*deadline*/) override {
    ++dummies_;
    co_return PasswordCheck{};
  }

  // How often VerifyDummy was called.
  int dummies() const { return dummies_; }

 private:
  static constexpr std::string_view kScheme = "fake:";
  const std::string prefix_;
  std::atomic<int> dummies_ = 0;
};

}  // namespace yap
