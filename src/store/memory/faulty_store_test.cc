#include "store/memory/faulty_store.h"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/sim_clock.h"
#include "store/contract.h"
#include "store/memory/memory_store.h"

namespace yap::store {
namespace {

using namespace core;  // NOLINT: the ports under test.
using namespace std::chrono_literals;

class FaultyStoreTest : public ::testing::Test {
 protected:
  FaultyStoreTest() { Reset(1); }

  void Reset(std::uint64_t seed, const StoreFaults& faults = {}) {
    inner_ = OpenMemoryStore();
    faulty_ = NewFaultyStore(*inner_, clock_, seed, faults);
    Run(inner_->channels().CreateChannel(ChannelOf(1, "general"), Soon()));
  }

  template <class T>
  void Start(Task<T> task, std::optional<Result<T>>& out) {
    SpawnThen(io_.get_executor(), std::move(task),
              [&out](Result<T> result) { out = std::move(result); });
  }
  template <class T>
  Result<T> Run(Task<T> task) {
    std::optional<Result<T>> out;
    Start(std::move(task), out);
    clock_.RunFor(io_, 1h, [&] { return out.has_value(); });
    return *out;
  }
  auto Append(std::uint64_t key, std::uint64_t head) {
    return faulty_->log().Append(kChannel, std::vector{Message(key)}, Seq(head), Soon());
  }
  std::uint64_t Stored() { return Run(inner_->log().ReadHead(kChannel, Soon()))->seq.value; }

  static constexpr ChannelId kChannel{1};
  asio::io_context io_;
  SimClock clock_;
  std::unique_ptr<Store> inner_;
  std::unique_ptr<FaultyStore> faulty_;
};

TEST_F(FaultyStoreTest, WithoutFaultsItIsTheStore) {
  EXPECT_EQ(Run(Append(1, 0))->at(0).seq, Seq(1));
  EXPECT_EQ(Run(faulty_->channels().FindChannel("general", Soon()))->head.seq, Seq(1));
  EXPECT_EQ(Run(faulty_->users().FindUser("ada", Soon())).error().code, Errc::kNotFound);
  EXPECT_TRUE(Run(faulty_->sessions().DeleteSessions({}, Soon())));
}

TEST_F(FaultyStoreTest, FailingBeforeStoresNothing) {
  Reset(1, {.fail_before = 1});
  EXPECT_EQ(Run(Append(1, 0)).error().code, Errc::kUnavailable);
  EXPECT_EQ(Stored(), 0U);
}

TEST_F(FaultyStoreTest, FailingAfterStoresAndTheRetryIsADuplicate) {
  Reset(1, {.fail_after = 1});
  EXPECT_FALSE(Run(Append(1, 0)));
  EXPECT_EQ(Stored(), 1U);
  faulty_->SetFaults({});
  EXPECT_EQ(Run(Append(1, 0))->at(0).outcome, Appended::Outcome::kDuplicate);
}

TEST_F(FaultyStoreTest, FullAndConflictAreOfWritesOnlyAndStoreNothing) {
  Reset(1, {.full = 1});
  EXPECT_EQ(Run(Append(1, 0)).error().reason, "STORE_FULL");
  EXPECT_TRUE(Run(faulty_->log().ReadHead(kChannel, Soon())));
  faulty_->SetFaults({.conflict = 1});
  EXPECT_EQ(Run(Append(1, 0)).error().reason, "HEAD_MOVED");
  EXPECT_TRUE(Run(faulty_->sessions().DeleteSessions({}, Soon())));
  EXPECT_EQ(Stored(), 0U);
}

TEST_F(FaultyStoreTest, DelaysTakeSimulatedTime) {
  Reset(1, {.delay_min = 10ms, .delay_max = 10ms});
  const MonoTime before = clock_.Mono();
  EXPECT_TRUE(Run(Append(1, 0)));
  EXPECT_EQ(clock_.Mono() - before, 20ms);
}

TEST_F(FaultyStoreTest, ShortPagesStillMeet) {
  std::vector<Draft> drafts(20, Message(0));
  Run(inner_->log().Append(kChannel, drafts, Seq(), Soon()));
  faulty_->SetFaults({.short_page = 1});
  std::uint64_t last = 0;
  while (last < 20) {
    const auto page = Run(faulty_->log().Read(kChannel, Seq(last), 10, Soon()));
    ASSERT_FALSE(page->events.empty());
    EXPECT_LT(page->events.size(), 10U);
    for (const EventPtr& event : page->events) EXPECT_EQ(event->seq.value, ++last);
  }
  EXPECT_GT(faulty_->stats().short_pages, 0U);
}

TEST_F(FaultyStoreTest, CrashDropsWhatHasNotArrivedAndKeepsWhatHas) {
  Reset(1, {.delay_min = 10ms, .delay_max = 10ms});
  std::optional<Result<std::vector<Appended>>> stored;
  std::optional<Result<std::vector<Appended>>> dropped;
  Start(Append(1, 0), stored);
  clock_.RunFor(io_, 12ms);  // It has reached the store; the answer is on its way.
  Start(Append(2, 1), dropped);
  clock_.RunFor(io_, 1ms);
  faulty_->Crash();
  clock_.RunFor(io_, 1s);
  EXPECT_EQ((*stored).error().code, Errc::kUnavailable);
  EXPECT_EQ((*dropped).error().code, Errc::kUnavailable);
  EXPECT_EQ(Stored(), 1U);
  EXPECT_EQ(faulty_->stats().crashed, 2U);
  EXPECT_TRUE(Run(Append(3, 1)));
}

TEST_F(FaultyStoreTest, DownRefusesAllUntilItIsUp) {
  faulty_->SetDown(true);
  EXPECT_EQ(Run(faulty_->log().ReadHead(kChannel, Soon())).error().code, Errc::kUnavailable);
  EXPECT_EQ(Run(Append(1, 0)).error().code, Errc::kUnavailable);
  faulty_->SetDown(false);
  EXPECT_TRUE(Run(Append(1, 0)));
}

TEST_F(FaultyStoreTest, SameSeedSameRun) {
  const auto run = [&](std::uint64_t seed) {
    Reset(seed, {.fail_before = 0.2, .fail_after = 0.2, .full = 0.1, .conflict = 0.2});
    std::string story;
    for (std::uint64_t key = 1; key <= 50; ++key) {
      const auto result = Run(Append(key, Stored()));
      story += result ? "ok " : result.error().reason + " ";
    }
    return story;
  };
  EXPECT_EQ(run(5), run(5));
  EXPECT_NE(run(5), run(6));
}

}  // namespace
}  // namespace yap::store
