// What the values of a configuration mean together.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cctype>

#include "app/yapd/config.h"
#include "edge/address.h"
#include "unicode/names.h"

namespace yap::app {
namespace {

class Check {
 public:
  explicit Check(const Config& config) : config_(config) {}

  std::vector<Finding> Run() {
    Listen();
    Tls();
    Admin();
    Store();
    Hashing();
    Lobby();
    for (Finding& finding : CheckCluster(config_)) findings_.push_back(std::move(finding));
    return std::move(findings_);
  }

 private:
  void Refuse(std::string text) { findings_.push_back({true, std::move(text)}); }
  void Warn(std::string text) { findings_.push_back({false, std::move(text)}); }

  // S1: what others can reach is encrypted, by us or by a proxy that is named.
  void Listen() {
    if (config_.role == "chat") return;  // Its one listener is the cluster's.
    const auto at = ParseHostPort(config_.server_listen);
    if (!at) return Refuse("server.listen: " + at.error().message);
    const auto proxies = edge::NetworkSet::Parse(config_.server_trusted_proxies);
    if (!proxies) Refuse("server.trusted_proxies: " + proxies.error().message);
    const bool encrypted =
        !config_.tls_cert_file.empty() || !config_.server_trusted_proxies.empty();
    if (IsLoopback(at->host) || encrypted) return;
    if (config_.server_insecure_i_know) {
      return Warn(fmt::format(
          "server.listen = {} is without TLS: passwords and messages travel in the clear",
          config_.server_listen));
    }
    Refuse(
        fmt::format("server.listen = {} can be reached by others, and there is no TLS. Set "
                    "tls.cert_file and tls.key_file, or "
                    "server.trusted_proxies where a proxy terminates TLS, or say --insecure-i-know",
                    config_.server_listen));
  }

  void Tls() {
    if (config_.tls_cert_file.empty() != config_.tls_key_file.empty()) {
      Refuse("tls.cert_file and tls.key_file go together: one of them is missing");
    }
    if (!config_.tls_client_ca_file.empty() && config_.tls_cert_file.empty()) {
      Refuse("tls.client_ca_file needs tls.cert_file and tls.key_file");
    }
    if (config_.server_proxy_protocol && config_.server_trusted_proxies.empty()) {
      Refuse("server.proxy_protocol needs server.trusted_proxies: whoever may connect could lie");
    }
  }

  void Admin() {
    if (config_.admin_listen == "off") return;
    const auto at = ParseHostPort(config_.admin_listen);
    if (!at) return Refuse("admin.listen: " + at.error().message);
    if (!IsLoopback(at->host)) {
      Warn(fmt::format(
          "admin.listen {} shows metrics and health to whoever can reach it, in the clear",
          config_.admin_listen));
    }
  }

  void Store() {
    if (config_.role == "api") return;
    if (config_.store_kind == "memory") Warn("store.kind = memory: everything is lost at exit");
    if (config_.store_synchronous == "full") return;
    if (!config_.store_unsafe_normal_for_tests) {
      return Refuse(
          "store.synchronous = normal loses acknowledged messages at power loss; remove it, or set "
          "store.unsafe_normal_for_tests in a test");
    }
    Warn("store.synchronous = normal: acknowledged messages can be lost at power loss");
  }

  void Hashing() {
    if (config_.accounts_argon2_ops >= 2 && config_.accounts_argon2_memory_mib >= 19) return;
    if (!config_.accounts_weak_hashing_for_tests) {
      return Refuse(
          "argon2 below 2 passes or 19 MiB is too weak for passwords; raise accounts.argon2_ops "
          "and "
          "accounts.argon2_memory_mib, or set accounts.weak_hashing_for_tests in a test");
    }
    Warn("password hashing is weak: for tests only");
  }

  // Else it would be a channel that no command can name.
  void Lobby() {
    if (config_.role == "api" || config_.channels_lobby.empty()) return;
    const auto named = unicode::CheckChannelName(config_.channels_lobby);
    if (!named) Refuse("channels.lobby: " + named.error().message);
  }

  const Config& config_;
  std::vector<Finding> findings_;
};

bool IsKeyByte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// As a word of its own: "role", but not the one in "server.role_of" or in "roles".
bool HasWord(std::string_view text, std::string_view word) {
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto after = text.substr(at + word.size());
    const bool starts = at == 0 || (!IsKeyByte(text[at - 1]) && text[at - 1] != '.');
    const bool ends =
        after.empty() ||
        (!IsKeyByte(after[0]) && !(after[0] == '.' && after.size() > 1 && IsKeyByte(after[1])));
    if (starts && ends) return true;
  }
  return false;
}

// Names the key itself, or the file that the key names.
bool IsAbout(std::string_view text, const Config& config, const Key& key) {
  if (HasWord(text, key.name)) return true;
  const std::string file = key.name.ends_with("_file") ? ValueText(config, key) : "";
  return !file.empty() && HasWord(text, file);
}

}  // namespace

std::vector<Finding> CheckConfig(const Config& config) { return Check(config).Run(); }

std::vector<Finding> WithPlaces(std::vector<Finding> findings, const LoadedConfig& config) {
  for (Finding& finding : findings) {
    std::vector<std::string> places;
    for (const Key& key : Keys()) {
      const auto place = config.places.find(key.name);
      if (place == config.places.end() || !IsAbout(finding.text, config.values, key)) continue;
      places.push_back(place->second);
    }
    if (places.empty()) continue;
    finding.text = fmt::format("{}: {}", fmt::join(places, ", "), finding.text);
  }
  return findings;
}

std::vector<Finding> CheckConfig(const LoadedConfig& config) {
  auto findings = WithPlaces(CheckConfig(config.values), config);
  for (const std::string& warning : config.warnings) findings.push_back({false, warning});
  return findings;
}

}  // namespace yap::app
