// app/yapd/config.h: what an operator can set. One table of keys (config_keys.cc) drives flags,
// environment, file, check-config, config print and docs/configuration.md.
//
// Precedence: flag > environment > file > default. A key "server.listen" is the flag
// --server-listen, the variable YAPD_SERVER_LISTEN and `listen` under [server] in the file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace yap::app {

// Effective values. The defaults of all keys are these initialisers.
struct Config {
  std::string role = "all";
  std::string server_listen = "127.0.0.1:7676";
  std::string server_port_file;
  bool server_insecure_i_know = false;
  std::vector<std::string> server_trusted_proxies;
  bool server_proxy_protocol = false;
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_client_ca_file;
  std::string admin_listen = "127.0.0.1:7677";
  std::string admin_port_file;
  std::string data_dir;  // Empty: $STATE_DIRECTORY, else $XDG_STATE_HOME/yapd.
  std::string store_kind = "sqlite";
  std::string store_synchronous = "full";
  bool store_unsafe_normal_for_tests = false;
  std::vector<std::string> store_scylla_hosts;
  std::string store_scylla_keyspace = "yap";
  std::string store_scylla_datacenter;
  std::string store_scylla_username;
  std::string store_scylla_password_file;
  bool store_scylla_tls = false;
  std::string store_scylla_ca_file;
  std::string store_scylla_cert_file;
  std::string store_scylla_key_file;
  std::string bus_kind = "memory";
  std::int64_t bus_topics = 16;
  std::string bus_pulsar_url;
  std::string bus_pulsar_topics = "persistent";
  std::string bus_pulsar_namespace = "public/default";
  std::string bus_pulsar_token_file;
  std::string bus_pulsar_ca_file;
  std::string bus_pulsar_key_file;
  std::string cluster_listen = "127.0.0.1:7678";
  std::string cluster_port_file;
  std::vector<std::string> cluster_chat_services;
  std::string cluster_secret_file;
  std::string cluster_tls_cert_file;
  std::string cluster_tls_key_file;
  std::string cluster_tls_ca_file;
  std::vector<std::string> cluster_gateway_names;
  std::string accounts_registration = "open";
  std::int64_t accounts_password_min = 12;
  std::int64_t accounts_access_token_seconds = 900;
  std::int64_t accounts_argon2_ops = 3;
  std::int64_t accounts_argon2_memory_mib = 64;
  bool accounts_weak_hashing_for_tests = false;
  std::string accounts_token_key_file;
  std::string channels_lobby = "lobby";
  std::int64_t limits_channel_members = 100'000;
  double limits_user_sends_per_second = 5;
  double limits_user_send_burst = 20;
  double limits_channel_sends_per_second = 50;
  double limits_channel_send_burst = 100;
  std::int64_t limits_logins_per_minute = 20;
  std::int64_t limits_registrations_per_hour = 5;
  std::int64_t limits_connections_per_ip = 20;
  std::int64_t limits_connections_total = 10'000;
  std::int64_t limits_streams_per_user = 100;
  std::int64_t limits_opens_per_second = 50;
  std::int64_t hub_heartbeat_seconds = 20;
  std::int64_t threads_io = 0;  // 0: see IoThreadsOf.
  std::string log_level = "info";
  std::string log_format = "auto";
  std::int64_t drain_seconds = 10;
  std::int64_t drain_notice_seconds = 5;
};

using Field = std::variant<std::string Config::*, bool Config::*, std::int64_t Config::*,
                           double Config::*, std::vector<std::string> Config::*>;

struct Key {
  std::string_view name;
  Field field;
  std::string_view help;   // One sentence for people, with the unit.
  std::string_view alias;  // A short flag beside the long one ("--listen"), or nothing.
  double min = 0;          // Numbers: the smallest and the largest that makes sense.
  double max = 0;
  std::vector<std::string_view> choices;  // Texts: all there are; empty: any.
  bool reloadable = false;                // Taken over at SIGHUP.
};

// All keys, by section, in the order of the documentation.
std::span<const Key> Keys();
// Its part about clusters (config_cluster.cc).
std::vector<Key> ClusterKeys();
std::string FlagOf(const Key& key);      // "--server-listen"
std::string VariableOf(const Key& key);  // "YAPD_SERVER_LISTEN"

enum class Source : std::uint8_t { kDefault, kFile, kEnvironment, kFlag };
std::string_view SourceName(Source source);

struct ConfigInputs {
  std::map<std::string, std::string> flags;  // Key name → text.
  std::function<std::optional<std::string>(const std::string&)> environment;
  std::string file;  // Empty: none.
  // Names of the environment's variables, as far as they are looked over for slips.
  std::vector<std::string> variables;
};
struct LoadedConfig {
  Config values;
  std::map<std::string, Source> sources;  // Of every key.
  // Of every key that was set: "yapd.toml:3", "YAPD_SERVER_LISTEN", "--server-listen".
  std::map<std::string, std::string, std::less<>> places;
  std::vector<std::string> warnings;
};

// Errors: InvalidArgument with a line for each mistake, which names the flag, the variable, or the
// file with its line; for an unknown key also the nearest known one.
Result<LoadedConfig> LoadConfig(const ConfigInputs& inputs);

struct Finding {
  bool error = false;  // Else a warning.
  std::string text;    // Names the keys it is about, in full.
};
// What the values mean together: refusals (S1 of the security page) and insecure combinations.
std::vector<Finding> CheckConfig(const Config& config);
// What of the cluster's part is wrong (config_cluster.cc); part of CheckConfig.
std::vector<Finding> CheckCluster(const Config& config);
// The same, with places, and a warning for each variable that means nothing.
std::vector<Finding> CheckConfig(const LoadedConfig& config);
// `findings`, each with the places where the keys were set that it names, or whose files it names,
// before its text.
std::vector<Finding> WithPlaces(std::vector<Finding> findings, const LoadedConfig& config);

// The data directory that `config` means, by the environment.
std::string DataDir(
    const Config& config,
    const std::function<std::optional<std::string>(const std::string&)>& environment);

// Splits "127.0.0.1:7676" or "[::1]:7676". InvalidArgument.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;
};
Result<HostPort> ParseHostPort(std::string_view text);
bool IsLoopback(std::string_view host);

std::string ValueText(const Config& config, const Key& key);
// Every key with its value and where that came from; as lines for people or one JSON object.
std::string PrintConfig(const LoadedConfig& config, bool json);
// docs/configuration.md.
std::string ConfigDocs();

}  // namespace yap::app
