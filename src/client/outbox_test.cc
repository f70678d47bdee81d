#include "client/outbox.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fstream>

#include "client/client_testing.h"

namespace yap::client {
namespace {

std::string KeyOf(int number) { return fmt::format("{:016}", number); }

OutboxMessage Of(int number, const std::string& channel = "deck") {
  OutboxMessage message;
  message.key = KeyOf(number);
  message.channel = channel;
  message.text = fmt::format("text {}", number);
  return message;
}

class OutboxTest : public ::testing::Test {
 protected:
  Result<Outbox> Open() { return Outbox::Open(folder_.path() / "outbox"); }
  std::filesystem::path File(int slot = 0) {
    return folder_.path() / "outbox" / fmt::format("{}.log", slot);
  }

  TempDir folder_;
};

TEST_F(OutboxTest, AddedIsOnDiskAndReadAgain) {
  {
    auto outbox = Open();
    ASSERT_TRUE(outbox);
    ASSERT_TRUE(outbox->Add(Of(1)));
    ASSERT_TRUE(outbox->Add(Of(2)));
    EXPECT_NE((*ReadPrivateFile(File()))->find("text 2"), std::string::npos);
  }
  const auto again = Open();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->messages(), (std::deque<OutboxMessage>{Of(1), Of(2)}));
}

TEST_F(OutboxTest, AttemptKeepsTheFirstHeadAndCounts) {
  {
    auto outbox = Open();
    ASSERT_TRUE(outbox->Add(Of(1)));
    ASSERT_TRUE(outbox->Attempt(KeyOf(1), 40));
    ASSERT_TRUE(outbox->Attempt(KeyOf(1), 77));
  }
  const auto again = Open();
  EXPECT_EQ(again->messages().front().head, 40U);
  EXPECT_EQ(again->messages().front().attempts, 2U);
}

TEST_F(OutboxTest, NextIsFirstInFirstOutPerChannelAndSkipsRefused) {
  auto outbox = Open();
  ASSERT_TRUE(outbox->Add(Of(1, "deck")));
  ASSERT_TRUE(outbox->Add(Of(2, "lobby")));
  ASSERT_TRUE(outbox->Add(Of(3, "deck")));
  EXPECT_EQ(outbox->Next("deck")->key, KeyOf(1));
  ASSERT_TRUE(outbox->Failed(KeyOf(1), "too long"));
  EXPECT_EQ(outbox->Next("deck")->key, KeyOf(3));
  EXPECT_EQ(outbox->Next("lobby")->key, KeyOf(2));
  ASSERT_TRUE(outbox->Sent(KeyOf(3)));
  EXPECT_EQ(outbox->Next("deck"), nullptr);
}

TEST_F(OutboxTest, RefusedStaysWithItsReasonUntilItIsRetriedUnderANewKey) {
  {
    auto outbox = Open();
    ASSERT_TRUE(outbox->Add(Of(1)));
    ASSERT_TRUE(outbox->Attempt(KeyOf(1), 4));
    ASSERT_TRUE(outbox->Failed(KeyOf(1), "too long"));
  }
  auto outbox = Open();
  EXPECT_EQ(outbox->messages().front().failure, "too long");
  ASSERT_TRUE(outbox->Retry(KeyOf(1), KeyOf(9)));
  EXPECT_EQ(outbox->Next("deck")->key, KeyOf(9));
  EXPECT_EQ(outbox->Next("deck")->attempts, 0U);
  EXPECT_EQ(outbox->messages().size(), 1U);
}

TEST_F(OutboxTest, FullIsRefusedWithTheNumber) {
  auto outbox = Open();
  for (std::size_t i = 0; i < kOutboxMessagesMax; ++i) {
    ASSERT_TRUE(outbox->Add(Of(static_cast<int>(i))));
  }
  EXPECT_EQ(outbox->Add(Of(5000)).error().reason, "OUTBOX_FULL");
}

TEST_F(OutboxTest, TwoProcessesHaveFilesOfTheirOwnAndTheDeadAreTakenOver) {
  auto first = Open();
  {
    auto second = Open();
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(first->Add(Of(1)));
    ASSERT_TRUE(second->Add(Of(2)));
  }
  auto third = Open();  // Takes the place of the second, not the messages of the first.
  EXPECT_EQ(third->messages(), std::deque<OutboxMessage>{Of(2)});
  first = Fail(Errc::kInternal, "", "ended");
  third = Fail(Errc::kInternal, "", "ended");
  const auto fourth = Open();
  EXPECT_EQ(fourth->messages(), (std::deque<OutboxMessage>{Of(1), Of(2)}));
  EXPECT_FALSE(std::filesystem::exists(File(1)));
}

// The first bytes of a key are its time.
TEST_F(OutboxTest, MessagesOfTheDeadComeInTheOrderOfTheirTime) {
  OutboxMessage of_first = Of(1);
  OutboxMessage before = Of(2);
  OutboxMessage after = Of(3);
  of_first.key[5] = '2';
  before.key[5] = '1';
  after.key[5] = '3';
  const std::deque<OutboxMessage> ordered = {before, of_first, after};
  {
    auto first = Open();
    auto second = Open();
    ASSERT_TRUE(second->Add(before));
    ASSERT_TRUE(first->Add(of_first));
    ASSERT_TRUE(second->Add(after));
  }
  EXPECT_EQ(Open()->messages(), ordered);
  EXPECT_EQ(Open()->messages(), ordered) << "the order is on disk, too";
}

TEST_F(OutboxTest, RetryOfWhatIsNotThereIsNotFound) {
  auto outbox = Open();
  ASSERT_TRUE(outbox->Add(Of(1)));
  const auto retried = outbox->Retry(KeyOf(2), KeyOf(3));
  ASSERT_FALSE(retried);
  EXPECT_EQ(retried.error().code, Errc::kNotFound);
  EXPECT_EQ(outbox->messages(), std::deque<OutboxMessage>{Of(1)});
}

TEST_F(OutboxTest, RekeyedKeepsItsPlace) {
  std::deque<OutboxMessage> ordered = {Of(1), Of(2)};
  {
    auto outbox = Open();
    for (const auto& message : ordered) ASSERT_TRUE(outbox->Add(message));
    ASSERT_TRUE(outbox->Attempt(KeyOf(1), 40));
    ASSERT_TRUE(outbox->Rekey(KeyOf(1), KeyOf(9)));
    ordered.front().key = KeyOf(9);
    EXPECT_EQ(outbox->messages(), ordered);
  }
  EXPECT_EQ(Open()->messages(), ordered);
}

TEST_F(OutboxTest, WhatAClosedOneHeldIsTakenOver) {
  auto first = Open();
  ASSERT_TRUE(first->Add(Of(1)));
  first->Close();
  EXPECT_EQ(Open()->messages(), std::deque<OutboxMessage>{Of(1)});
  EXPECT_FALSE(first->Add(Of(2)));
}

TEST_F(OutboxTest, WhatCannotBeWrittenHasNotHappened) {
  auto outbox = Open();
  ASSERT_TRUE(outbox->Add(Of(1)));
  bool attempted = true;
  bool failed = true;
  {
    const FullDisk full(std::filesystem::file_size(File()));
    attempted = outbox->Attempt(KeyOf(1), 40).has_value();
    failed = outbox->Failed(KeyOf(1), "no").has_value();
  }
  EXPECT_FALSE(attempted);
  EXPECT_FALSE(failed);
  EXPECT_EQ(outbox->messages(), std::deque<OutboxMessage>{Of(1)});
}

TEST_F(OutboxTest, HistoryIsCompactedAway) {
  auto outbox = Open();
  ASSERT_TRUE(outbox->Add(Of(0)));
  for (int i = 1; i < 500; ++i) {
    ASSERT_TRUE(outbox->Add(Of(i)));
    ASSERT_TRUE(outbox->Sent(KeyOf(i)));
  }
  EXPECT_LT(std::filesystem::file_size(File()), 60'000U);
  EXPECT_EQ(outbox->Next("deck")->key, KeyOf(0));
  // The new file is locked, too.
  const auto other = Open();
  EXPECT_TRUE(other->messages().empty());
}

TEST_F(OutboxTest, DamagedRecordIsCountedAndTheOthersStay) {
  {
    auto outbox = Open();
    for (int i = 1; i <= 3; ++i) ASSERT_TRUE(outbox->Add(Of(i)));
  }
  std::string content = **ReadPrivateFile(File());
  content[content.find("text 2") + 5] = 'X';
  ASSERT_TRUE(WritePrivateFile(File(), content, Durable::kYes));
  const auto outbox = Open();
  EXPECT_EQ(outbox->damaged(), 1U);
  EXPECT_EQ(outbox->messages(), (std::deque<OutboxMessage>{Of(1), Of(3)}));
}

// A crash may cut the file anywhere: what was whole is there, what comes after works.
TEST_F(OutboxTest, CutAnywhereLeavesAPrefixThatGoesOn) {
  {
    auto outbox = Open();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(outbox->Add(Of(i)));
  }
  const std::string whole = **ReadPrivateFile(File());
  EXPECT_TRUE(rc::check([&] {
    const auto cut = *rc::gen::inRange<std::size_t>(0, whole.size() + 1);
    RC_ASSERT(WritePrivateFile(File(), whole.substr(0, cut), Durable::kNo).has_value());
    std::size_t kept = 0;
    {
      auto outbox = Open();
      kept = outbox->messages().size();
      RC_ASSERT(outbox->damaged() == 0U);
      RC_ASSERT(kept ==
                static_cast<std::size_t>(std::count(
                    whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(cut), '\n')));
      RC_ASSERT(outbox->Add(Of(99)).has_value());
    }
    auto again = Open();
    RC_ASSERT(again->messages().size() == kept + 1);
    RC_ASSERT(again->messages().back() == Of(99));
  }));
}

}  // namespace
}  // namespace yap::client
