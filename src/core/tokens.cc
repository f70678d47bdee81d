#include "core/tokens.h"

#include <array>
#include <span>
#include <string>

#include "base/check.h"
#include "base/encoding.h"

namespace yap::core {
namespace {

constexpr std::size_t kAccessBytes = 32;
constexpr std::size_t kInviteBytes = 16;
constexpr std::size_t kNumberBytes = 8;
constexpr std::size_t kRefreshBytes = 2 * kNumberBytes + sizeof(Digest);
// What the key signs under this name can be mistaken for nothing else it may sign one day.
constexpr std::string_view kRefreshPurpose = "yap refresh token 1";

std::string BigEndian(std::uint64_t n) {
  std::string out(kNumberBytes, '\0');
  for (std::size_t i = kNumberBytes; i-- > 0; n >>= 8U) out[i] = static_cast<char>(n & 0xFFU);
  return out;
}

std::uint64_t FromBigEndian(std::string_view bytes) {
  std::uint64_t n = 0;
  for (const char c : bytes) n = n << 8U | static_cast<std::uint8_t>(c);
  return n;
}

Secret WithPrefix(std::string_view prefix, std::string bytes) {
  std::string text = ToBase64Url(bytes);
  std::string token(prefix);
  token.reserve(prefix.size() + text.size());  // No reallocation leaves a copy behind.
  token += text;
  Wipe(text);
  Wipe(bytes);
  return Secret(std::move(token));
}

Secret MintRandom(std::string_view prefix, std::size_t count, Random& random) {
  std::string bytes(count, '\0');
  random.Fill(std::as_writable_bytes(std::span(bytes)));
  return WithPrefix(prefix, std::move(bytes));
}

// The bytes after the prefix, if `token` is exactly that.
std::optional<std::string> BytesOf(std::string_view token, std::string_view prefix,
                                   std::size_t count) {
  const std::size_t characters = (count * 8 + 5) / 6;
  if (token.size() != prefix.size() + characters || !token.starts_with(prefix)) return std::nullopt;
  auto bytes = FromBase64Url(token.substr(prefix.size()));
  if (!bytes || bytes->size() != count) return std::nullopt;
  return bytes;
}

std::optional<Digest> HashOf(std::string_view token, std::string_view prefix, std::size_t count) {
  auto bytes = BytesOf(token, prefix, count);
  if (!bytes) return std::nullopt;
  Wipe(*bytes);
  return Sha256(token);
}

Digest Sign(const Secret& key, std::string_view family, std::string_view counter) {
  YAP_CHECK(key.Reveal().size() >= kTokenKeyBytesMin);
  return HmacSha256(key.Reveal(), {kRefreshPurpose, family, counter});
}

}  // namespace

Secret MintAccessToken(Random& random) {
  return MintRandom(kAccessTokenPrefix, kAccessBytes, random);
}
Secret MintInviteCode(Random& random) {
  return MintRandom(kInviteCodePrefix, kInviteBytes, random);
}
std::optional<Digest> AccessTokenHash(std::string_view token) {
  return HashOf(token, kAccessTokenPrefix, kAccessBytes);
}
std::optional<Digest> InviteCodeHash(std::string_view code) {
  return HashOf(code, kInviteCodePrefix, kInviteBytes);
}

Secret MintRefreshToken(const Secret& key, RefreshToken token) {
  const std::string family = BigEndian(token.family.value);
  const std::string counter = BigEndian(token.counter);
  const Digest proof = Sign(key, family, counter);
  return WithPrefix(kRefreshTokenPrefix, family + counter + std::string(AsView(proof)));
}

std::optional<RefreshToken> ParseRefreshToken(const Secret& key, std::string_view token) {
  const auto bytes = BytesOf(token, kRefreshTokenPrefix, kRefreshBytes);
  if (!bytes) return std::nullopt;
  const std::string_view all = *bytes;
  const std::string_view family = all.substr(0, kNumberBytes);
  const std::string_view counter = all.substr(kNumberBytes, kNumberBytes);
  const Digest proof = Sign(key, family, counter);
  if (!ConstantTimeEqual(AsView(proof), all.substr(2 * kNumberBytes))) return std::nullopt;
  return RefreshToken{SessionId(FromBigEndian(family)), FromBigEndian(counter)};
}

}  // namespace yap::core
