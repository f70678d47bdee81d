// store/scylla/scylla_store.h: the store of a cluster, on ScyllaDB or Apache Cassandra. Durable
// when answered: every append is a lightweight transaction, committed at LOCAL_QUORUM. Any number
// of processes may have it open. docs/scylla.md has the tables and the reasons.
//
// The keyspace is made by the operator, the tables by Migrate ("yapd migrate"). Opening changes
// nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/task.h"
#include "store/store.h"

namespace yap::store {

// TLS towards the cluster. Nodes are verified, always, by the address they were reached at.
struct ScyllaTls {
  std::string ca_file = {};    // PEM. Empty: the system's authorities.
  std::string cert_file = {};  // PEM, both or neither: our certificate and its key.
  std::string key_file = {};
};

struct ScyllaOptions {
  std::vector<std::string> hosts = {};  // "name", "name:port", "[::1]:port"; any node will do.
  std::string keyspace = "yap";
  std::string datacenter = {};  // Ours. Empty: no preference, for clusters of one.
  std::string username = {};    // Empty: the cluster asks for none.
  Secret password = {};
  std::optional<ScyllaTls> tls = {};
  std::uint32_t connections_per_shard = 2;  // Cassandra counts as one shard.
  Clock* clock = &SystemClock();
  Random* random = &SystemRandom();
};

// Errors, each one line that names the address and what to do: Unavailable "STORE_UNREACHABLE" (no
// such name, nobody answers), FailedPrecondition "STORE_CANNOT_OPEN" (TLS, not CQL, a file of the
// options), Unauthenticated "STORE_LOGIN_REFUSED", NotFound "STORE_KEYSPACE_MISSING", and those of
// CheckSchema. The executors of the callers of the store outlive it.
Task<std::unique_ptr<Store>> OpenScyllaStore(ScyllaOptions options, Deadline deadline);

// --- The schema ---

struct SchemaState {
  int version = 0;  // Of the keyspace. 0: there are no tables of ours.
  int latest = 0;   // Of this program.
};

// Whether this program can work with the keyspace's tables. Errors beside those of connecting:
// FailedPrecondition "SCHEMA_OLD" (run `yapd migrate`), "SCHEMA_NEWER" (a newer yapd was here),
// "SCHEMA_CHANGED" (a migration is not the one that was applied).
Task<SchemaState> CheckSchema(ScyllaOptions options, Deadline deadline);

// Brings the tables to the newest schema; does nothing where they are. Safe to run twice, at once
// from two places (one waits for the other), and again after it was killed. Answers the version
// before and after. Errors: those of connecting, "SCHEMA_NEWER", "SCHEMA_CHANGED", and Unavailable
// "MIGRATION_RUNNING" when another one holds the lock until the deadline.
Task<SchemaState> MigrateScylla(ScyllaOptions options, Deadline deadline);

}  // namespace yap::store
