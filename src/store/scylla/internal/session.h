// store/scylla/internal/session.h: the adapter's statements over one CQL session, with the errors
// of the ports.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/cql.h"
#include "store/scylla/internal/group.h"
#include "store/scylla/internal/statements.h"
#include "store/scylla/scylla_store.h"

namespace yap::store::scylla {

// Requests of one call that are under way at once: enough to hide the round trips of a long list,
// few enough not to crowd out everybody else.
inline constexpr std::size_t kParallelMax = 32;

// Connects, with the errors of OpenScyllaStore in place of the driver's.
Task<std::shared_ptr<drivers::Cql>> Connect(ScyllaOptions options, Deadline deadline);

// What a failed connect says to the operator.
Error ToOpenError(const Error& driver, const std::string& keyspace);
// What a failed request says to the caller: Unavailable "STORE_UNAVAILABLE", DeadlineExceeded
// "DEADLINE" (unknown whether done) or ResourceExhausted "QUEUE_FULL" (not done). The driver's own
// words, which name addresses, go to the log.
Error ToCallError(const Error& driver);

// Thread-safe.
class Session {
 public:
  static Task<std::shared_ptr<Session>> Prepare(std::shared_ptr<drivers::Cql> cql,
                                                Deadline deadline);

  Task<drivers::Rows> Execute(Sql sql, drivers::Values values, Deadline deadline);
  // At most `rows_max` rows from `resume` on, which is moved to the next page; empty: the last.
  struct PageOf {
    drivers::Rows rows;
    std::string next;
  };
  Task<PageOf> Page(Sql sql, drivers::Values values, std::uint32_t rows_max, std::string resume,
                    Deadline deadline);
  // A conditional batch inside one partition.
  Task<drivers::Rows> Batch(std::vector<SqlBound> batch, Deadline deadline);

 private:
  explicit Session(std::shared_ptr<drivers::Cql> cql) : cql_(std::move(cql)) {}

  const std::shared_ptr<drivers::Cql> cql_;
  std::array<drivers::Statement, static_cast<std::size_t>(Sql::kCount)> statements_;
};

}  // namespace yap::store::scylla
