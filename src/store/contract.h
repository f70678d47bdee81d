// store/contract.h: what the contract suites need of the stores they run over, and the helpers they
// share. The suites are event_log_contract_test.cc, directory_contract_test.cc and
// differential_test.cc; a test binary compiles them with one file that defines StoreAdapters().
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/io_threads.h"
#include "base/task.h"
#include "crypto/hash.h"
#include "store/store.h"

namespace yap::store {

// A store and whatever it stands on (a directory, a keyspace), gone with the object.
class OpenedStore {
 public:
  virtual ~OpenedStore() = default;
  virtual Store& store() = 0;
  // Closes and opens again; what does not last (memory) does nothing.
  virtual void Reopen() {}
};

struct StoreAdapter {
  std::string name;
  std::function<std::unique_ptr<OpenedStore>()> open;  // Null: it is not to be had here …
  std::string absent = {};                             // … because.
};

inline void PrintTo(const StoreAdapter& adapter, std::ostream* out) { *out << adapter.name; }

// Each binary that compiles the suites defines this once.
std::vector<StoreAdapter> StoreAdapters();
inline std::string StoreAdapterName(const ::testing::TestParamInfo<StoreAdapter>& info) {
  return info.param.name;
}

// Runs tasks on I/O threads and waits for them.
class Runner {
 public:
  explicit Runner(std::size_t threads = 1) : threads_(threads) {}

  template <class T>
  std::future<Result<T>> Start(Task<T> task, std::size_t thread = 0) {
    return SpawnFuture(threads_.executor(thread), std::move(task));
  }
  template <class T>
  Result<T> Run(Task<T> task) {
    return Start(std::move(task)).get();
  }

 private:
  IoThreads threads_;
};

inline Deadline Soon() { return Deadline::After(SystemClock(), std::chrono::seconds(30)); }

inline core::Actor User(std::uint64_t id) {
  return {core::UserId(id), "user" + std::to_string(id)};
}
inline core::ClientKey KeyOf(std::uint64_t n) {
  core::ClientKey key{};
  for (std::size_t i = 0; i < 8; ++i) key[i] = static_cast<std::byte>(n >> (8 * i));
  key[15] = std::byte{1};  // Never none.
  return key;
}
inline Digest DigestOf(std::uint64_t n) {
  Digest digest{};
  for (std::size_t i = 0; i < 8; ++i) digest[31 - i] = static_cast<std::byte>(n >> (8 * i));
  return digest;
}
inline WallTime TimeAt(std::int64_t seconds) { return WallTime(std::chrono::seconds(seconds)); }

inline core::Draft DraftOf(core::Actor actor, core::Body body) {
  core::Draft draft;
  draft.actor = std::move(actor);
  draft.time = TimeAt(1'900'000'000);
  draft.body = std::move(body);
  return draft;
}
// A message of user 1 under key `key` (0: none), with the fingerprint of its text.
inline core::Draft Message(std::uint64_t key, std::string text = "hello") {
  core::Draft draft = DraftOf(User(1), core::MessagePosted{text, core::Seq()});
  if (key != 0) draft.key = KeyOf(key);
  draft.fingerprint = Sha256(text);
  return draft;
}
inline core::Draft Joined(std::uint64_t user, core::Role role = core::Role::kMember) {
  return DraftOf(User(user), core::MemberJoined{User(user), role});
}
inline core::Draft Left(std::uint64_t user) {
  return DraftOf(User(user), core::MemberLeft{User(user)});
}
inline core::Draft Removed(std::uint64_t user, bool banned) {
  return DraftOf(User(99), core::MemberRemoved{User(user), banned});
}

inline core::ChannelRecord ChannelOf(std::uint64_t id, std::string name,
                                     core::ChannelKind kind = core::ChannelKind::kPublic) {
  core::ChannelRecord record;
  record.id = core::ChannelId(id);
  record.kind = kind;
  record.name = std::move(name);
  record.topic = "a topic";
  record.creator = core::UserId(1);
  record.request_id = KeyOf(id);
  record.create_time = TimeAt(1'800'000'000);
  return record;
}

// The fixture of the suites: an empty store.
class StoreContractTest : public ::testing::TestWithParam<StoreAdapter> {
 protected:
  void SetUp() override {
    if (opened_ == nullptr) GTEST_SKIP() << GetParam().absent;
  }

  core::EventLog& log() { return opened_->store().log(); }
  core::UserStore& users() { return opened_->store().users(); }
  core::SessionStore& sessions() { return opened_->store().sessions(); }
  core::ChannelStore& channels() { return opened_->store().channels(); }
  void Reopen() { opened_->Reopen(); }
  static constexpr std::size_t kThreads = 4;
  Runner& Threads() { return runner_; }

  template <class T>
  Result<T> Run(Task<T> task) {
    return runner_.Run(std::move(task));
  }

  core::ChannelId NewChannel(std::uint64_t id, core::ChannelKind kind = core::ChannelKind::kPublic,
                             std::string name = {}) {
    if (name.empty()) name = "channel-" + std::to_string(id);
    auto made = Run(channels().CreateChannel(ChannelOf(id, name, kind), Soon()));
    EXPECT_TRUE(made && made->created);
    return core::ChannelId(id);
  }
  Result<std::vector<core::Appended>> Append(core::ChannelId channel,
                                             std::vector<core::Draft> drafts, std::uint64_t head) {
    return Run(log().Append(channel, std::move(drafts), core::Seq(head), Soon()));
  }
  // Appends after whatever is there. REQUIRES: nobody else does.
  std::vector<core::Appended> AppendNext(core::ChannelId channel, std::vector<core::Draft> drafts) {
    const auto head = Run(log().ReadHead(channel, Soon()));
    auto appended = Append(channel, std::move(drafts), head->seq.value);
    EXPECT_TRUE(appended) << appended.error().message;
    return appended.value_or(std::vector<core::Appended>());
  }
  core::EventPage Read(core::ChannelId channel, std::uint64_t after = 0, std::size_t limit = 1000) {
    auto page = Run(log().Read(channel, core::Seq(after), limit, Soon()));
    EXPECT_TRUE(page) << page.error().message;
    return page.value_or(core::EventPage());
  }

 private:
  Runner runner_{kThreads};  // Outlives the store, whose threads post to it.
  const std::unique_ptr<OpenedStore> opened_ = GetParam().open();
};

}  // namespace yap::store
