#include "core/password_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/secret.h"
#include "core/limits.h"
#include "core/reasons.h"
#include "crypto/common_passwords.h"
#include "unicode/code_points.h"

namespace yap::core {
namespace {

constexpr std::size_t kNameHeldBytesMin = 3;

Error Refused(std::string_view reason, std::string message, std::string_view field) {
  return MakeError(Errc::kInvalidArgument, reason, std::move(message)).InField(std::string(field));
}

std::size_t CountCharacters(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); ++count) at += unicode::DecodeAt(text, at).bytes;
  return count;
}

Secret LowerCased(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return Secret(std::move(lower));
}

Result<> CheckLength(std::string_view password, std::size_t min, std::string_view field) {
  const std::size_t count = CountCharacters(password);
  if (count < min) {
    return Fail(Refused(reason::kPasswordTooShort,
                        fmt::format("the password is too short: take at least {} characters; a few "
                                    "unrelated words are good",
                                    min),
                        field)
                    .With("characters_min", std::to_string(min)));
  }
  if (count > kPasswordMax) {
    return Fail(
        Refused(reason::kPasswordTooLong,
                fmt::format("the password is too long: take at most {} characters", kPasswordMax),
                field)
            .With("characters_max", std::to_string(kPasswordMax)));
  }
  return {};
}

// Why a guesser would try it early; empty if none is known.
std::string_view WhyCommon(std::string_view lower, std::string_view username) {
  if (IsCommonPassword(lower)) return "is on the list of common ones";
  if (username.size() >= kNameHeldBytesMin && lower.contains(username)) return "holds the username";
  if (lower.starts_with("yap")) return "starts with \"yap\"";
  return {};
}

}  // namespace

Result<> CheckPassword(std::string_view password, std::string_view username,
                       std::size_t characters_min, std::string_view field) {
  if (unicode::FirstInvalidUtf8(password)) {
    return Fail(Refused(reason::kTextInvalidUtf8, "the password is not valid UTF-8", field));
  }
  YAP_TRY_VOID(CheckLength(password, characters_min, field));
  const Secret lower = LowerCased(password);
  if (const auto why = WhyCommon(lower.Reveal(), username); !why.empty()) {
    return Fail(Refused(reason::kPasswordCommon,
                        fmt::format("the password {}: take another; a few unrelated words are "
                                    "good",
                                    why),
                        field));
  }
  return {};
}

}  // namespace yap::core
