// The table of keys, and nothing else.
#include <algorithm>
#include <cctype>
#include <iterator>

#include "app/yapd/config.h"

namespace yap::app {

namespace {

std::vector<Key> ServerKeys() {
  return {
      {.name = "server.listen",
       .field = &Config::server_listen,
       .help = "Address and port that clients connect to; port 0 takes any free one.",
       .alias = "--listen"},
      {.name = "server.port_file",
       .field = &Config::server_port_file,
       .help = "File that gets the port once the server accepts; for scripts.",
       .alias = "--port-file"},
      {.name = "server.insecure_i_know",
       .field = &Config::server_insecure_i_know,
       .help =
           "Listen without TLS on an address that others can reach. Passwords travel in the clear.",
       .alias = "--insecure-i-know"},
      {.name = "server.trusted_proxies",
       .field = &Config::server_trusted_proxies,
       .help = "Addresses or networks of proxies that terminate TLS and tell the client's address. "
               "Without "
               "TLS of its own, yapd then serves only them and this machine."},
      {.name = "server.proxy_protocol",
       .field = &Config::server_proxy_protocol,
       .help = "Each connection starts with a PROXY protocol header (version 1 or 2); needs "
               "server.trusted_proxies."},
      {.name = "tls.cert_file",
       .field = &Config::tls_cert_file,
       .help = "PEM file with the certificate, leaf first. Read again at SIGHUP.",
       .reloadable = true},
      {.name = "tls.key_file",
       .field = &Config::tls_key_file,
       .help = "PEM file with the certificate's key. Read again at SIGHUP.",
       .reloadable = true},
      {.name = "tls.client_ca_file",
       .field = &Config::tls_client_ca_file,
       .help =
           "PEM file of CAs; where set, clients must show a certificate that one of them signed.",
       .reloadable = true},
      {.name = "admin.listen",
       .field = &Config::admin_listen,
       .help = "Address and port of metrics and health over plain HTTP, or 'off'."},
      {.name = "admin.port_file",
       .field = &Config::admin_port_file,
       .help = "File that gets the admin port; for scripts."},
  };
}

std::vector<Key> DataKeys() {
  return {
      {.name = "data.dir",
       .field = &Config::data_dir,
       .help =
           "Directory of the database, its keys and the admin socket. Default: $STATE_DIRECTORY, "
           "else $XDG_STATE_HOME/yapd, else ~/.local/state/yapd.",
       .alias = "--data"},
      {.name = "store.kind",
       .field = &Config::store_kind,
       .help = "Where messages are kept: a SQLite file, a ScyllaDB or Cassandra cluster, or memory "
               "(lost at exit; for trying out).",
       .choices = {"sqlite", "scylla", "memory"}},
      {.name = "store.synchronous",
       .field = &Config::store_synchronous,
       .help =
           "When SQLite waits for the disk. Only 'full' keeps acknowledged messages at power loss.",
       .choices = {"full", "normal"}},
      {.name = "store.unsafe_normal_for_tests",
       .field = &Config::store_unsafe_normal_for_tests,
       .help = "Permits store.synchronous = normal. For tests that show what it loses."},
  };
}

std::vector<Key> ScyllaKeys() {
  return {
      {.name = "store.scylla.hosts",
       .field = &Config::store_scylla_hosts,
       .help = "Nodes of the cluster to begin with, each host or host:port (9042)."},
      {.name = "store.scylla.keyspace",
       .field = &Config::store_scylla_keyspace,
       .help = "Keyspace of the tables; made by you, filled by 'yapd migrate'."},
      {.name = "store.scylla.datacenter",
       .field = &Config::store_scylla_datacenter,
       .help = "The datacenter this process is in; empty where there is one."},
      {.name = "store.scylla.username",
       .field = &Config::store_scylla_username,
       .help = "Role to log in with; empty where the cluster asks for none."},
      {.name = "store.scylla.password_file",
       .field = &Config::store_scylla_password_file,
       .help = "File with that role's password on its first line, readable by this user alone."},
      {.name = "store.scylla.tls",
       .field = &Config::store_scylla_tls,
       .help = "Speak TLS with the nodes and verify their certificates."},
      {.name = "store.scylla.ca_file",
       .field = &Config::store_scylla_ca_file,
       .help = "PEM file of the CAs that signed them; empty: the system's."},
      {.name = "store.scylla.cert_file",
       .field = &Config::store_scylla_cert_file,
       .help = "PEM file with the certificate to show to the nodes, where they want one."},
      {.name = "store.scylla.key_file",
       .field = &Config::store_scylla_key_file,
       .help = "PEM file with its key."},
  };
}

std::vector<Key> PulsarKeys() {
  return {
      {.name = "bus.pulsar.url",
       .field = &Config::bus_pulsar_url,
       .help = "The broker: pulsar://host:port, or pulsar+ssl://host:port."},
      {.name = "bus.pulsar.topics",
       .field = &Config::bus_pulsar_topics,
       .help = "Persistent topics lose nothing; the others are faster, and what they drop is "
               "fetched from the chat-services. The same in every process of a cluster.",
       .choices = {"persistent", "non-persistent"}},
      {.name = "bus.pulsar.namespace",
       .field = &Config::bus_pulsar_namespace,
       .help = "Tenant and namespace of the topics."},
      {.name = "bus.pulsar.token_file",
       .field = &Config::bus_pulsar_token_file,
       .help = "File with the token to show to the broker; read again for each connection."},
      {.name = "bus.pulsar.ca_file",
       .field = &Config::bus_pulsar_ca_file,
       .help = "PEM file of the CAs that signed the broker's certificate; empty: the system's."},
      {.name = "bus.pulsar.key_file",
       .field = &Config::bus_pulsar_key_file,
       .help = "32 random bytes that sign what is on the bus, the same in every process of a "
               "cluster: a broker can delay, not forge."},
  };
}

std::vector<Key> AccountKeys() {
  return {
      {.name = "accounts.registration",
       .field = &Config::accounts_registration,
       .help =
           "Who may create an account: anybody, holders of a code from 'yapd admin invite create', "
           "or nobody.",
       .choices = {"open", "invite", "closed"}},
      {.name = "accounts.password_min",
       .field = &Config::accounts_password_min,
       .help = "Characters of the shortest password.",
       .min = 8,
       .max = 128},
      {.name = "accounts.access_token_seconds",
       .field = &Config::accounts_access_token_seconds,
       .help = "How long an access token is good; clients refresh by themselves. Seconds.",
       .min = 1,
       .max = 86'400},
      {.name = "accounts.argon2_ops",
       .field = &Config::accounts_argon2_ops,
       .help = "Passes of argon2id over its memory.",
       .min = 1,
       .max = 20},
      {.name = "accounts.argon2_memory_mib",
       .field = &Config::accounts_argon2_memory_mib,
       .help = "Memory of one password hash, MiB; one hash per core runs at a time.",
       .min = 1,
       .max = 4'096},
      {.name = "accounts.weak_hashing_for_tests",
       .field = &Config::accounts_weak_hashing_for_tests,
       .help = "Permits argon2 below 2 passes or 19 MiB. For tests."},
      {.name = "channels.lobby",
       .field = &Config::channels_lobby,
       .help = "Public channel that every new user joins, made at first start; empty for none."},
  };
}

std::vector<Key> LimitKeys() {
  constexpr double kMany = 1e9;
  return {
      {.name = "limits.channel_members",
       .field = &Config::limits_channel_members,
       .help = "Members of one channel.",
       .min = 2,
       .max = 1'000'000},
      {.name = "limits.user_sends_per_second",
       .field = &Config::limits_user_sends_per_second,
       .help = "Messages per second of one user.",
       .min = 0.01,
       .max = kMany},
      {.name = "limits.user_send_burst",
       .field = &Config::limits_user_send_burst,
       .help = "Messages that one user may send at once after a pause.",
       .min = 1,
       .max = kMany},
      {.name = "limits.channel_sends_per_second",
       .field = &Config::limits_channel_sends_per_second,
       .help = "Messages per second in one channel.",
       .min = 0.01,
       .max = kMany},
      {.name = "limits.channel_send_burst",
       .field = &Config::limits_channel_send_burst,
       .help = "Messages at once in one channel after a pause.",
       .min = 1,
       .max = kMany},
      {.name = "limits.logins_per_minute",
       .field = &Config::limits_logins_per_minute,
       .help = "Login attempts per minute from one address.",
       .min = 1,
       .max = kMany},
      {.name = "limits.registrations_per_hour",
       .field = &Config::limits_registrations_per_hour,
       .help = "New accounts per hour from one address; clients of the same machine do not count.",
       .min = 1,
       .max = kMany},
      {.name = "limits.connections_per_ip",
       .field = &Config::limits_connections_per_ip,
       .help =
           "Open connections from one address (IPv6: from one /64); more are closed at once, and "
           "the log says connections_per_address_max.",
       .min = 1,
       .max = kMany},
      {.name = "limits.connections_total",
       .field = &Config::limits_connections_total,
       .help = "Open connections in all, at most what the file descriptor limit allows; more are "
               "closed "
               "at once, and the log says connections_max.",
       .min = 1,
       .max = kMany},
      {.name = "limits.streams_per_user",
       .field = &Config::limits_streams_per_user,
       .help = "Open Subscribe streams of one user; a device needs one.",
       .min = 1,
       .max = kMany},
      {.name = "limits.opens_per_second",
       .field = &Config::limits_opens_per_second,
       .help = "New calls per second on one connection that were not served; served ones are free.",
       .min = 1,
       .max = kMany},
  };
}

std::vector<Key> ProcessKeys() {
  return {
      {.name = "hub.heartbeat_seconds",
       .field = &Config::hub_heartbeat_seconds,
       .help = "Seconds between heartbeats on an idle stream; proxies cut streams that are silent.",
       .min = 1,
       .max = 60},
      {.name = "threads.io",
       .field = &Config::threads_io,
       .help = "Threads that serve connections; 0 for one per core, but for the core of SQLite's "
               "writer.",
       .min = 0,
       .max = 256},
      {.name = "log.level",
       .field = &Config::log_level,
       .help = "What is logged: debug, info, warning or error. Taken over at SIGHUP.",
       .choices = {"debug", "info", "warning", "error"},
       .reloadable = true},
      {.name = "log.format",
       .field = &Config::log_format,
       .help = "JSON Lines, text, or auto: text on a terminal and JSON elsewhere.",
       .choices = {"auto", "json", "text"}},
      {.name = "drain.seconds",
       .field = &Config::drain_seconds,
       .help = "Longest wait for calls under way at SIGTERM, seconds.",
       .min = 0,
       .max = 25},
  };
}

std::vector<Key> AllKeys() {
  std::vector<Key> all;
  for (const auto part : {ServerKeys, DataKeys, ClusterKeys, ScyllaKeys, PulsarKeys, AccountKeys,
                          LimitKeys, ProcessKeys}) {
    std::ranges::move(part(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::span<const Key> Keys() {
  static const std::vector<Key> keys = AllKeys();
  return keys;
}

std::string FlagOf(const Key& key) {
  std::string flag = "--" + std::string(key.name);
  std::ranges::replace(flag, '.', '-');
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::string VariableOf(const Key& key) {
  std::string name = "YAPD_" + std::string(key.name);
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c == '.' ? '_' : static_cast<char>(std::toupper(c));
  });
  return name;
}

}  // namespace yap::app
