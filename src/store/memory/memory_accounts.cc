#include "store/memory/memory_accounts.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/limits.h"
#include "store/errors.h"

namespace yap::store {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

// --- Users ---

Result<> MemoryAccounts::CreateUser(UserRecord user) {
  if (by_name_.contains(user.name)) return NameTaken();
  if (users_.contains(user.id)) return IdTaken("user");
  user.version = 1;
  by_name_.emplace(user.name, user.id);
  users_.emplace(user.id, std::move(user));
  return {};
}

Result<UserRecord> MemoryAccounts::GetUser(UserId id) const {
  const auto it = users_.find(id);
  if (it == users_.end()) return UserNotFound();
  return it->second;
}

Result<UserRecord> MemoryAccounts::FindUser(const std::string& name) const {
  const auto it = by_name_.find(name);
  if (it == by_name_.end()) return UserNotFound();
  return users_.at(it->second);
}

Result<> MemoryAccounts::UpdateUser(const UserRecord& user) {
  const auto it = users_.find(user.id);
  if (it == users_.end()) return UserNotFound();
  UserRecord& stored = it->second;
  if (stored.version != user.version) return VersionMoved();
  stored.display_name = user.display_name;
  stored.password_hash = user.password_hash;
  stored.admin = user.admin;
  stored.locked = user.locked;
  ++stored.version;
  return {};
}

std::vector<UserRecord> MemoryAccounts::ListUsers(const std::string& after_name,
                                                  std::size_t limit) const {
  std::vector<UserRecord> out;
  for (auto it = by_name_.upper_bound(after_name); it != by_name_.end(); ++it) {
    if (out.size() == limit) break;
    out.push_back(users_.at(it->second));
  }
  return out;
}

Result<> MemoryAccounts::CreateInvite(const InviteRecord& invite) {
  if (!invites_.emplace(invite.code_hash, invite).second) return IdTaken("invitation");
  return {};
}

Result<> MemoryAccounts::UseInvite(const Digest& code_hash, WallTime now) {
  const auto it = invites_.find(code_hash);
  if (it == invites_.end() || it->second.uses_left == 0 || it->second.expire_time <= now) {
    return InviteInvalid();
  }
  --it->second.uses_left;
  return {};
}

Result<> MemoryAccounts::ReturnInvite(const Digest& code_hash) {
  if (const auto it = invites_.find(code_hash); it != invites_.end()) ++it->second.uses_left;
  return {};
}

Result<> MemoryAccounts::WithdrawInvite(const Digest& code_hash) {
  const auto it = invites_.find(code_hash);
  if (it == invites_.end() || it->second.uses_left == 0) return InviteInvalid();
  invites_.erase(it);
  return {};
}

std::vector<InviteRecord> MemoryAccounts::ListInvites() const {
  std::vector<InviteRecord> out;
  for (const auto& [hash, invite] : invites_) out.push_back(invite);
  return out;
}

// --- Sessions ---

Result<std::vector<SessionId>> MemoryAccounts::CreateSession(const SessionRecord& session,
                                                             std::size_t per_user_max) {
  if (sessions_.contains(session.id)) return IdTaken("session");
  std::vector<SessionRecord> others = ListSessions(session.user);
  std::vector<SessionId> ended;
  for (std::size_t i = 0; i + per_user_max < others.size() + 1; ++i) ended.push_back(others[i].id);
  DeleteSessions(ended);
  sessions_.emplace(session.id, session);
  return ended;
}

Result<SessionRecord> MemoryAccounts::GetSession(SessionId id) const {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return SessionNotFound();
  return it->second;
}

Result<> MemoryAccounts::AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                                        const std::string& address) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end()) return SessionNotFound();
  if (it->second.counter != expected) return CounterMoved();
  ++it->second.counter;
  it->second.last_used_time = used;
  it->second.address = address;
  return {};
}

std::vector<SessionRecord> MemoryAccounts::ListSessions(UserId user) const {
  std::vector<SessionRecord> out;
  for (const auto& [id, session] : sessions_) {
    if (session.user == user) out.push_back(session);
  }
  std::ranges::sort(out, {}, [](const SessionRecord& s) { return std::pair(s.create_time, s.id); });
  return out;
}

void MemoryAccounts::DeleteSessions(const std::vector<SessionId>& ids) {
  for (const SessionId id : ids) {
    sessions_.erase(id);
    std::erase_if(access_, [&](const auto& entry) { return entry.second.session == id; });
  }
}

void MemoryAccounts::PutAccess(const AccessRecord& access) {
  if (!sessions_.contains(access.session)) return;
  access_.insert_or_assign(access.token_hash, access);
  std::vector<AccessRecord> others;
  for (const auto& [hash, record] : access_) {
    if (record.session == access.session && hash != access.token_hash) others.push_back(record);
  }
  if (others.size() < core::kAccessTokensPerSessionMax) return;
  // Of those that expire together any may go; as in every adapter, the one with the largest hash.
  const auto sooner = std::ranges::max_element(others, [](const auto& a, const auto& b) {
    return std::tuple(b.expire_time, a.token_hash) < std::tuple(a.expire_time, b.token_hash);
  });
  access_.erase(sooner->token_hash);
}

Result<AccessRecord> MemoryAccounts::FindAccess(const Digest& token_hash) const {
  const auto it = access_.find(token_hash);
  if (it == access_.end()) return AccessNotFound();
  return it->second;
}

std::vector<SessionId> MemoryAccounts::Sweep(WallTime now, WallTime idle_since,
                                             WallTime created_before) {
  std::size_t expired = 0;
  std::erase_if(access_, [&](const auto& entry) {
    return entry.second.expire_time < now && expired++ < kSweepRowsMax;
  });
  std::vector<SessionId> ended;
  for (const auto& [id, session] : sessions_) {
    if (ended.size() == kSweepRowsMax) break;
    const bool idle = session.last_used_time < idle_since;
    if (idle || session.create_time < created_before) ended.push_back(id);
  }
  DeleteSessions(ended);
  return ended;
}

}  // namespace yap::store
