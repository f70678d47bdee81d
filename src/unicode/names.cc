#include "unicode/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "unicode/fold.h"

namespace yap::unicode {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kNearBytesMax = 64;

// Names that would speak for the server, name nobody, or be taken for a mention of many. Sorted.
constexpr std::array kReservedUsers = {
    "abuse"sv,     "admin"sv,      "administrator"sv, "all"sv,        "anonymous"sv, "anyone"sv,
    "bot"sv,       "channel"sv,    "deleted"sv,       "everyone"sv,   "guest"sv,     "help"sv,
    "here"sv,      "hostmaster"sv, "info"sv,          "localhost"sv,  "mail"sv,      "me"sv,
    "moderator"sv, "nobody"sv,     "none"sv,          "noreply"sv,    "null"sv,      "official"sv,
    "online"sv,    "operator"sv,   "owner"sv,         "postmaster"sv, "root"sv,      "security"sv,
    "self"sv,      "server"sv,     "staff"sv,         "support"sv,    "system"sv,    "undefined"sv,
    "unknown"sv,   "user"sv,       "webmaster"sv,     "yap"sv,        "yapd"sv,      "you"sv,
};
// Names that commands or pages use, or that would be taken for the server. Sorted.
constexpr std::array kReservedChannels = {
    "admin"sv,  "all"sv,       "channel"sv, "deleted"sv, "direct"sv, "dm"sv,   "everyone"sv,
    "here"sv,   "home"sv,      "inbox"sv,   "me"sv,      "none"sv,   "null"sv, "server"sv,
    "system"sv, "undefined"sv, "unknown"sv, "yap"sv,     "yapd"sv,
};
static_assert(std::ranges::is_sorted(kReservedUsers));
static_assert(std::ranges::is_sorted(kReservedChannels));

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsNameByte(char c) { return IsLower(c) || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

// What is wrong with `name`, to stand after "a name"; empty if nothing is.
std::string_view Complaint(std::string_view name) {
  if (name.size() < kNameBytesMin) return "has at least 2 characters";
  if (name.size() > kNameBytesMax) return "has at most 32 characters";
  if (!IsLower(name.front())) return "begins with a letter a-z, in lower case";
  if (!std::ranges::all_of(name, IsNameByte)) {
    return "consists of lower-case letters a-z, digits, _ and -";
  }
  return {};
}

// `name` as it may have been meant: "#My Project" is "my-project". It may still be no name.
std::string Repaired(std::string_view name) {
  if (name.starts_with('@') || name.starts_with('#')) name.remove_prefix(1);
  std::string out;
  for (const char c : AsciiLowered(name.substr(0, kNameBytesMax))) {
    if (IsNameByte(c)) out.push_back(c);
    if (c == ' ' || c == '.') out.push_back('-');
  }
  return out;
}

Error InvalidName(std::string_view name, std::string_view complaint) {
  const std::string repaired = Repaired(name);
  const bool offer = Complaint(repaired).empty();
  return MakeError(
      Errc::kInvalidArgument, kNameInvalid,
      fmt::format("a name {}{}", complaint, offer ? fmt::format("; try \"{}\"", repaired) : ""));
}

Result<> CheckName(std::string_view name, std::span<const std::string_view> reserved) {
  if (const std::string_view complaint = Complaint(name); !complaint.empty()) {
    return Fail(InvalidName(name, complaint));
  }
  if (!std::ranges::binary_search(reserved, name)) return {};
  return Fail(MakeError(Errc::kInvalidArgument, kNameReserved,
                        fmt::format("the name \"{}\" is reserved; choose another", name))
                  .With("name", std::string(name)));
}

// Optimal string alignment: insertions, deletions, substitutions, swaps of neighbours. Three rows
// of the usual table.
std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_up(b.size() + 1);
  std::vector<std::size_t> up(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(two_up, up);
    std::swap(up, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({substituted, up[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], two_up[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> OnlyCompletion(std::string_view prefix,
                                          std::span<const std::string> candidates) {
  std::optional<std::string> only;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kNearBytesMax || !AsciiLowered(candidate).starts_with(prefix)) continue;
    if (only) return std::nullopt;
    only = candidate;
  }
  return only;
}

}  // namespace

Result<> CheckUserName(std::string_view name) { return CheckName(name, kReservedUsers); }
Result<> CheckChannelName(std::string_view name) { return CheckName(name, kReservedChannels); }

std::optional<std::string> Nearest(std::string_view name, std::span<const std::string> candidates) {
  if (name.empty() || name.size() > kNearBytesMax) return std::nullopt;
  const std::string wanted = AsciiLowered(name);
  const std::string* nearest = nullptr;
  std::size_t slips_max = std::max<std::size_t>(1, name.size() / 3);
  if (name.size() == 1) slips_max = 0;  // One slip makes it any other.
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kNearBytesMax) continue;
    const std::size_t slips = EditDistance(wanted, AsciiLowered(candidate));
    if (slips > slips_max || (nearest != nullptr && slips == slips_max)) continue;
    nearest = &candidate;
    slips_max = slips;
  }
  if (nearest != nullptr) return *nearest;
  return OnlyCompletion(wanted, candidates);
}

}  // namespace yap::unicode
