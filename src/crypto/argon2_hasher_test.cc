#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <optional>
#include <vector>

#include "base/metrics.h"
#include "crypto/password_hasher.h"

namespace yap {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The least that libsodium takes, so that a test costs microseconds.
constexpr Argon2Options kCheap{.ops = 1, .memory_bytes = 8 * 1024};
// Long enough (tens of milliseconds) that jobs posted at once find each other.
constexpr Argon2Options kSlow{.queue_max = 2, .ops = 4, .memory_bytes = 16U << 20U};

template <class T>
asio::awaitable<void> Keep(Task<T> task, std::optional<Result<T>>& out) {
  out = co_await std::move(task);
}

class Argon2HasherTest : public testing::Test {
 protected:
  template <class T>
  Result<T> RunNow(Task<T> task) {
    std::optional<Result<T>> out;
    Spawn(io_.get_executor(), Keep(std::move(task), out));
    io_.restart();
    io_.run();
    return *std::move(out);
  }
  Deadline Later() { return Deadline::After(SystemClock(), std::chrono::minutes(1)); }

  asio::io_context io_;
  std::unique_ptr<PasswordHasher> hasher_ = OpenArgon2Hasher(kCheap, SystemClock());
};

TEST_F(Argon2HasherTest, MatchesThePasswordAndNothingElse) {
  const std::string encoded = RunNow(hasher_->Hash(Secret("tr0ub4dor"), Later())).value();
  EXPECT_THAT(encoded, StartsWith("$argon2id$v=19$m=8,t=1,p=1$"));
  const auto right = RunNow(hasher_->Verify(encoded, Secret("tr0ub4dor"), Later())).value();
  EXPECT_TRUE(right.match);
  EXPECT_FALSE(right.needs_rehash);
  EXPECT_FALSE(RunNow(hasher_->Verify(encoded, Secret("tr0ub4dor "), Later()))->match);
  EXPECT_FALSE(RunNow(hasher_->Verify(encoded, Secret(), Later()))->match);
}

TEST_F(Argon2HasherTest, SamePasswordHasAnotherHashEachTime) {
  EXPECT_NE(RunNow(hasher_->Hash(Secret("x"), Later())).value(),
            RunNow(hasher_->Hash(Secret("x"), Later())).value());
}

TEST_F(Argon2HasherTest, RisenParametersAskForARehashOfWhatMatches) {
  const std::string encoded = RunNow(hasher_->Hash(Secret("x"), Later())).value();
  auto risen = OpenArgon2Hasher({.ops = 2, .memory_bytes = 16 * 1024}, SystemClock());
  const auto right = RunNow(risen->Verify(encoded, Secret("x"), Later())).value();
  EXPECT_TRUE(right.match);
  EXPECT_TRUE(right.needs_rehash);
  EXPECT_FALSE(RunNow(risen->Verify(encoded, Secret("y"), Later()))->needs_rehash);
}

TEST_F(Argon2HasherTest, DamagedHashIsAnErrorThatShowsNeitherHashNorPassword) {
  for (const char* damaged : {"", "x", "$argon2id$v=19$m=8,t=1,p=1$AAAA", "$2b$12$abcdefgh"}) {
    const auto result = RunNow(hasher_->Verify(damaged, Secret("hunter2"), Later()));
    ASSERT_FALSE(result.has_value()) << damaged;
    EXPECT_EQ(result.error().code, Errc::kInternal);
    EXPECT_EQ(result.error().reason, kPasswordHashInvalid);
    EXPECT_THAT(result.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST_F(Argon2HasherTest, DummyNeverMatches) {
  const auto check = RunNow(hasher_->VerifyDummy(Secret("x"), Later())).value();
  EXPECT_FALSE(check.match);
  EXPECT_FALSE(check.needs_rehash);
}

TEST_F(Argon2HasherTest, DummyCostsWhatVerifyCosts) {
  auto slow = OpenArgon2Hasher(kSlow, SystemClock());
  const std::string encoded = RunNow(slow->Hash(Secret("x"), Later())).value();
  const auto fastest = [&](auto make) {
    auto best = Duration::max();
    for (int i = 0; i < 5; ++i) {
      const MonoTime begin = SystemClock().Mono();
      EXPECT_TRUE(RunNow(make()).has_value());
      best = std::min<Duration>(best, SystemClock().Mono() - begin);
    }
    return best;
  };
  const auto real = fastest([&] { return slow->Verify(encoded, Secret("y"), Later()); });
  const auto dummy = fastest([&] { return slow->VerifyDummy(Secret("y"), Later()); });
  EXPECT_LT(dummy, 2 * real);
  EXPECT_LT(real, 2 * dummy);
}

TEST_F(Argon2HasherTest, PastDeadlineIsBusyWithATimeToComeBack) {
  const auto result = RunNow(hasher_->Hash(Secret("x"), Deadline{SystemClock().Mono()}));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, Errc::kResourceExhausted);
  EXPECT_EQ(result.error().reason, kHashingBusy);
  EXPECT_EQ(result.error().retry_after, std::chrono::seconds(2));
}

// One runs or waits, two wait: of ten asked at once at least seven are refused at once.
TEST_F(Argon2HasherTest, FloodIsRefusedBeyondTheQueueAndCounted) {
  auto counter =
      metrics::NewCounter("yap_password_hash_refused_total",
                          "Password hashes that were refused, by why.", {{"why", "queue_full"}});
  const double before = counter.Value();
  auto slow = OpenArgon2Hasher(kSlow, SystemClock());
  std::vector<std::optional<Result<PasswordCheck>>> results(10);
  for (auto& result : results) {
    Spawn(io_.get_executor(), Keep(slow->VerifyDummy(Secret("x"), Later()), result));
  }
  io_.run();
  int served = 0;
  for (const auto& result : results) {
    served += result->has_value() ? 1 : 0;
    if (!result->has_value()) EXPECT_EQ(result->error().reason, kHashingBusy);
  }
  EXPECT_GE(served, 2);
  EXPECT_LE(served, 3);
  EXPECT_EQ(counter.Value() - before, 10 - served);
}

// More than argon2 can address, so that no machine, however it overcommits, starts on it.
TEST_F(Argon2HasherTest, MemoryThatCannotBeHadIsBusy) {
  auto huge = OpenArgon2Hasher({.ops = 1, .memory_bytes = std::size_t{1} << 43U}, SystemClock());
  const auto result = RunNow(huge->VerifyDummy(Secret("x"), Later()));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, kHashingBusy);
}

TEST_F(Argon2HasherTest, DestructionAnswersEveryone) {
  auto slow = OpenArgon2Hasher(kSlow, SystemClock());
  std::optional<Result<PasswordCheck>> first;
  std::optional<Result<PasswordCheck>> second;
  Spawn(io_.get_executor(), Keep(slow->VerifyDummy(Secret("x"), Later()), first));
  Spawn(io_.get_executor(), Keep(slow->VerifyDummy(Secret("x"), Later()), second));
  io_.poll();
  slow.reset();
  io_.run();
  ASSERT_TRUE(first && second);
  ASSERT_FALSE(second->has_value());
  EXPECT_EQ(second->error().code, Errc::kUnavailable);
  EXPECT_EQ(second->error().reason, "STOPPING");
}

TEST(Argon2OptionsDeathTest, RefusesLessThanArgon2Needs) {
  EXPECT_DEATH(OpenArgon2Hasher({.ops = 0, .memory_bytes = 8192}, SystemClock()), "ops");
}

}  // namespace
}  // namespace yap
