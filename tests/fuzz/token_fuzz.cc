// Tokens as clients send them: nobody makes one that holds without the key.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "core/page_token.h"
#include "core/tokens.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const yap::Secret key{std::string(32, 'k')};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)yap::core::AccessTokenHash(text);
  (void)yap::core::InviteCodeHash(text);
  YAP_CHECK(!yap::core::ParseRefreshToken(key, text), "a refresh token was forged");
  (void)yap::core::ReadPageToken('m', "scope", text);
  if (const auto bytes = yap::FromBase64Url(text))
    YAP_CHECK(yap::ToBase64Url(*bytes).size() <= size);
  if (const auto bytes = yap::FromHex(text)) YAP_CHECK(bytes->size() * 2 == size);
  return 0;
}
