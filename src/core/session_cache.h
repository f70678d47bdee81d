// core/session_cache.h: which access tokens held a moment ago, so that not every call asks the
// store. Only what held is remembered; that a token does not hold is asked anew each time. Pure:
// time is a parameter. One thread (Accounts keeps it in a Guarded).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "core/limits.h"
#include "core/principal.h"
#include "crypto/hash.h"

namespace yap::core {

class SessionCache {
 public:
  struct Options {
    Duration life = kAuthCacheLife;
    std::size_t entries_max = kAuthCacheMax;
  };
  struct Answer {
    Principal who;
    WallTime expire_time;  // Of the access token.
  };
  // The state of the cache before a question to the store: what is answered to the question may be
  // outdated by what happened to the cache meanwhile.
  struct Ticket {
    std::uint64_t generation = 0;
    MonoTime asked;
  };

  explicit SessionCache(Options options) : options_(options) {}

  std::optional<Answer> Find(const Digest& token_hash, MonoTime now) const;
  Ticket Ask(MonoTime now) const { return {generation_, now}; }
  // Good for `life` from the question on. Dropped if anything was forgotten since the question. A
  // full cache makes room by dropping what was put first.
  void Put(const Digest& token_hash, Answer answer, Ticket ticket);

  // No token of these is known when this returns, nor becomes so by a question asked before.
  void ForgetSessions(const std::vector<SessionId>& sessions);
  void ForgetUser(UserId user);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Answer answer;
    MonoTime good_until;
  };
  // Hashes of tokens that exist are uniform already.
  struct FirstBytes {
    std::size_t operator()(const Digest& d) const {
      std::size_t out = 0;
      std::memcpy(&out, d.data(), sizeof(out));
      return out;
    }
  };
  using Entries = std::unordered_map<Digest, Entry, FirstBytes>;
  void Erase(Entries::iterator at);
  void MakeRoom(MonoTime now);

  const Options options_;

  Entries entries_;
  std::unordered_multimap<SessionId, Digest> by_session_;  // Of entries_.
  // Every Put of the last `life` that was kept, oldest first, also where the entry is gone since.
  std::deque<std::pair<MonoTime, Digest>> order_;
  std::uint64_t generation_ = 0;  // Raised by each Forget…
};

}  // namespace yap::core
