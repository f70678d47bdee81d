// store/scylla/internal/scylla_testing.h: a real cluster for tests: YAP_TEST_CQL=host:port names a
// node of one that may be written to. All tests share one keyspace, because tables are slow to
// make, and take turns on a machine, because some empty it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "drivers/cql.h"
#include "store/contract.h"
#include "store/scylla/internal/open.h"

namespace yap::store::scylla {

inline constexpr const char* kNoCluster =
    "set YAP_TEST_CQL=host:port to a ScyllaDB or Cassandra node for tests";

// Nothing where there is none.
std::optional<std::string> TestHost();
ScyllaOptions TestOptions(std::string keyspace);

// The keyspace with its tables, and this machine's turn to use it. One in a process.
class TestKeyspace {
 public:
  static TestKeyspace& Shared();

  const ScyllaOptions& options() const { return options_; }
  // Every table that has rows; but for the schema's own and the epoch.
  void Empty();
  void Query(const std::string& statement);
  void Truncate(const std::string& table) { Query("TRUNCATE " + table); }

 private:
  TestKeyspace();
  bool HasRows(const std::string& table);

  Runner runner_;
  const ScyllaOptions options_;
  std::shared_ptr<drivers::Cql> cql_;
};

// Makes an empty keyspace of one replica, after dropping one of that name.
void MakeKeyspace(Runner& runner, const std::string& name);

// A fixture for tests that use stores beside each other, each with its own connections and its own
// memory, as processes would. Ids are random, so nothing has to be emptied.
class ScyllaLiveTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestHost()) GTEST_SKIP() << kNoCluster;
  }

  std::unique_ptr<Store> OpenStore(Internals internals = {.bucket_bits = 4});
  template <class T>
  Result<T> Run(Task<T> task) {
    return runner_.Run(std::move(task));
  }
  core::ChannelId NewChannel(Store& store, core::ChannelKind kind = core::ChannelKind::kPublic);
  // Appends after the store's head, `per_append` at a time.
  void Fill(Store& store, core::ChannelId channel, std::vector<core::Draft> drafts,
            std::size_t per_append = 64);
  std::vector<core::EventPtr> ReadAll(Store& store, core::ChannelId channel);
  static std::uint64_t NewId() { return SystemRandom().NextId(); }
  asio::any_io_executor Executor(std::size_t thread) { return service_threads_.executor(thread); }

  IoThreads service_threads_{2};
  Runner runner_{4};
};

}  // namespace yap::store::scylla
