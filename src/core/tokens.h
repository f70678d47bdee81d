// core/tokens.h: what sessions and invitations are proved with. Opaque to clients, and nothing in
// them is a claim: the store (access, invite) or a key of the server (refresh) decides. Pure.
//
//   access   yap_a_ + base64url(32 random bytes); its SHA-256 is stored.
//   refresh  yap_r_ + base64url(family, counter, HMAC-SHA256(key, family ‖ counter)); nothing but
//            the family's newest counter is stored, so that the answer to a refresh that got lost
//            can be computed again.
//   invite   yap_i_ + base64url(16 random bytes); its SHA-256 is stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/random.h"
#include "base/secret.h"
#include "core/ids.h"
#include "crypto/hash.h"

namespace yap::core {

inline constexpr std::string_view kAccessTokenPrefix = "yap_a_";
inline constexpr std::string_view kRefreshTokenPrefix = "yap_r_";
inline constexpr std::string_view kInviteCodePrefix = "yap_i_";
// Shorter keys can be guessed.
inline constexpr std::size_t kTokenKeyBytesMin = 32;

Secret MintAccessToken(Random& random);
Secret MintInviteCode(Random& random);
// What is stored of it; none for what cannot be such a token, so that it costs no look-up.
std::optional<Digest> AccessTokenHash(std::string_view token);
std::optional<Digest> InviteCodeHash(std::string_view code);

// Number `counter` (1, 2, 3, …) of the refresh tokens of a session.
struct RefreshToken {
  SessionId family;
  std::uint64_t counter = 0;
  friend bool operator==(const RefreshToken&, const RefreshToken&) = default;
};

// The same every time. REQUIRES: the key has at least kTokenKeyBytesMin bytes.
Secret MintRefreshToken(const Secret& key, RefreshToken token);
// None unless it was minted with `key`; the check takes the same time wherever it differs.
std::optional<RefreshToken> ParseRefreshToken(const Secret& key, std::string_view token);

}  // namespace yap::core
