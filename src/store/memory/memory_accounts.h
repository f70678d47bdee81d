// store/memory/memory_accounts.h: users, invitations and sessions in plain containers; the rules
// of the contract without threads or coroutines.
#pragma once

#include <map>

#include "store/store.h"

namespace yap::store {

// One thread at a time. Each method is the port's of the same name, without its deadline.
class MemoryAccounts {
 public:
  Result<> CreateUser(core::UserRecord user);
  Result<core::UserRecord> GetUser(core::UserId id) const;
  Result<core::UserRecord> FindUser(const std::string& name) const;
  Result<> UpdateUser(const core::UserRecord& user);
  std::vector<core::UserRecord> ListUsers(const std::string& after_name, std::size_t limit) const;
  Result<> CreateInvite(const core::InviteRecord& invite);
  Result<> UseInvite(const Digest& code_hash, WallTime now);
  Result<> ReturnInvite(const Digest& code_hash);
  Result<> WithdrawInvite(const Digest& code_hash);
  std::vector<core::InviteRecord> ListInvites() const;

  Result<std::vector<core::SessionId>> CreateSession(const core::SessionRecord& session,
                                                     std::size_t per_user_max);
  Result<core::SessionRecord> GetSession(core::SessionId id) const;
  Result<> AdvanceSession(core::SessionId id, std::uint64_t expected, WallTime used,
                          const std::string& address);
  std::vector<core::SessionRecord> ListSessions(core::UserId user) const;
  void DeleteSessions(const std::vector<core::SessionId>& ids);
  void PutAccess(const core::AccessRecord& access);
  Result<core::AccessRecord> FindAccess(const Digest& token_hash) const;
  std::vector<core::SessionId> Sweep(WallTime now, WallTime idle_since, WallTime created_before);

 private:
  std::map<core::UserId, core::UserRecord> users_;
  std::map<std::string, core::UserId> by_name_;
  std::map<Digest, core::InviteRecord> invites_;
  std::map<core::SessionId, core::SessionRecord> sessions_;
  std::map<Digest, core::AccessRecord> access_;
};

}  // namespace yap::store
