#include "store/scylla/internal/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/parallel.h"
#include "core/reasons.h"
#include "drivers/error.h"

namespace yap::store::scylla {

using drivers::Rows;
using drivers::Values;

namespace {

// One request. Whoever makes many in a row has more time than that, but an answer that has not come
// by then is lost, as that of a host that was cut off is.
constexpr auto kRequestMax = std::chrono::seconds(5);
// Between two log lines about requests that fail: an outage fails thousands a second.
constexpr auto kLogEvery = std::chrono::seconds(1);

void Report(const Error& driver) {
  static auto failures =
      metrics::NewCounter("yap_store_failures_total", "Requests to the cluster that failed.");
  static Guarded<MonoTime> last;
  failures.Add();
  const MonoTime now = SystemClock().Mono();
  const bool quiet = last.With([&](MonoTime& at) {
    if (at != MonoTime() && now - at < kLogEvery) return true;
    at = now;
    return false;
  });
  if (quiet) return;
  log::Warning("the store cluster failed a request",
               {{"reason", driver.reason}, {"why", driver.message}});
}

Deadline Bounded(Deadline deadline) {
  return std::min(deadline, Deadline::After(SystemClock(), kRequestMax));
}

drivers::StatementOptions OptionsOf(SqlKind kind) {
  using drivers::Consistency;
  switch (kind) {
    case SqlKind::kRead:
    case SqlKind::kWrite:
      return {.consistency = Consistency::kLocalQuorum, .idempotent = true};
    case SqlKind::kSerialRead:
      return {.consistency = Consistency::kLocalSerial, .idempotent = true};
    case SqlKind::kConditional:
      return {.consistency = Consistency::kLocalQuorum,
              .serial = drivers::SerialConsistency::kLocalSerial};
  }
  std::unreachable();
}

drivers::CqlOptions ToDriver(ScyllaOptions options) {
  drivers::CqlOptions out{.hosts = std::move(options.hosts),
                          .keyspace = std::move(options.keyspace),
                          .datacenter = std::move(options.datacenter),
                          .username = std::move(options.username),
                          .password = std::move(options.password),
                          .connections_per_shard = options.connections_per_shard};
  if (!options.tls) return out;
  out.tls = drivers::CqlTls{.ca_file = std::move(options.tls->ca_file),
                            .cert_file = std::move(options.tls->cert_file),
                            .key_file = std::move(options.tls->key_file)};
  return out;
}

}  // namespace

Error ToOpenError(const Error& driver, const std::string& keyspace) {
  const std::string& reason = driver.reason;
  if (reason == drivers::kNoKeyspace) {
    return MakeError(
        Errc::kNotFound, "STORE_KEYSPACE_MISSING",
        fmt::format("{}; create the keyspace \"{}\" (docs/scylla.md has the statement) "
                    "and run `yapd migrate`",
                    driver.message, keyspace));
  }
  if (reason == drivers::kAuth) {
    return MakeError(
        Errc::kUnauthenticated, "STORE_LOGIN_REFUSED",
        fmt::format("{}; check the user name and the password of the store", driver.message));
  }
  if (reason == drivers::kHost || reason == drivers::kUnreachable || reason == drivers::kTimeout) {
    return MakeError(
        Errc::kUnavailable, "STORE_UNREACHABLE",
        fmt::format("{}; check the hosts of the store and that it is running", driver.message));
  }
  std::string message = driver.message;
  if (reason == drivers::kTls) {
    message +=
        "; check the CA file of the store, that its servers' certificates are still good and name "
        "the hosts, and that this port speaks TLS";
  } else if (reason == drivers::kProtocol) {
    message += "; check that this is the store's CQL port, and whether it wants TLS";
  }
  return MakeError(Errc::kFailedPrecondition, "STORE_CANNOT_OPEN", std::move(message));
}

Error ToCallError(const Error& driver) {
  Report(driver);
  if (driver.reason == drivers::kFull) {
    return MakeError(Errc::kResourceExhausted, core::reason::kQueueFull,
                     "more requests wait for the store than the server keeps; try again in a "
                     "second")
        .With("queue", "store")
        .RetryAfter(std::chrono::seconds(1));
  }
  if (driver.reason == drivers::kTimeout) {
    return MakeError(Errc::kDeadlineExceeded, core::reason::kDeadline,
                     "the deadline passed before the store answered");
  }
  return MakeError(Errc::kUnavailable, core::reason::kStoreUnavailable,
                   "the store does not answer; try again with the same key");
}

Task<std::shared_ptr<drivers::Cql>> Connect(ScyllaOptions options, Deadline deadline) {
  const std::string keyspace = options.keyspace;
  auto connected = co_await drivers::Cql::Connect(drivers::Runtime::Shared(),
                                                  ToDriver(std::move(options)), deadline);
  if (!connected) co_return Fail(ToOpenError(connected.error(), keyspace));
  co_return std::shared_ptr<drivers::Cql>(std::move(*connected));
}

Task<std::shared_ptr<Session>> Session::Prepare(std::shared_ptr<drivers::Cql> cql,
                                                Deadline deadline) {
  auto session = std::shared_ptr<Session>(new Session(cql));
  std::vector<Task<drivers::Statement>> todo;
  for (const SqlText& sql : AllStatements()) {
    todo.push_back(cql->Prepare(std::string(sql.text), OptionsOf(sql.kind), deadline));
  }
  auto prepared = co_await AwaitAllOk(std::move(todo), kParallelMax);
  if (!prepared) co_return Fail(ToOpenError(prepared.error(), {}));
  std::ranges::move(*prepared, session->statements_.begin());
  co_return session;
}

Task<Rows> Session::Execute(Sql sql, Values values, Deadline deadline) {
  auto rows = co_await cql_->Execute(statements_[static_cast<std::size_t>(sql)], std::move(values),
                                     Bounded(deadline));
  if (!rows) co_return Fail(ToCallError(rows.error()));
  co_return rows;
}

Task<Session::PageOf> Session::Page(Sql sql, Values values, std::uint32_t rows_max,
                                    std::string resume, Deadline deadline) {
  auto rows =
      co_await cql_->ExecutePage(statements_[static_cast<std::size_t>(sql)], std::move(values),
                                 {rows_max, std::move(resume)}, Bounded(deadline));
  if (!rows) co_return Fail(ToCallError(rows.error()));
  std::string next(rows->next_page());
  co_return PageOf{.rows = *std::move(rows), .next = std::move(next)};
}

Task<Rows> Session::Batch(std::vector<SqlBound> batch, Deadline deadline) {
  std::vector<drivers::Bound> bound;
  bound.reserve(batch.size());
  for (SqlBound& one : batch) {
    bound.push_back({statements_[static_cast<std::size_t>(one.sql)], std::move(one.values)});
  }
  auto rows = co_await cql_->Batch(std::move(bound), drivers::BatchOptions{}, Bounded(deadline));
  if (!rows) co_return Fail(ToCallError(rows.error()));
  co_return rows;
}

}  // namespace yap::store::scylla
