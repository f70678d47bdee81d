// unicode/names.h: names of users and channels: [a-z][a-z0-9_-]{1,31}, plain ASCII so that nobody
// can pose as somebody else, some of them reserved.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yap::unicode {

inline constexpr std::size_t kNameBytesMin = 2;
inline constexpr std::size_t kNameBytesMax = 32;

// Reasons, both InvalidArgument. The message says what is wrong, and a name that would do where
// one is near.
inline constexpr std::string_view kNameInvalid = "NAME_INVALID";
inline constexpr std::string_view kNameReserved = "NAME_RESERVED";

// A name as its owner typed it, without @ or #.
Result<> CheckUserName(std::string_view name);
Result<> CheckChannelName(std::string_view name);

// The candidate that `name` was most likely meant to be: the nearest within a few slips (insertion,
// deletion, substitution, swap of neighbours; one for every 3 bytes, at least one), the first of
// equals; else the only one that `name` begins. None if nothing is near. ASCII case does not count.
// Cost: candidates x the product of the lengths; anything over 64 bytes is near nothing.
std::optional<std::string> Nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace yap::unicode
