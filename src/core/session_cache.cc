#include "core/session_cache.h"

#include <algorithm>
#include <ranges>

namespace yap::core {

std::optional<SessionCache::Answer> SessionCache::Find(const Digest& token_hash,
                                                       MonoTime now) const {
  const auto at = entries_.find(token_hash);
  if (at == entries_.end() || at->second.good_until <= now) return std::nullopt;
  return at->second.answer;
}

void SessionCache::Put(const Digest& token_hash, Answer answer, Ticket ticket) {
  if (ticket.generation != generation_) return;
  if (const auto at = entries_.find(token_hash); at != entries_.end()) Erase(at);
  MakeRoom(ticket.asked);
  const MonoTime good_until =
      ticket.asked + std::chrono::duration_cast<MonoTime::duration>(options_.life);
  by_session_.emplace(answer.who.session, token_hash);
  entries_.emplace(token_hash, Entry{std::move(answer), good_until});
  order_.emplace_back(good_until, token_hash);
}

void SessionCache::ForgetSessions(const std::vector<SessionId>& sessions) {
  ++generation_;
  for (const SessionId session : sessions) {
    const auto [first, last] = by_session_.equal_range(session);
    for (auto at = first; at != last; ++at) entries_.erase(at->second);
    by_session_.erase(first, last);
  }
}

void SessionCache::ForgetUser(UserId user) {
  ++generation_;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (at->second.answer.who.user == user) Erase(at);
    at = next;
  }
}

void SessionCache::Erase(Entries::iterator at) {
  const auto [first, last] = by_session_.equal_range(at->second.answer.who.session);
  const auto mine =
      std::find_if(first, last, [&](const auto& entry) { return entry.second == at->first; });
  by_session_.erase(mine);
  entries_.erase(at);
}

// An entry that was put again has a newer place in the order than the one that is looked at.
void SessionCache::MakeRoom(MonoTime now) {
  const auto due = [&] {
    return !order_.empty() &&
           (order_.front().first <= now || order_.size() >= options_.entries_max);
  };
  while (due()) {
    const auto [good_until, token_hash] = order_.front();
    order_.pop_front();
    const auto at = entries_.find(token_hash);
    if (at != entries_.end() && at->second.good_until <= good_until) Erase(at);
  }
}

}  // namespace yap::core
