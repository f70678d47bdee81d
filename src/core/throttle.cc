#include "core/throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/check.h"

namespace yap::core {
namespace {

using std::chrono::duration_cast;

// Looking through a full table costs about a millisecond.
constexpr auto kDropOutdatedEvery = std::chrono::minutes(1);
constexpr std::size_t kOtherAddressBytesMax = 64;

Duration IntervalOf(std::size_t burst, Duration per) {
  YAP_CHECK(burst >= 1, "a throttle lets something through");
  return per / static_cast<Duration::rep>(burst);
}

MonoTime Later(MonoTime at, Duration by) { return at + duration_cast<MonoTime::duration>(by); }

}  // namespace

Duration FailureThrottle::DelayAfter(std::uint64_t failures) const {
  if (failures <= options_.free_failures) return Duration::zero();
  Duration delay = options_.delay_first;
  for (auto n = failures - options_.free_failures; n > 1 && delay < options_.delay_max; --n) {
    delay *= 2;
  }
  return std::min(delay, options_.delay_max);
}

Duration FailureThrottle::Admit(const std::string& key, MonoTime now) {
  auto at = Find(key, now);
  if (at != entries_.end() && at->second.blocked_until > now) return at->second.blocked_until - now;
  if (at == entries_.end()) at = Insert(key, now);
  SetFailures(at, at->second.failures + 1);
  at->second.last = now;
  at->second.blocked_until = Later(now, DelayAfter(at->second.failures));
  return Duration::zero();
}

void FailureThrottle::Succeeded(const std::string& key) {
  if (auto at = entries_.find(key); at != entries_.end()) Erase(at);
}

void FailureThrottle::Withdraw(const std::string& key) {
  const auto at = entries_.find(key);
  if (at == entries_.end() || at->second.failures == 0) return;
  SetFailures(at, at->second.failures - 1);
  Entry& entry = at->second;
  entry.blocked_until =
      std::min(entry.blocked_until, Later(entry.last, DelayAfter(entry.failures)));
}

FailureThrottle::Entries::iterator FailureThrottle::Find(const std::string& key, MonoTime now) {
  auto at = entries_.find(key);
  if (at != entries_.end() && Outdated(at->second.last, now)) {
    Erase(at);
    return entries_.end();
  }
  return at;
}

FailureThrottle::Entries::iterator FailureThrottle::Insert(const std::string& key, MonoTime now) {
  if (entries_.size() >= options_.keys_max) MakeRoom(now);
  if (Outdated(floor_raised_, now)) floor_ = 0;
  by_failures_.emplace(floor_, key);
  return entries_.emplace(key, Entry{floor_, now, now}).first;
}

void FailureThrottle::SetFailures(Entries::iterator at, std::uint64_t failures) {
  auto node = by_failures_.extract({at->second.failures, at->first});
  node.value().first = failures;
  by_failures_.insert(std::move(node));
  at->second.failures = failures;
}

void FailureThrottle::Erase(Entries::iterator at) {
  by_failures_.erase({at->second.failures, at->first});
  entries_.erase(at);
}

void FailureThrottle::MakeRoom(MonoTime now) {
  DropOutdated(now);
  if (entries_.size() < options_.keys_max) return;
  const auto lightest = entries_.find(by_failures_.begin()->second);
  floor_ = std::max(floor_, lightest->second.failures);
  floor_raised_ = now;
  Erase(lightest);
}

void FailureThrottle::DropOutdated(MonoTime now) {
  if (now - outdated_dropped_ < kDropOutdatedEvery) return;
  outdated_dropped_ = now;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto next = std::next(at);
    if (Outdated(at->second.last, now)) Erase(at);
    at = next;
  }
}

RateThrottle::RateThrottle(std::size_t burst, Duration per, std::size_t keys_max)
    : per_(per), interval_(IntervalOf(burst, per)), keys_max_(keys_max) {
  YAP_CHECK(keys_max >= 1);
}

Duration RateThrottle::Take(const std::string& key, MonoTime now) {
  const auto at = entries_.find(key);
  const MonoTime known = at == entries_.end() ? floor_ : at->second;
  const MonoTime full_at = Later(std::max(known, now), interval_);
  if (const Duration wait = full_at - now - per_; wait > Duration::zero()) return wait;
  Set(key, full_at, now);
  return Duration::zero();
}

void RateThrottle::GiveBack(const std::string& key) {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return;
  by_time_.erase({at->second, key});
  at->second -= duration_cast<MonoTime::duration>(interval_);
  by_time_.emplace(at->second, key);
}

void RateThrottle::Set(const std::string& key, MonoTime full_at, MonoTime now) {
  if (const auto at = entries_.find(key); at != entries_.end()) {
    by_time_.erase({at->second, key});
    at->second = full_at;
  } else {
    if (entries_.size() >= keys_max_) MakeRoom(now);
    entries_.emplace(key, full_at);
  }
  by_time_.emplace(full_at, key);
}

void RateThrottle::MakeRoom(MonoTime now) {
  while (!by_time_.empty() && (entries_.size() >= keys_max_ || by_time_.begin()->first <= now)) {
    floor_ = std::max(floor_, by_time_.begin()->first);
    entries_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
}

std::string ThrottleKey(const PeerAddress& peer) {
  const std::string text = peer.text.substr(0, peer.text.find('%'));  // Without the zone.
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    constexpr std::string_view kMappedPrefix("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
    const std::string_view all(bytes.data(), bytes.size());
    return std::string(all.starts_with(kMappedPrefix) ? all.substr(12) : all.substr(0, 8));
  }
  return "other:" + peer.text.substr(0, kOtherAddressBytesMax);
}

}  // namespace yap::core
