// app/yapd/node.h: the rooms of a server under its network: store, keys, hashing, rules. `serve`
// puts the broadcast and the edge on top; `admin` beside a stopped server uses it bare.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "app/yapd/config.h"
#include "base/io_threads.h"
#include "core/accounts.h"
#include "core/append_journal.h"
#include "core/channels.h"
#include "core/counted_bus.h"
#include "core/event_bus.h"
#include "crypto/password_hasher.h"
#include "store/store.h"

namespace yap::app {

// Where things are in the data directory.
struct DataPaths {
  explicit DataPaths(std::filesystem::path dir)
      : directory(std::move(dir)),
        database(directory / "yap.db"),
        token_key(directory / "keys" / "token.key"),
        admin_socket(directory / "admin.sock") {}
  std::filesystem::path directory;
  std::filesystem::path database;
  std::filesystem::path token_key;
  std::filesystem::path admin_socket;
};

// Makes the folder with mode 0700, and what is missing above it; one that exists is left as it is.
// Errors: Unavailable DATA_DIR_UNWRITABLE.
Result<> MakeDataDirectory(const std::filesystem::path& path);

// A bus, and how it takes leave.
struct Bus {
  std::unique_ptr<core::EventBus> port;
  // Sends what waits and says goodbye to the broker, while the threads run. Once. Empty: nothing to
  // do.
  std::function<Task<void>(Deadline)> close;
};

// Built bottom-up; destroyed top-down, when nothing calls it any more.
class Node {
 public:
  // Opens everything and recovers what a crash left undone. Blocks. Errors: those of the store and
  // of the key file; each says what to do.
  static Result<std::unique_ptr<Node>> Open(const Config& config, const DataPaths& paths);
  ~Node();

  IoThreads& threads() { return *threads_; }
  store::Store& store() { return *store_; }
  // As the rules see them: in role chat counted and noted, for gateways.
  core::EventLog& log() {
    return journaled_log_ ? static_cast<core::EventLog&>(*journaled_log_) : store_->log();
  }
  core::EventBus& bus() {
    return counted_bus_ ? static_cast<core::EventBus&>(*counted_bus_) : *bus_.port;
  }
  // Role chat only.
  core::AppendJournal& journal() { return *journal_; }
  core::CountedBus& counted_bus() { return *counted_bus_; }
  core::Accounts& accounts() { return *accounts_; }
  core::Channels& channels() { return *channels_; }

  // Refuses new writes, waits for those under way, and stops the threads: what runs on them may be
  // destroyed then. Blocks; idempotent.
  void Drain();
  // Drains, then closes the store. Blocks; idempotent.
  void Close();

 private:
  Node() = default;
  void CountAndNote(const Config& config);
  void BuildRules(const Config& config, Secret token_key, bool has_gateways);

  std::unique_ptr<IoThreads> threads_;
  bool drained_ = false;
  std::unique_ptr<store::Store> store_;
  Bus bus_;
  std::unique_ptr<core::AppendJournal> journal_;  // Role chat, as the next two.
  std::unique_ptr<core::JournaledLog> journaled_log_;
  std::unique_ptr<core::CountedBus> counted_bus_;
  std::unique_ptr<PasswordHasher> hasher_;
  std::unique_ptr<core::Channels> channels_;
  std::unique_ptr<core::Accounts> accounts_;
};

// Lets the bus take leave; blocks at most some seconds. What fails is logged.
void CloseBus(Bus& bus, IoThreads& threads);

// As configured, else one per core, where SQLite does not write; its writer has a core.
std::size_t IoThreadsOf(const Config& config);

// Runs `task` on the node's first thread and waits for it on this one, which is none of them.
template <class T>
Result<T> BlockOn(IoThreads& threads, Task<T> task);

}  // namespace yap::app

template <class T>
yap::Result<T> yap::app::BlockOn(IoThreads& threads, Task<T> task) {
  return SpawnFuture(threads.executor(0), std::move(task)).get();
}
