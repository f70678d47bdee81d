// base/encoding.h: bytes as text.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace yap {

std::string ToHex(std::span<const std::byte> bytes);  // Lower case.
std::string ToHex(std::string_view bytes);
std::optional<std::string> FromHex(std::string_view hex);

// RFC 4648 section 4. Decoding takes text with and without padding (gRPC's -bin metadata has
// either), and refuses everything else that is not canonical.
std::string ToBase64(std::string_view bytes);
std::optional<std::string> FromBase64(std::string_view text);
// RFC 4648 section 5, without padding: for tokens and page tokens.
std::string ToBase64Url(std::string_view bytes);
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace yap
