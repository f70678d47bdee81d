// core/throttle.h: who has to wait before a password is even looked at. Pure: time is a parameter.
// One thread (Accounts keeps them in a Guarded).
//
// Both tables are bounded, and filling them forgives nobody: the entry that goes is the one that
// weighs least, and from then on a key that is not in the table starts with the weight of the
// heaviest entry that ever went. So what a key is charged is never less than its due, and to make
// it go once more takes as many attempts as the table has entries. (Space-Saving: Metwally,
// Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams",
// 2005.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "core/limits.h"
#include "core/principal.h"

namespace yap::core {

// Counts what failed under a key (a username, whether it exists or not). The first ones are free;
// after each further one the key waits 1, 2, 4, … s.
class FailureThrottle {
 public:
  struct Options {
    std::size_t free_failures = 5;
    Duration delay_first = kLoginDelayFirst;
    Duration delay_max = kLoginDelayMax;
    Duration kept_for = kLoginFailuresKept;  // Without any, a key starts anew.
    std::size_t keys_max = kThrottledNamesMax;
  };
  explicit FailureThrottle(Options options) : options_(options) {}

  // 0: go on, and the attempt is counted as failed until one of the calls below says otherwise
  // (many at once are counted before the first has an answer). Else how long to wait; nothing is
  // counted.
  Duration Admit(const std::string& key, MonoTime now);
  // The password was right: the key starts anew.
  void Succeeded(const std::string& key);
  // An admitted attempt was not carried out: it does not count.
  void Withdraw(const std::string& key);

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint64_t failures = 0;
    MonoTime last;
    MonoTime blocked_until;
  };
  using Entries = std::map<std::string, Entry>;

  Duration DelayAfter(std::uint64_t failures) const;
  bool Outdated(MonoTime last, MonoTime now) const { return now - last >= options_.kept_for; }
  Entries::iterator Find(const std::string& key, MonoTime now);
  Entries::iterator Insert(const std::string& key, MonoTime now);
  void SetFailures(Entries::iterator at, std::uint64_t failures);
  void Erase(Entries::iterator at);
  void MakeRoom(MonoTime now);
  void DropOutdated(MonoTime now);

  const Options options_;

  Entries entries_;
  std::set<std::pair<std::uint64_t, std::string>> by_failures_;  // The same keys, lightest first.
  std::uint64_t floor_ = 0;  // The heaviest that went, at `floor_raised_`.
  MonoTime floor_raised_;
  MonoTime outdated_dropped_;
};

// So many things per time and key (an address), all at once or spread: a token bucket.
class RateThrottle {
 public:
  // REQUIRES: burst >= 1, keys_max >= 1.
  RateThrottle(std::size_t burst, Duration per, std::size_t keys_max = kThrottledAddressesMax);

  // 0: taken. Else how long until there is one; nothing is taken.
  Duration Take(const std::string& key, MonoTime now);
  // Puts back what was taken, for something that did not happen.
  void GiveBack(const std::string& key);

  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::map<std::string, MonoTime>;
  void Set(const std::string& key, MonoTime full_at, MonoTime now);
  void MakeRoom(MonoTime now);

  const Duration per_;
  const Duration interval_;
  const std::size_t keys_max_;

  Entries entries_;  // When the key's bucket is full again. A full one need not be here.
  std::set<std::pair<MonoTime, std::string>> by_time_;  // The same keys, fullest first.
  MonoTime floor_;  // Buckets that are not here are full again then, or sooner.
};

// What an address counts as: an IPv4 address itself (also when written as IPv6), an IPv6 address
// its /64, which is what one customer has. Other text: itself, cut to 64 bytes.
std::string ThrottleKey(const PeerAddress& peer);

}  // namespace yap::core
