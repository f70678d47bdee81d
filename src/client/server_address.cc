#include "client/server_address.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "unicode/sanitize.h"

namespace yap::client {
namespace {

std::unexpected<Error> Invalid(std::string_view text, std::string_view why) {
  return Fail(Errc::kInvalidArgument, "SERVER_INVALID",
              fmt::format("\"{}\" is no server address: {}; write HOST:PORT, http://HOST:PORT or "
                          "https://HOST:PORT",
                          unicode::Visible(text), why));
}

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::uint16_t> ParsePort(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failed != std::errc() || end != digits.data() + digits.size() || port == 0) return {};
  return port;
}

bool HostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == ':' || c == '_';
}

// "[::1]:7676" or "host:7676" into host and port; false where brackets do not match.
bool Split(std::string_view text, std::string& host, std::optional<std::string_view>& port) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (text.empty()) return true;
    if (!TakePrefix(text, ":")) return false;
    port = text;
    return true;
  }
  const auto colon = text.find(':');
  host = text.substr(0, colon);
  if (colon != std::string_view::npos) port = text.substr(colon + 1);
  return true;
}

}  // namespace

std::string ServerAddress::Target() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::string ServerAddress::Name() const { return tls ? "https://" + Target() : Target(); }

bool ServerAddress::Loopback() const {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

Result<ServerAddress> ParseServerAddress(std::string_view text) {
  std::string_view rest = text;
  const bool https = TakePrefix(rest, "https://");
  const bool http = !https && TakePrefix(rest, "http://");
  if (!https && !http && rest.contains("://")) {
    return Invalid(text, "yap speaks http:// and https:// only");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  ServerAddress out;
  std::optional<std::string_view> port;
  if (!Split(rest, out.host, port)) return Invalid(text, "the brackets do not match");
  if (out.host.empty()) return Invalid(text, "the host is missing");
  for (const char c : out.host) {
    if (!HostCharacter(c)) return Invalid(text, "a host has letters, digits, '-' and '.'");
  }
  out.port = https ? 443 : kDefaultPort;
  if (port) {
    const auto number = ParsePort(*port);
    if (!number) return Invalid(text, "the port is a number from 1 to 65535");
    out.port = *number;
  }
  out.tls = https || (!http && !out.Loopback());
  return out;
}

}  // namespace yap::client
