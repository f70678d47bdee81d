#include "edge/grpc_wire.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "base/encoding.h"

namespace yap::edge {
namespace {

constexpr std::size_t kTimeoutDigitsMax = 8;

std::optional<Duration> TimeoutUnit(char unit) {
  switch (unit) {
    case 'H':
      return std::chrono::hours(1);
    case 'M':
      return std::chrono::minutes(1);
    case 'S':
      return std::chrono::seconds(1);
    case 'm':
      return std::chrono::milliseconds(1);
    case 'u':
      return std::chrono::microseconds(1);
    case 'n':
      return std::chrono::nanoseconds(1);
    default:
      return std::nullopt;
  }
}

}  // namespace

Prefix MakePrefix(std::size_t message_bytes) {
  const auto n = static_cast<std::uint32_t>(message_bytes);
  return {0, static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
          static_cast<char>(n)};
}

std::uint32_t PrefixLength(std::string_view prefix) {
  std::uint32_t n = 0;
  for (const char c : prefix.substr(1, 4)) n = (n << 8) | static_cast<std::uint8_t>(c);
  return n;
}

std::string PercentEncode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c >= 0x20 && c <= 0x7e && c != '%') {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    out.push_back('%');
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

std::optional<Duration> ParseTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return std::nullopt;
  const auto unit = TimeoutUnit(text.back());
  text.remove_suffix(1);
  std::int64_t amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  if (!unit || error != std::errc{} || end != text.data() + text.size() || amount < 0) {
    return std::nullopt;
  }
  const Duration year = std::chrono::hours(24 * 365);
  return amount > year / *unit ? year : amount * *unit;
}

bool IsGrpcContentType(std::string_view text) {
  text = text.substr(0, text.find(';'));
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text == "application/grpc" || text == "application/grpc+proto";
}

bool IsBinaryName(std::string_view name) { return name.ends_with("-bin"); }

std::optional<std::string> DecodeBinaryValue(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto part = FromBase64(text.substr(0, comma));
    if (!part) return std::nullopt;
    out += *part;
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string EncodeBinaryValue(std::string_view bytes) {
  std::string text = ToBase64(bytes);
  while (text.ends_with('=')) text.pop_back();  // As grpc does; a reader takes both.
  return text;
}

bool IsReservedName(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kNames = {"te",
                                                             "content-type",
                                                             "grpc-timeout",
                                                             "grpc-encoding",
                                                             "grpc-accept-encoding",
                                                             "grpc-message",
                                                             "grpc-status",
                                                             "grpc-status-details-bin"};
  return name.starts_with(':') || std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace yap::edge
