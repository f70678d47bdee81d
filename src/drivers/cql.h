// drivers/cql.h: a session with a ScyllaDB or Cassandra cluster (CQL, protocol v4).
//
// Errors are those of drivers/error.h. Nothing is tried again behind the caller's back unless a
// statement says that it is idempotent.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "base/task.h"
#include "drivers/rows.h"
#include "drivers/runtime.h"
#include "drivers/values.h"

namespace yap::drivers {

// Values of the CQL protocol. Serial ones, as `consistency`, are for reads only.
enum class Consistency : std::uint8_t {
  kOne = YD_ONE,
  kQuorum = YD_QUORUM,
  kAll = YD_ALL,
  kLocalQuorum = YD_LOCAL_QUORUM,
  kSerial = YD_SERIAL,
  kLocalSerial = YD_LOCAL_SERIAL,
  kLocalOne = YD_LOCAL_ONE,
};
enum class SerialConsistency : std::uint8_t {
  kSerial = YD_SERIAL,
  kLocalSerial = YD_LOCAL_SERIAL,
};

// TLS with at least version 1.2. Peers are verified, always, by the address they were reached at: a
// node's certificate carries its IP address.
struct CqlTls {
  std::string ca_file;    // PEM. Empty: the system's authorities.
  std::string cert_file;  // PEM, both or neither: our certificate and its key (mTLS).
  std::string key_file;
};

struct CqlOptions {
  // "name", "name:port", "[::1]:port"; the port is 9042 where there is none. Any node of the
  // cluster leads to the others. 1 to 64.
  std::vector<std::string> hosts;
  std::string keyspace = {};    // Must exist. Empty: none is used yet.
  std::string datacenter = {};  // Ours: preferred, and where kLocal… counts. Empty: no preference.
  std::string username = {};    // Empty: the server asks for none.
  Secret password = {};
  std::optional<CqlTls> tls = {};           // None: plain TCP.
  std::uint32_t connections_per_shard = 1;  // 1 to 16. Cassandra counts as one shard.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);  // Of one TCP connection.
  // A connection is asked this often whether its server is still there, from its beginning on …
  std::chrono::milliseconds keepalive_interval = std::chrono::seconds(10);
  // … and given up when it does not answer for this long.
  std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(5);
};

struct StatementOptions {
  Consistency consistency = Consistency::kLocalQuorum;
  // Of conditional statements: where the Paxos rounds are held.
  SerialConsistency serial = SerialConsistency::kLocalSerial;
  // Doing it twice is doing it once: the driver may try it again on other nodes. NothingDone() is
  // then true only of errors that came before the first try.
  bool idempotent = false;
};

// A prepared statement of one session. A value type: copies share it; any thread. Never carries a
// client's timestamp: the server's clock decides, or `USING TIMESTAMP ?` in the text.
class Statement {
 public:
  Statement() = default;  // Only to be assigned to.
  explicit operator bool() const { return impl_ != nullptr; }
  yd_statement* get() const { return impl_.get(); }  // For this room.

 private:
  friend class Cql;
  explicit Statement(yd_statement* statement);
  std::shared_ptr<yd_statement> impl_;
};

struct Bound {
  Statement statement;
  Values values;
};

struct BatchOptions {
  // These count instead of the statements' own.
  Consistency consistency = Consistency::kLocalQuorum;
  SerialConsistency serial = SerialConsistency::kLocalSerial;
  bool idempotent = false;
  // LOGGED: all of it in the end, also over several partitions, at a price. Not needed inside one
  // partition, where a batch is one write anyway.
  bool logged = false;
};

struct PageRequest {
  std::uint32_t rows_max = 200;  // REQUIRES: > 0
  std::string resume = {};       // Rows::next_page() of the page before; empty: the first page.
};

// Thread-safe. May be destroyed while calls are in flight: they fail with kCancelled.
class Cql {
 public:
  // Answers when a connection works and the cluster's nodes are known. Errors: kFile, kHost,
  // kUnreachable, kTls, kProtocol, kAuth, kNoKeyspace, kInvalid, kTimeout. Later outages are mended
  // inside; calls fail with kNotSent meanwhile.
  static Task<std::unique_ptr<Cql>> Connect(std::shared_ptr<Runtime> runtime, CqlOptions options,
                                            Deadline deadline);
  ~Cql();
  Cql(const Cql&) = delete;
  Cql& operator=(const Cql&) = delete;

  // One statement without values: DDL, and what is asked once. After a change of the schema all
  // nodes that are up agree on it. Consistency LOCAL_QUORUM.
  Task<Rows> Query(std::string cql, Deadline deadline);
  // Later statements of this session name this keyspace's tables without its name.
  // Errors besides: kNoKeyspace.
  Task<> UseKeyspace(std::string keyspace, Deadline deadline);

  Task<Statement> Prepare(std::string cql, StatementOptions options, Deadline deadline);

  // The whole answer in one piece: for writes and for reads that are bounded by their text.
  Task<Rows> Execute(Statement statement, Values values, Deadline deadline);
  // At most page.rows_max rows; Rows::next_page() leads on. A page may be short, even empty, and
  // yet not be the last.
  Task<Rows> ExecutePage(Statement statement, Values values, PageRequest page, Deadline deadline);
  // All as one write; with a condition in one of them (one partition, then), all or nothing, and
  // the rows say what was found. The same key twice is written twice. REQUIRES: not empty; at most
  // YD_BATCH_MAX statements.
  Task<Rows> Batch(std::vector<Bound> batch, BatchOptions options, Deadline deadline);

 private:
  Cql(std::shared_ptr<Runtime> runtime, yd_cql* cql);

  const std::shared_ptr<Runtime> runtime_;
  yd_cql* const cql_;
};

}  // namespace yap::drivers
