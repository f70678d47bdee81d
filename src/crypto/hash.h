// crypto/hash.h: digests and keyed digests, over libsodium. Every call is thread-safe and cannot
// fail.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace yap {

using Digest = std::array<std::byte, 32>;

// FIPS 180-4. For what is random already (tokens); passwords go to a PasswordHasher.
Digest Sha256(std::string_view bytes);

// RFC 2104. Any length of key; an empty key authenticates nothing and is a mistake of the caller.
// REQUIRES: !key.empty().
Digest HmacSha256(std::string_view key, std::string_view bytes);

// Over several fields at once. Each part enters with its length (8 bytes, little endian) before it,
// so {"ab", "c"} and {"a", "bc"} differ; therefore {"x"} is not HmacSha256(key, "x").
// REQUIRES: !key.empty().
Digest HmacSha256(std::string_view key, std::initializer_list<std::string_view> parts);

// Takes the same time wherever the first difference is. Lengths are not secret.
bool ConstantTimeEqual(std::string_view a, std::string_view b);
bool ConstantTimeEqual(const Digest& a, const Digest& b);

// The bytes of `digest`, which must outlive the view.
inline std::string_view AsView(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace yap
