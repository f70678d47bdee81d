#include "store/scylla/internal/scylla_testing.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cstdlib>
#include <filesystem>

#include "base/check.h"
#include "core/limits.h"
#include "store/scylla/internal/session.h"

namespace yap::store::scylla {
namespace {

constexpr const char* kKeyspace = "yap_test";
constexpr const char* kTables[] = {"log",
                                   "log_hint",
                                   "channel",
                                   "channel_by_name",
                                   "channel_state",
                                   "public_channel",
                                   "member",
                                   "member_by_name",
                                   "channel_of_user",
                                   "pending_effect",
                                   "user",
                                   "invite",
                                   "user_by_name",
                                   "user_list",
                                   "session",
                                   "session_owner",
                                   "access"};

template <class T>
T Must(Result<T> result) {
  YAP_CHECK(result.has_value(), result ? "" : result.error().message.c_str());
  return *std::move(result);
}

// Held until the process ends.
void TakeTurn() {
  const auto path = std::filesystem::temp_directory_path() / "yap-test-cql.lock";
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  YAP_CHECK(fd >= 0 && ::flock(fd, LOCK_EX) == 0);
}

Deadline Patience() { return Deadline::After(SystemClock(), std::chrono::seconds(90)); }

std::string CreateKeyspace(const std::string& name) {
  return fmt::format(
      "CREATE KEYSPACE IF NOT EXISTS {} WITH replication = "
      "{{'class': 'NetworkTopologyStrategy', 'replication_factor': 1}}",
      name);
}

std::shared_ptr<drivers::Cql> ConnectTo(Runner& runner, const std::string& keyspace) {
  return Must(runner.Run(Connect(TestOptions(keyspace), Patience())));
}

}  // namespace

std::optional<std::string> TestHost() {
  const char* host = std::getenv("YAP_TEST_CQL");
  if (host == nullptr || *host == '\0') return std::nullopt;
  return host;
}

ScyllaOptions TestOptions(std::string keyspace) {
  ScyllaOptions options;
  options.hosts = {TestHost().value_or("")};
  options.keyspace = std::move(keyspace);
  return options;
}

void MakeKeyspace(Runner& runner, const std::string& name) {
  const auto cql = ConnectTo(runner, "");
  Must(runner.Run(cql->Query("DROP KEYSPACE IF EXISTS " + name, Patience())));
  Must(runner.Run(cql->Query(CreateKeyspace(name), Patience())));
}

TestKeyspace& TestKeyspace::Shared() {
  // Never destroyed: the driver's threads may not outlive main's.
  static auto* keyspace = new TestKeyspace;
  return *keyspace;
}

TestKeyspace::TestKeyspace() : options_(TestOptions(kKeyspace)) {
  TakeTurn();
  auto first = ConnectTo(runner_, "");
  Must(runner_.Run(first->Query(CreateKeyspace(kKeyspace), Patience())));
  Must(runner_.Run(MigrateScylla(options_, Patience())));
  cql_ = ConnectTo(runner_, kKeyspace);
}

void TestKeyspace::Query(const std::string& statement) {
  Must(runner_.Run(cql_->Query(statement, Patience())));
}

bool TestKeyspace::HasRows(const std::string& table) {
  return !Must(runner_.Run(cql_->Query(fmt::format("SELECT * FROM {} LIMIT 1", table), Patience())))
              .empty();
}

void TestKeyspace::Empty() {
  for (const char* table : kTables) {
    if (HasRows(table)) Truncate(table);
  }
}

std::unique_ptr<Store> ScyllaLiveTest::OpenStore(Internals internals) {
  auto opened = Run(Open(TestKeyspace::Shared().options(), std::move(internals), Patience()));
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(opened).value();
}

core::ChannelId ScyllaLiveTest::NewChannel(Store& store, core::ChannelKind kind) {
  const std::uint64_t id = NewId();
  const auto made = Run(
      store.channels().CreateChannel(ChannelOf(id, "live-" + std::to_string(id), kind), Soon()));
  EXPECT_TRUE(made && made->created);
  return core::ChannelId(id);
}

void ScyllaLiveTest::Fill(Store& store, core::ChannelId channel, std::vector<core::Draft> drafts,
                          std::size_t per_append) {
  core::Seq head = Run(store.log().ReadHead(channel, Soon()))->seq;
  for (std::size_t at = 0; at < drafts.size(); at += per_append) {
    const std::size_t end = std::min(drafts.size(), at + per_append);
    std::vector<core::Draft> some(drafts.begin() + static_cast<std::ptrdiff_t>(at),
                                  drafts.begin() + static_cast<std::ptrdiff_t>(end));
    const auto appended = Run(store.log().Append(channel, std::move(some), head, Soon()));
    ASSERT_TRUE(appended) << appended.error().message;
    head = appended->back().seq;
  }
}

std::vector<core::EventPtr> ScyllaLiveTest::ReadAll(Store& store, core::ChannelId channel) {
  std::vector<core::EventPtr> events;
  while (true) {
    const core::Seq after(events.size());
    auto page = Run(store.log().Read(channel, after, core::kReadPageMax, Soon()));
    EXPECT_TRUE(page) << page.error().message;
    if (!page || page->events.empty()) return events;
    events.insert(events.end(), page->events.begin(), page->events.end());
  }
}

}  // namespace yap::store::scylla
