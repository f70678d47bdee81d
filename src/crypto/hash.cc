#include "crypto/hash.h"

#include <sodium.h>

#include <cstdint>

#include "base/check.h"
#include "crypto/sodium_init.h"

namespace yap {
namespace {

static_assert(sizeof(Digest) == crypto_hash_sha256_BYTES);
static_assert(sizeof(Digest) == crypto_auth_hmacsha256_BYTES);

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* Bytes(Digest& d) { return reinterpret_cast<unsigned char*>(d.data()); }

class Hmac {
 public:
  explicit Hmac(std::string_view key) {
    YAP_CHECK(!key.empty());
    EnsureSodium();
    crypto_auth_hmacsha256_init(&state_, Bytes(key), key.size());
  }
  ~Hmac() { sodium_memzero(&state_, sizeof(state_)); }
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;

  void Add(std::string_view bytes) {
    crypto_auth_hmacsha256_update(&state_, Bytes(bytes), bytes.size());
  }
  Digest Finish() {
    Digest out;
    crypto_auth_hmacsha256_final(&state_, Bytes(out));
    return out;
  }

 private:
  crypto_auth_hmacsha256_state state_;
};

std::array<char, 8> LittleEndian(std::uint64_t n) {
  std::array<char, 8> out{};
  for (char& byte : out) {
    byte = static_cast<char>(n & 0xFFU);
    n >>= 8U;
  }
  return out;
}

}  // namespace

void EnsureSodium() {
  static const int once = sodium_init();
  YAP_CHECK(once >= 0, "libsodium could not be initialised");
}

Digest Sha256(std::string_view bytes) {
  EnsureSodium();
  Digest out;
  crypto_hash_sha256(Bytes(out), Bytes(bytes), bytes.size());
  return out;
}

Digest HmacSha256(std::string_view key, std::string_view bytes) {
  Hmac hmac(key);
  hmac.Add(bytes);
  return hmac.Finish();
}

Digest HmacSha256(std::string_view key, std::initializer_list<std::string_view> parts) {
  Hmac hmac(key);
  for (const std::string_view part : parts) {
    const auto length = LittleEndian(part.size());
    hmac.Add({length.data(), length.size()});
    hmac.Add(part);
  }
  return hmac.Finish();
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool ConstantTimeEqual(const Digest& a, const Digest& b) {
  return ConstantTimeEqual(AsView(a), AsView(b));
}

}  // namespace yap
