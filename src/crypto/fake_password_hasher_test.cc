#include "crypto/fake_password_hasher.h"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <optional>

namespace yap {
namespace {

template <class T>
asio::awaitable<void> Keep(Task<T> task, std::optional<Result<T>>& out) {
  out = co_await std::move(task);
}

template <class T>
Result<T> RunNow(Task<T> task) {
  asio::io_context io;
  std::optional<Result<T>> out;
  Spawn(io.get_executor(), Keep(std::move(task), out));
  io.run();
  return *std::move(out);
}

constexpr Deadline kNever{MonoTime::max()};

TEST(FakePasswordHasherTest, MatchesItsOwnAndAsksForARehashOfOlderOnes) {
  FakePasswordHasher old(1);
  FakePasswordHasher current(2);
  const std::string stored = RunNow(old.Hash(Secret("a:b"), kNever)).value();
  EXPECT_EQ(stored, "fake:1:a:b");
  EXPECT_TRUE(RunNow(old.Verify(stored, Secret("a:b"), kNever))->match);
  EXPECT_FALSE(RunNow(old.Verify(stored, Secret("a:b"), kNever))->needs_rehash);
  EXPECT_TRUE(RunNow(current.Verify(stored, Secret("a:b"), kNever))->needs_rehash);
  EXPECT_FALSE(RunNow(current.Verify(stored, Secret("b"), kNever))->match);
  EXPECT_FALSE(RunNow(current.Verify(stored, Secret("b"), kNever))->needs_rehash);
}

TEST(FakePasswordHasherTest, DummyNeverMatchesAndIsCounted) {
  FakePasswordHasher hasher;
  EXPECT_FALSE(RunNow(hasher.VerifyDummy(Secret("x"), kNever))->match);
  EXPECT_EQ(hasher.dummies(), 1);
  EXPECT_EQ(RunNow(hasher.Verify("$argon2id$", Secret("x"), kNever)).error().reason,
            kPasswordHashInvalid);
}

}  // namespace
}  // namespace yap
