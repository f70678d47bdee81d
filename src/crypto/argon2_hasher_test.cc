#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <ctime>
#include <limits>
#include <optional>
#include <vector>

#include "base/metrics.h"
#include "crypto/password_hasher.h"

namespace yap {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The least that libsodium takes, so that a test costs microseconds.
constexpr Argon2Options kCheap{.ops = 1, .memory_bytes = 8192};
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
  // Asks `n` times at once; `io_` has to run for the answers.
  const std::vector<std::optional<Result<PasswordCheck>>>& AskAll(PasswordHasher& hasher,
                                                                  std::size_t n) {
    answers_.resize(n);
    for (auto& answer : answers_) {
      Spawn(io_.get_executor(), Keep(hasher.VerifyDummy(Secret("x"), Later()), answer));
    }
    return answers_;
  }
  Deadline Later() { return Deadline::After(SystemClock(), std::chrono::minutes(1)); }

  asio::io_context io_;
  std::vector<std::optional<Result<PasswordCheck>>> answers_;
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
  auto risen = OpenArgon2Hasher({.ops = 2, .memory_bytes = 16384}, SystemClock());
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
  // The processor time of the process: what other processes do does not count.
  const auto least = [&](auto make) {
    std::clock_t best = std::numeric_limits<std::clock_t>::max();
    for (int i = 0; i < 5; ++i) {
      const std::clock_t begin = std::clock();
      EXPECT_TRUE(RunNow(make()).has_value());
      best = std::min(best, std::clock() - begin);
    }
    return best;
  };
  const auto real = least([&] { return slow->Verify(encoded, Secret("y"), Later()); });
  const auto dummy = least([&] { return slow->VerifyDummy(Secret("y"), Later()); });
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

TEST_F(Argon2HasherTest, FloodIsRefusedBeyondTheQueueAndCounted) {
  auto counter =
      metrics::NewCounter("yap_password_hash_refused_total",
                          "Password hashes that were refused, by why.", {{"why", "queue_full"}});
  const double before = counter.Value();
  auto slow = OpenArgon2Hasher(kSlow, SystemClock());
  const auto& results = AskAll(*slow, 50);
  io_.run();
  int refused = 0;
  for (const auto& result : results) {
    if (result->has_value()) continue;
    ++refused;
    EXPECT_EQ(result->error().reason, kHashingBusy);
  }
  EXPECT_GT(refused, 0);
  EXPECT_LT(refused, 49);  // One runs and one waits at least.
  EXPECT_EQ(counter.Value() - before, refused);
}

// More than argon2 can address, so that no machine, however it overcommits, starts on it.
TEST_F(Argon2HasherTest, MemoryThatCannotBeHadIsBusy) {
  auto huge = OpenArgon2Hasher({.ops = 1, .memory_bytes = std::size_t{1} << 43U}, SystemClock());
  const auto result = RunNow(huge->VerifyDummy(Secret("x"), Later()));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().reason, kHashingBusy);
}

TEST_F(Argon2HasherTest, DestructionAnswersEveryone) {
  Argon2Options options = kSlow;
  options.queue_max = 50;
  auto slow = OpenArgon2Hasher(options, SystemClock());
  const auto& results = AskAll(*slow, 50);
  io_.poll();
  slow.reset();
  io_.run();
  for (const auto& result : results) ASSERT_TRUE(result.has_value());
  ASSERT_FALSE(results.back()->has_value());
  EXPECT_EQ(results.back()->error().code, Errc::kUnavailable);
  EXPECT_EQ(results.back()->error().reason, "STOPPING");
}

TEST(Argon2OptionsDeathTest, RefusesLessThanArgon2Needs) {
  EXPECT_DEATH(OpenArgon2Hasher({.ops = 0, .memory_bytes = 8192}, SystemClock()), "ops");
}

}  // namespace
}  // namespace yap
