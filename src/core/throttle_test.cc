#include "core/throttle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace yap::core {
namespace {

using namespace std::chrono_literals;

constexpr Duration kNoWait = Duration::zero();
constexpr MonoTime kStart{std::chrono::hours(100)};

TEST(FailureThrottleTest, FiveAreFreeThenWaitsDoubleUpToTheirMaximum) {
  FailureThrottle throttle({});
  MonoTime now = kStart;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(throttle.Admit("eve", now), kNoWait) << i;
  for (const Duration expected : std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s, 256s,
                                                       512s, 15min, 15min, 15min}) {
    EXPECT_EQ(throttle.Admit("eve", now), expected);
    now += expected - 1ns;
    EXPECT_EQ(throttle.Admit("eve", now), 1ns);
    now += 1ns;
    EXPECT_EQ(throttle.Admit("eve", now), kNoWait);
  }
  EXPECT_EQ(throttle.Admit("alice", now), kNoWait);
}

TEST(FailureThrottleTest, WaitingCostsNothingMore) {
  FailureThrottle throttle({.free_failures = 1});
  EXPECT_EQ(throttle.Admit("eve", kStart), kNoWait);
  EXPECT_EQ(throttle.Admit("eve", kStart), kNoWait);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(throttle.Admit("eve", kStart), 1s);
  EXPECT_EQ(throttle.Admit("eve", kStart + 1s), kNoWait);
}

TEST(FailureThrottleTest, SuccessStartsAnew) {
  FailureThrottle throttle({.free_failures = 1});
  for (int i = 0; i < 2; ++i) throttle.Admit("alice", kStart);
  EXPECT_EQ(throttle.Admit("alice", kStart), 1s);
  throttle.Succeeded("alice");
  EXPECT_EQ(throttle.size(), 0U);
  EXPECT_EQ(throttle.Admit("alice", kStart), kNoWait);
  EXPECT_EQ(throttle.Admit("alice", kStart), kNoWait);
  EXPECT_EQ(throttle.Admit("alice", kStart), 1s);
}

TEST(FailureThrottleTest, WithdrawnAttemptsDoNotCount) {
  FailureThrottle throttle({.free_failures = 2});
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(throttle.Admit("alice", kStart), kNoWait) << i;
    throttle.Withdraw("alice");
  }
}

TEST(FailureThrottleTest, ManyAtOnceAreCountedBeforeTheFirstHasAnAnswer) {
  FailureThrottle throttle({.free_failures = 5});
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += throttle.Admit("alice", kStart) == kNoWait ? 1 : 0;
  EXPECT_EQ(admitted, 6);
}

TEST(FailureThrottleTest, FailuresAreForgottenADayAfterTheLastOne) {
  FailureThrottle throttle({.free_failures = 0});
  MonoTime now = kStart;
  for (int i = 0; i < 12; ++i, now += 15min) ASSERT_EQ(throttle.Admit("alice", now), kNoWait);
  now += 24h;
  EXPECT_EQ(throttle.Admit("alice", now), kNoWait);
  EXPECT_EQ(throttle.Admit("alice", now), 1s);
}

TEST(FailureThrottleTest, FillingTheTableForgivesNobody) {
  constexpr std::size_t kKeys = 100;
  FailureThrottle throttle({.free_failures = 5, .keys_max = kKeys});
  for (int i = 0; i < 6; ++i) throttle.Admit("victim", kStart);
  ASSERT_EQ(throttle.Admit("victim", kStart), 1s);
  for (int i = 0; i < 300; ++i) throttle.Admit("flood" + std::to_string(i), kStart);
  EXPECT_EQ(throttle.size(), kKeys);
  EXPECT_EQ(throttle.Admit("victim", kStart), 1s);
}

TEST(FailureThrottleTest, TableFullOfOutdatedKeysIsEmptiedWithoutChargingNewOnes) {
  FailureThrottle throttle({.free_failures = 1, .keys_max = 10});
  for (int i = 0; i < 40; ++i) throttle.Admit("flood" + std::to_string(i % 10), kStart);
  EXPECT_EQ(throttle.Admit("alice", kStart + 25h), kNoWait);
  EXPECT_EQ(throttle.Admit("alice", kStart + 25h), kNoWait);
  EXPECT_EQ(throttle.size(), 1U);
}

// Whatever else is tried, a key is charged at least what it did since its last success: the law
// that makes eviction useless to an attacker. The table is far too small for the keys.
RC_GTEST_PROP(FailureThrottleTest, NobodyIsChargedLessThanTheirDue, ()) {
  constexpr std::size_t kFree = 3;
  FailureThrottle throttle({.free_failures = kFree, .keys_max = 4});
  std::map<std::string, std::uint64_t> due;
  MonoTime now = kStart;
  for (int i = 0; i < 200; ++i) {
    const std::string key(1, *rc::gen::inRange<char>('a', 'l'));
    now += std::chrono::seconds(*rc::gen::inRange(0, 3));
    if (*rc::gen::inRange(0, 10) == 0) {
      throttle.Succeeded(key);
      due[key] = 0;
      continue;
    }
    if (throttle.Admit(key, now) == kNoWait) ++due[key];
    RC_ASSERT(throttle.size() <= 4U);
    // It is in the table now, so the wait that its own failures deserve is in force.
    if (due[key] > kFree) RC_ASSERT(throttle.Admit(key, now) > kNoWait);
  }
}

TEST(RateThrottleTest, BurstThenOneAtATime) {
  RateThrottle throttle(20, 1min);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(throttle.Take("a", kStart), kNoWait) << i;
  EXPECT_EQ(throttle.Take("a", kStart), 3s);
  EXPECT_EQ(throttle.Take("a", kStart + 1s), 2s);
  EXPECT_EQ(throttle.Take("b", kStart), kNoWait);
  EXPECT_EQ(throttle.Take("a", kStart + 3s), kNoWait);
  EXPECT_EQ(throttle.Take("a", kStart + 3s), 3s);
}

TEST(RateThrottleTest, GivenBackCanBeTakenAgain) {
  RateThrottle throttle(5, 1h);
  for (int i = 0; i < 5; ++i) throttle.Take("a", kStart);
  EXPECT_EQ(throttle.Take("a", kStart), 12min);
  throttle.GiveBack("a");
  EXPECT_EQ(throttle.Take("a", kStart), kNoWait);
  EXPECT_EQ(throttle.Take("a", kStart), 12min);
  throttle.GiveBack("unknown");
  EXPECT_EQ(throttle.size(), 1U);
}

TEST(RateThrottleTest, FullBucketsMakeRoomFirstAndForFree) {
  RateThrottle throttle(2, 1min, 3);
  for (const char* key : {"a", "b", "c"}) throttle.Take(key, kStart);
  const MonoTime later = kStart + 1min;
  EXPECT_EQ(throttle.Take("d", later), kNoWait);
  EXPECT_EQ(throttle.Take("d", later), kNoWait);
  EXPECT_EQ(throttle.size(), 1U);
}

// In every window of one minute a key gets at most twice its burst, whatever the others do to the
// table, which is far too small for them.
RC_GTEST_PROP(RateThrottleTest, NobodyGetsMoreThanTheirRate, ()) {
  constexpr std::size_t kBurst = 3;
  RateThrottle throttle(kBurst, 1min, 4);
  std::map<std::string, std::vector<MonoTime>> taken;
  MonoTime now = kStart;
  for (int i = 0; i < 200; ++i) {
    const std::string key(1, *rc::gen::inRange<char>('a', 'l'));
    now += std::chrono::seconds(*rc::gen::inRange(0, 8));
    if (throttle.Take(key, now) == kNoWait) taken[key].push_back(now);
    RC_ASSERT(throttle.size() <= 4U);
  }
  for (const auto& [key, times] : taken) {
    for (std::size_t first = 0; first < times.size(); ++first) {
      const auto last = std::ranges::lower_bound(times, times[first] + 1min);
      RC_ASSERT(std::distance(times.begin(), last) - static_cast<std::ptrdiff_t>(first) <=
                static_cast<std::ptrdiff_t>(2 * kBurst));
    }
  }
}

PeerAddress At(const std::string& text) { return {.text = text}; }

TEST(ThrottleKeyTest, AddressesOfOneCustomerAreOne) {
  EXPECT_NE(ThrottleKey(At("192.0.2.7")), ThrottleKey(At("192.0.2.8")));
  EXPECT_EQ(ThrottleKey(At("192.0.2.7")), ThrottleKey(At("::ffff:192.0.2.7")));
  EXPECT_EQ(ThrottleKey(At("2001:db8::1")), ThrottleKey(At("2001:db8:0:0:ffff::2")));
  EXPECT_NE(ThrottleKey(At("2001:db8::1")), ThrottleKey(At("2001:db8:0:1::1")));
  EXPECT_EQ(ThrottleKey(At("fe80::1%eth0")), ThrottleKey(At("fe80::1%eth1")));
  EXPECT_NE(ThrottleKey(At("unix:a")), ThrottleKey(At("unix:b")));
  EXPECT_LE(ThrottleKey(At(std::string(10'000, 'x'))).size(), 70U);
}

}  // namespace
}  // namespace yap::core
