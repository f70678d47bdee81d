#include "store/memory/memory_store.h"

#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/check.h"
#include "base/guarded.h"
#include "core/limits.h"
#include "store/memory/memory_accounts.h"
#include "store/memory/memory_log.h"

namespace yap::store {
namespace {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

struct State {
  explicit State(Epoch epoch) : log(epoch) {}
  MemoryLog log;
  MemoryAccounts accounts;
};
// Shared with the calls under way, so that the store may go before they have resumed.
using SharedState = std::shared_ptr<Guarded<State>>;

template <class T, class Call>
Task<T> Do(SharedState state, Call call) {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  co_return state->With([&](State& s) -> Result<T> { return call(s); });
}

class MemoryStore final : public StoreBase {
 public:
  explicit MemoryStore(MemoryOptions options)
      : writers_(options.writers), state_(std::make_shared<Guarded<State>>(State(options.epoch))) {}

  // --- EventLog ---
  Writers writers() const override { return writers_; }
  Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                     Seq expected_head, Deadline) override {
    YAP_CHECK(!drafts.empty() && drafts.size() <= kAppendBatchMax);
    return Do<std::vector<Appended>>(
        state_, [channel, drafts = std::move(drafts), expected_head](State& s) {
          return s.log.Append(channel, drafts, expected_head);
        });
  }
  Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit, Deadline) override {
    YAP_CHECK(limit >= 1 && limit <= kReadPageMax);
    return Do<EventPage>(state_, [=](State& s) { return s.log.Read(channel, after, limit); });
  }
  Task<Head> ReadHead(ChannelId channel, Deadline) override {
    return Do<Head>(state_, [=](State& s) { return s.log.ReadHead(channel); });
  }
  Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key, Seq,
                                        Deadline) override {
    return Do<std::optional<KeyMatch>>(state_,
                                       [=](State& s) { return s.log.FindKey(channel, user, key); });
  }

  // --- UserStore ---
  Task<void> CreateUser(UserRecord user, Deadline) override {
    return Do<void>(state_, [user = std::move(user)](State& s) mutable {
      return s.accounts.CreateUser(std::move(user));
    });
  }
  Task<UserRecord> GetUser(UserId id, Deadline) override {
    return Do<UserRecord>(state_, [=](State& s) { return s.accounts.GetUser(id); });
  }
  Task<UserRecord> FindUser(std::string name, Deadline) override {
    return Do<UserRecord>(state_,
                          [name = std::move(name)](State& s) { return s.accounts.FindUser(name); });
  }
  Task<void> UpdateUser(UserRecord user, Deadline) override {
    return Do<void>(state_,
                    [user = std::move(user)](State& s) { return s.accounts.UpdateUser(user); });
  }
  Task<std::vector<UserRecord>> ListUsers(std::string after_name, std::size_t limit,
                                          Deadline) override {
    return Do<std::vector<UserRecord>>(state_,
                                       [after_name = std::move(after_name), limit](State& s) {
                                         return s.accounts.ListUsers(after_name, limit);
                                       });
  }
  Task<void> CreateInvite(InviteRecord invite, Deadline) override {
    return Do<void>(state_, [=](State& s) { return s.accounts.CreateInvite(invite); });
  }
  Task<void> UseInvite(Digest code_hash, WallTime now, Deadline) override {
    return Do<void>(state_, [=](State& s) { return s.accounts.UseInvite(code_hash, now); });
  }
  Task<void> ReturnInvite(Digest code_hash, Deadline) override {
    return Do<void>(state_, [=](State& s) { return s.accounts.ReturnInvite(code_hash); });
  }
  Task<void> WithdrawInvite(Digest code_hash, Deadline) override {
    return Do<void>(state_, [=](State& s) { return s.accounts.WithdrawInvite(code_hash); });
  }
  Task<std::vector<InviteRecord>> ListInvites(Deadline) override {
    return Do<std::vector<InviteRecord>>(state_, [](State& s) { return s.accounts.ListInvites(); });
  }

  // --- SessionStore ---
  Task<std::vector<SessionId>> CreateSession(SessionRecord session, std::size_t per_user_max,
                                             Deadline) override {
    YAP_CHECK(per_user_max >= 1);
    return Do<std::vector<SessionId>>(state_,
                                      [session = std::move(session), per_user_max](State& s) {
                                        return s.accounts.CreateSession(session, per_user_max);
                                      });
  }
  Task<SessionRecord> GetSession(SessionId id, Deadline) override {
    return Do<SessionRecord>(state_, [=](State& s) { return s.accounts.GetSession(id); });
  }
  Task<void> AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                            std::string address, Deadline) override {
    return Do<void>(state_, [=, address = std::move(address)](State& s) {
      return s.accounts.AdvanceSession(id, expected, used, address);
    });
  }
  Task<std::vector<SessionRecord>> ListSessions(UserId user, Deadline) override {
    return Do<std::vector<SessionRecord>>(state_,
                                          [=](State& s) { return s.accounts.ListSessions(user); });
  }
  Task<void> DeleteSessions(std::vector<SessionId> ids, Deadline) override {
    return Do<void>(state_, [ids = std::move(ids)](State& s) {
      s.accounts.DeleteSessions(ids);
      return Result<>();
    });
  }
  Task<void> PutAccess(AccessRecord access, Deadline) override {
    return Do<void>(state_, [=](State& s) {
      s.accounts.PutAccess(access);
      return Result<>();
    });
  }
  Task<AccessRecord> FindAccess(Digest token_hash, Deadline) override {
    return Do<AccessRecord>(state_, [=](State& s) { return s.accounts.FindAccess(token_hash); });
  }
  Task<std::vector<SessionId>> Sweep(WallTime now, WallTime idle_since, WallTime created_before,
                                     Deadline) override {
    return Do<std::vector<SessionId>>(
        state_, [=](State& s) { return s.accounts.Sweep(now, idle_since, created_before); });
  }

  // --- ChannelStore ---
  Task<ChannelCreation> CreateChannel(ChannelRecord channel, Deadline) override {
    return Do<ChannelCreation>(
        state_, [channel = std::move(channel)](State& s) { return s.log.CreateChannel(channel); });
  }
  Task<ChannelRecord> GetChannel(ChannelId id, Deadline) override {
    return Do<ChannelRecord>(state_, [=](State& s) { return s.log.GetChannel(id); });
  }
  Task<ChannelRecord> FindChannel(std::string name, Deadline) override {
    return Do<ChannelRecord>(
        state_, [name = std::move(name)](State& s) { return s.log.FindChannel(name); });
  }
  Task<std::vector<ChannelRecord>> ListPublic(std::string prefix, std::string after_name,
                                              std::size_t limit, Deadline) override {
    return Do<std::vector<ChannelRecord>>(
        state_, [prefix = std::move(prefix), after_name = std::move(after_name), limit](State& s) {
          return s.log.ListPublic(prefix, after_name, limit);
        });
  }
  Task<std::vector<JoinedRecord>> ListJoined(UserId user, ChannelId after, std::size_t limit,
                                             Deadline) override {
    return Do<std::vector<JoinedRecord>>(
        state_, [=](State& s) { return s.log.ListJoined(user, after, limit); });
  }
  Task<std::vector<MemberRecord>> ListMembers(ChannelId channel, std::string after_name,
                                              std::size_t limit, Deadline) override {
    return Do<std::vector<MemberRecord>>(
        state_, [channel, after_name = std::move(after_name), limit](State& s) {
          return s.log.ListMembers(channel, after_name, limit);
        });
  }
  Task<MemberRecord> GetMember(ChannelId channel, UserId user, Deadline) override {
    return Do<MemberRecord>(state_, [=](State& s) { return s.log.GetMember(channel, user); });
  }
  Task<ChannelAccess> GetAccess(ChannelId channel, UserId user, Deadline) override {
    return Do<ChannelAccess>(state_, [=](State& s) -> Result<ChannelAccess> {
      YAP_TRY(auto record, s.log.GetChannel(channel));
      return ChannelAccess{std::move(record), s.log.GetMember(channel, user)};
    });
  }
  Task<ChannelSnapshot> LoadChannel(ChannelId channel, Deadline) override {
    return Do<ChannelSnapshot>(state_, [=](State& s) { return s.log.LoadChannel(channel); });
  }
  Task<std::vector<ChannelId>> ListPendingEffects(std::size_t limit, Deadline) override {
    return Do<std::vector<ChannelId>>(state_,
                                      [=](State& s) { return s.log.ListPendingEffects(limit); });
  }
  Task<void> MarkEffectsDone(ChannelId channel, Seq seq, Deadline) override {
    return Do<void>(state_, [=](State& s) { return s.log.MarkEffectsDone(channel, seq); });
  }

 private:
  const Writers writers_;
  const SharedState state_;
};

}  // namespace

std::unique_ptr<Store> OpenMemoryStore(MemoryOptions options) {
  return std::make_unique<MemoryStore>(options);
}

}  // namespace yap::store
