#include "core/append_journal.h"

#include <gtest/gtest.h>

#include "base/sim_clock.h"
#include "core/event_testing.h"
#include "store/memory/faulty_store.h"
#include "store/memory/memory_store.h"

namespace yap::core {
namespace {

using namespace std::chrono_literals;

ChannelHead HeadOf(std::uint64_t channel, std::uint64_t seq) {
  return {ChannelId(channel), Seq(seq), Epoch(1)};
}

TEST(AppendJournalTest, TellsEachChannelOnceWithItsNewestHead) {
  AppendJournal journal(7, 10);
  auto since = journal.After({});
  EXPECT_TRUE(since.incomplete) << "a token of no life";
  journal.Note(HeadOf(1, 1));
  journal.Note(HeadOf(2, 1));
  journal.Note(HeadOf(1, 2));
  since = journal.After(since.token);
  EXPECT_FALSE(since.incomplete);
  EXPECT_EQ(since.heads, (std::vector{HeadOf(1, 2), HeadOf(2, 1)}));
  EXPECT_TRUE(journal.After(since.token).heads.empty());
}

TEST(AppendJournalTest, ATokenOfAnotherLifeIsToldThatMoreMayBeMissing) {
  AppendJournal journal(7, 10);
  journal.Note(HeadOf(1, 1));
  const auto since = journal.After({.life = 6, .position = 1});
  EXPECT_TRUE(since.incomplete);
  EXPECT_EQ(since.heads, std::vector{HeadOf(1, 1)});
  EXPECT_EQ(since.token.life, 7U);
}

TEST(AppendJournalTest, ForgetsTheOldestAndSaysSoToWhomItConcerns) {
  AppendJournal journal(7, 2);
  const auto start = journal.After({}).token;
  journal.Note(HeadOf(1, 1));
  const auto later = journal.After(start).token;
  journal.Note(HeadOf(2, 1));
  journal.Note(HeadOf(3, 1));
  EXPECT_TRUE(journal.After(start).incomplete);
  EXPECT_FALSE(journal.After(later).incomplete);
  EXPECT_EQ(journal.After(later).heads.size(), 2U);
}

class JournaledLogTest : public ::testing::Test {
 protected:
  JournaledLogTest() {
    ChannelRecord record;
    record.id = ChannelId(9);
    record.name = "nine";
    EXPECT_TRUE(Await(store_->channels().CreateChannel(record, Soon())));
    start_ = journal_.After({}).token;
  }
  template <class T>
  Result<T> Await(Task<T> task) {
    std::optional<Result<T>> result;
    SpawnThen(io_.get_executor(), std::move(task), [&](Result<T> r) { result = std::move(r); });
    clock_.RunFor(io_, 1min, [&] { return result.has_value(); });
    return std::move(result).value();
  }
  Deadline Soon() { return Deadline::After(clock_, 10s); }
  Result<std::vector<Appended>> Append(std::uint64_t after, std::uint64_t key) {
    Draft draft;
    draft.actor = {UserId(5), "five"};
    draft.key.fill(std::byte(key));
    draft.body = MessagePosted{"hi", {}};
    return Await(log_.Append(ChannelId(9), {draft}, Seq(after), Soon()));
  }
  std::vector<ChannelHead> Since() { return journal_.After(start_).heads; }

  asio::io_context io_;
  SimClock clock_;
  std::unique_ptr<store::Store> store_ = store::OpenMemoryStore();
  std::unique_ptr<store::FaultyStore> faulty_ = store::NewFaultyStore(*store_, clock_, 7);
  AppendJournal journal_{7, 10};
  JournaledLog log_{faulty_->log(), journal_};
  AppendJournal::Token start_;
};

TEST_F(JournaledLogTest, NotesWhatItStoredWithTheEpochOfTheLastRead) {
  ASSERT_TRUE(Await(log_.ReadHead(ChannelId(9), Soon())));
  ASSERT_TRUE(Append(0, 1));
  EXPECT_EQ(Since(), std::vector{HeadOf(9, 1)});
}

TEST_F(JournaledLogTest, WhatStoredNothingIsNotNoted) {
  ASSERT_TRUE(Append(0, 1));
  start_ = journal_.After(start_).token;
  EXPECT_EQ(Append(0, 2).error().code, Errc::kConflict);
  EXPECT_EQ(Append(1, 1)->at(0).outcome, Appended::Outcome::kDuplicate);
  EXPECT_TRUE(Since().empty());
}

TEST_F(JournaledLogTest, AnUnknownOutcomeIsNotedAsSomethingToAskAbout) {
  faulty_->SetFaults({.fail_after = 1});
  EXPECT_FALSE(Append(0, 1));
  EXPECT_EQ(Since(), (std::vector{ChannelHead{ChannelId(9), Seq(), Epoch()}}));
}

}  // namespace
}  // namespace yap::core
