#include "store/scylla/scylla_store.h"

#include <utility>

#include "base/check.h"
#include "core/limits.h"
#include "store/scylla/internal/accounts.h"
#include "store/scylla/internal/channels.h"
#include "store/scylla/internal/log.h"
#include "store/scylla/internal/open.h"
#include "store/scylla/internal/pending.h"
#include "store/scylla/internal/schema.h"

namespace yap::store {
namespace scylla {
namespace {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

// Calls under way hold what they work on, so they outlive the store and are answered.
class ScyllaStore final : public StoreBase {
 public:
  explicit ScyllaStore(std::shared_ptr<Db> db) : db_(std::move(db)) {}

  // --- EventLog ---
  Writers writers() const override { return Writers::kOthersToo; }
  Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                     Seq expected_head, Deadline d) override {
    YAP_CHECK(!drafts.empty() && drafts.size() <= kAppendBatchMax);
    return Hold(scylla::Append(*db_, channel, std::move(drafts), expected_head, d));
  }
  Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit, Deadline d) override {
    YAP_CHECK(limit >= 1 && limit <= kReadPageMax);
    return Hold(scylla::Read(*db_, channel, after, limit, d));
  }
  Task<Head> ReadHead(ChannelId channel, Deadline d) override {
    return Hold(scylla::ReadHead(*db_, channel, d));
  }
  Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key, Seq since,
                                        Deadline d) override {
    return Hold(scylla::FindKey(*db_, channel, user, key, since, d));
  }

  // --- UserStore ---
  Task<void> CreateUser(UserRecord user, Deadline d) override {
    return Hold(scylla::CreateUser(*db_, std::move(user), d));
  }
  Task<UserRecord> GetUser(UserId id, Deadline d) override {
    return Hold(scylla::GetUser(*db_, id, d));
  }
  Task<UserRecord> FindUser(std::string name, Deadline d) override {
    return Hold(scylla::FindUser(*db_, std::move(name), d));
  }
  Task<void> UpdateUser(UserRecord user, Deadline d) override {
    return Hold(scylla::UpdateUser(*db_, std::move(user), d));
  }
  Task<std::vector<UserRecord>> ListUsers(std::string after_name, std::size_t limit,
                                          Deadline d) override {
    return Hold(scylla::ListUsers(*db_, std::move(after_name), limit, d));
  }
  Task<void> CreateInvite(InviteRecord invite, Deadline d) override {
    return Hold(scylla::CreateInvite(*db_, invite, d));
  }
  Task<void> UseInvite(Digest code_hash, WallTime now, Deadline d) override {
    return Hold(scylla::UseInvite(*db_, code_hash, now, d));
  }
  Task<void> ReturnInvite(Digest code_hash, Deadline d) override {
    return Hold(scylla::ReturnInvite(*db_, code_hash, d));
  }
  Task<void> WithdrawInvite(Digest code_hash, Deadline d) override {
    return Hold(scylla::WithdrawInvite(*db_, code_hash, d));
  }
  Task<std::vector<InviteRecord>> ListInvites(Deadline d) override {
    return Hold(scylla::ListInvites(*db_, d));
  }

  // --- SessionStore ---
  Task<std::vector<SessionId>> CreateSession(SessionRecord session, std::size_t per_user_max,
                                             Deadline d) override {
    YAP_CHECK(per_user_max >= 1);
    return Hold(scylla::CreateSession(*db_, std::move(session), per_user_max, d));
  }
  Task<SessionRecord> GetSession(SessionId id, Deadline d) override {
    return Hold(scylla::GetSession(*db_, id, d));
  }
  Task<void> AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                            std::string address, Deadline d) override {
    return Hold(scylla::AdvanceSession(*db_, id, expected, used, std::move(address), d));
  }
  Task<std::vector<SessionRecord>> ListSessions(UserId user, Deadline d) override {
    return Hold(scylla::ListSessions(*db_, user, d));
  }
  Task<void> DeleteSessions(std::vector<SessionId> ids, Deadline d) override {
    return Hold(scylla::DeleteSessions(*db_, std::move(ids), d));
  }
  Task<void> PutAccess(AccessRecord access, Deadline d) override {
    return Hold(scylla::PutAccess(*db_, access, d));
  }
  Task<AccessRecord> FindAccess(Digest token_hash, Deadline d) override {
    return Hold(scylla::FindAccess(*db_, token_hash, d));
  }
  Task<std::vector<SessionId>> Sweep(WallTime now, WallTime idle_since, WallTime created_before,
                                     Deadline d) override {
    return Hold(scylla::Sweep(*db_, now, idle_since, created_before, d));
  }

  // --- ChannelStore ---
  Task<ChannelCreation> CreateChannel(ChannelRecord channel, Deadline d) override {
    return Hold(scylla::CreateChannel(*db_, std::move(channel), d));
  }
  Task<ChannelRecord> GetChannel(ChannelId id, Deadline d) override {
    return Hold(scylla::GetChannel(*db_, id, d));
  }
  Task<ChannelRecord> FindChannel(std::string name, Deadline d) override {
    return Hold(scylla::FindChannel(*db_, std::move(name), d));
  }
  Task<std::vector<ChannelRecord>> ListPublic(std::string prefix, std::string after_name,
                                              std::size_t limit, Deadline d) override {
    return Hold(scylla::ListPublic(*db_, std::move(prefix), std::move(after_name), limit, d));
  }
  Task<std::vector<JoinedRecord>> ListJoined(UserId user, ChannelId after, std::size_t limit,
                                             Deadline d) override {
    return Hold(scylla::ListJoined(*db_, user, after, limit, d));
  }
  Task<std::vector<MemberRecord>> ListMembers(ChannelId channel, std::string after_name,
                                              std::size_t limit, Deadline d) override {
    return Hold(scylla::ListMembers(*db_, channel, std::move(after_name), limit, d));
  }
  Task<MemberRecord> GetMember(ChannelId channel, UserId user, Deadline d) override {
    return Hold(scylla::GetMember(*db_, channel, user, d));
  }
  Task<ChannelAccess> GetAccess(ChannelId channel, UserId user, Deadline d) override {
    return Hold(scylla::GetAccess(*db_, channel, user, d));
  }
  Task<ChannelSnapshot> LoadChannel(ChannelId channel, Deadline d) override {
    return Hold(scylla::LoadChannel(*db_, channel, d));
  }
  Task<std::vector<ChannelId>> ListPendingEffects(std::size_t limit, Deadline d) override {
    return Hold(scylla::ListPendingEffects(*db_, limit, d));
  }
  Task<void> MarkEffectsDone(ChannelId channel, Seq seq, Deadline d) override {
    return Hold(scylla::MarkEffectsDone(*db_, channel, seq, d));
  }

 private:
  template <class T>
  Task<T> Hold(Task<T> task) {
    return HoldFor(db_, std::move(task));
  }
  template <class T>
  static Task<T> HoldFor(std::shared_ptr<Db> db, Task<T> task) {
    const auto held = std::move(db);
    co_return co_await std::move(task);
  }

  const std::shared_ptr<Db> db_;
};

}  // namespace

Task<std::unique_ptr<Store>> Open(ScyllaOptions options, Internals internals, Deadline deadline) {
  const std::string keyspace = options.keyspace;
  YAP_CO_TRY(const auto cql, co_await Connect(std::move(options), deadline));
  YAP_CO_TRY(const Epoch epoch, co_await ReadEpoch(cql, keyspace, deadline));
  YAP_CO_TRY(auto session, co_await Session::Prepare(cql, deadline));
  auto db = std::make_shared<Db>(std::move(session), epoch, std::move(internals));
  co_return std::make_unique<ScyllaStore>(std::move(db));
}

}  // namespace scylla

Task<std::unique_ptr<Store>> OpenScyllaStore(ScyllaOptions options, Deadline deadline) {
  co_return co_await scylla::Open(std::move(options), {}, deadline);
}

Task<SchemaState> CheckSchema(ScyllaOptions options, Deadline deadline) {
  const std::string keyspace = options.keyspace;
  YAP_CO_TRY(auto cql, co_await scylla::Connect(std::move(options), deadline));
  co_return co_await scylla::CheckSchema(std::move(cql), keyspace, deadline);
}

Task<SchemaState> MigrateScylla(ScyllaOptions options, Deadline deadline) {
  scylla::MigrateOptions migrate{.keyspace = options.keyspace};
  migrate.clock = options.clock;
  migrate.random = options.random;
  YAP_CO_TRY(auto cql, co_await scylla::Connect(std::move(options), deadline));
  co_return co_await scylla::Migrate(std::move(cql), std::move(migrate), deadline);
}

}  // namespace yap::store
