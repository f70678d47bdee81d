#include "client/update.h"

#include <gtest/gtest.h>

namespace yap::client {
namespace {

ChatEvent Event(std::uint64_t seq, const std::string& text, std::uint64_t user = 2,
                const std::string& key = {}) {
  ChatEvent event;
  event.channel = 100;
  event.epoch = 7;
  event.seq = seq;
  event.user_id = user;
  event.user = user == 1 ? "ada" : "bob";
  event.key = key;
  event.countable = seq;
  event.kind = EventKind::kMessage;
  event.text = text;
  return event;
}

class UpdateTest : public ::testing::Test {
 protected:
  UpdateTest() {
    model_.self_id = 1;
    model_.self = "ada";
  }
  void OpenDeck(std::uint64_t head = 0) {
    ChannelModel deck;
    deck.id = 100;
    deck.ref = "deck";
    deck.epoch = 7;
    deck.last_seq = deck.head = head;
    Update(model_, ChannelOpened{deck});
  }
  void Queue(const std::string& key) {
    ChatLine line;
    line.key = key;
    line.text = key;
    line.state = LineState::kPending;
    Update(model_, Queued{"deck", line});
  }
  ChannelModel& deck() { return model_.channels.at(100); }
  std::vector<std::string> Texts() {
    std::vector<std::string> out;
    for (const auto& line : deck().lines) out.push_back(line.text);
    return out;
  }

  Model model_;
};

TEST_F(UpdateTest, OpenedChannelAsksForPastAndMembers) {
  ChannelModel deck;
  deck.id = 100;
  deck.last_seq = 9;
  const auto commands = Update(model_, ChannelOpened{deck});
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(std::get<LoadPast>(commands[0]).before, 10U);
  EXPECT_EQ(std::get<LoadMembers>(commands[1]).channel, 100U);
}

TEST_F(UpdateTest, EventsComeOnceInOrderAndOtherLogsAreIgnored) {
  OpenDeck();
  Update(model_, EventCame{Event(1, "a")});
  Update(model_, EventCame{Event(1, "a")});
  auto old_log = Event(2, "old");
  old_log.epoch = 6;
  Update(model_, EventCame{old_log});
  Update(model_, EventCame{Event(2, "b")});
  EXPECT_EQ(Texts(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(deck().unread(), 2U);
}

TEST_F(UpdateTest, PastGoesInFrontWithoutHolesOrDoubles) {
  OpenDeck(4);
  Update(model_, EventCame{Event(5, "e")});
  Update(model_, PastLoaded{100, {Event(3, "c"), Event(4, "d"), Event(5, "e")}});
  Update(model_, PastLoaded{100, {Event(1, "a")}});  // Not next to the first line.
  EXPECT_EQ(Texts(), (std::vector<std::string>{"c", "d", "e"}));
}

TEST_F(UpdateTest, TypedIsShownOnlyOnceItIsInTheOutbox) {
  OpenDeck();
  const auto commands = Update(model_, Typed{"deck", "k1", "hello"});
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(std::get<Enqueue>(commands[0]).text, "hello");
  EXPECT_TRUE(deck().unsent.empty());
  Queue("k1");
  EXPECT_EQ(deck().unsent.front().state, LineState::kPending);
}

TEST_F(UpdateTest, OwnEventReplacesThePendingLineWhetherTheAnswerComesBeforeOrAfter) {
  OpenDeck();
  Queue("k1");
  Queue("k2");
  Update(model_, Delivered{"deck", "k1", 1, {}});
  EXPECT_EQ(deck().unsent.front().state, LineState::kSent);
  Update(model_, EventCame{Event(1, "k1", 1, "k1")});
  Update(model_, EventCame{Event(2, "k2", 1, "k2")});
  Update(model_, Delivered{"deck", "k2", 2, {}});
  EXPECT_TRUE(deck().unsent.empty());
  EXPECT_EQ(Texts(), (std::vector<std::string>{"k1", "k2"}));
}

TEST_F(UpdateTest, KeyOfSomebodyElseDoesNotTakeThePendingLineAway) {
  OpenDeck();
  Queue("k1");
  Update(model_, EventCame{Event(1, "spoof", 2, "k1")});
  EXPECT_EQ(deck().unsent.size(), 1U);
}

TEST_F(UpdateTest, RefusedShowsWhyAndRetryKeepsTheLineUnderItsNewKey) {
  OpenDeck();
  Queue("k1");
  EXPECT_TRUE(Update(model_, RetryAsked{"k1", "k9"}).empty());  // Still pending.
  Update(model_, Refused{"deck", "k1", "too long"});
  EXPECT_EQ(deck().unsent.front().reason, "too long");
  ASSERT_EQ(Update(model_, RetryAsked{"k1", "k9"}).size(), 1U);
  Update(model_, Rekeyed{"k1", "k9"});
  EXPECT_EQ(deck().unsent.front().key, "k9");
  EXPECT_EQ(deck().unsent.front().state, LineState::kPending);
}

TEST_F(UpdateTest, WhatTheOutboxCannotTakeKeepsItsTextForARetry) {
  OpenDeck();
  Update(model_, NotQueued{"deck", "k1", "hello", "the disk is full"});
  EXPECT_EQ(deck().unsent.front().text, "hello");
  EXPECT_EQ(model_.queued(), 0U);
  const auto commands = Update(model_, RetryAsked{"k1", "k9"});
  ASSERT_EQ(commands.size(), 1U);
  const auto& again = std::get<Requeue>(commands[0]);
  EXPECT_EQ(again.ref, "deck");
  EXPECT_EQ(again.text, "hello");
}

TEST_F(UpdateTest, OnlyRefusedLinesCanBeDropped) {
  OpenDeck();
  Queue("k1");
  EXPECT_TRUE(Update(model_, DropAsked{"k1"}).empty());
  Update(model_, Refused{"deck", "k1", "too long"});
  ASSERT_EQ(Update(model_, DropAsked{"k1"}).size(), 1U);
  EXPECT_TRUE(deck().unsent.empty());
}

TEST_F(UpdateTest, MessagesQueuedBeforeTheChannelOpensMoveIntoIt) {
  Queue("k1");
  EXPECT_EQ(model_.waiting.at("deck").size(), 1U);
  OpenDeck();
  EXPECT_EQ(deck().unsent.size(), 1U);
  EXPECT_TRUE(model_.waiting.empty());
}

TEST_F(UpdateTest, SeenMovesTheReadPositionOnceAndNeverBack) {
  OpenDeck();
  Update(model_, EventCame{Event(1, "a")});
  const auto commands = Update(model_, Seen{100});
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_EQ(std::get<MoveRead>(commands[0]).seq, 1U);
  EXPECT_EQ(deck().unread(), 0U);
  EXPECT_TRUE(Update(model_, Seen{100}).empty());
}

TEST_F(UpdateTest, AnotherLogForgetsTheLinesAndKeepsWhatIsUnsent) {
  OpenDeck();
  Update(model_, EventCame{Event(1, "a")});
  Queue("k1");
  const auto commands = Update(model_, LogReplaced{100, 8, 5});
  EXPECT_TRUE(deck().lines.empty());
  EXPECT_EQ(deck().unsent.size(), 1U);
  EXPECT_EQ(std::get<LoadPast>(commands.front()).before, 6U);
}

// A backup is the beginning of the log that it replaces.
TEST_F(UpdateTest, UnreadCountsGoOnInAShorterLog) {
  const auto in_new_log = [](ChatEvent event) {
    event.epoch = 8;
    return event;
  };
  for (const bool page_comes_first : {true, false}) {
    for (const std::uint64_t read : {3, 9}) {
      OpenDeck();
      for (std::uint64_t seq = 1; seq <= 9; ++seq) {
        Update(model_, EventCame{Event(seq, "a")});
        if (seq == read) Update(model_, Seen{100});
      }
      Update(model_, LogReplaced{100, 8, 5});
      EXPECT_EQ(deck().unread(), 0U) << "nothing is known yet";
      const PastLoaded page{100, {in_new_log(Event(4, "d")), in_new_log(Event(5, "e"))}};
      if (page_comes_first) Update(model_, page);
      Update(model_, EventCame{in_new_log(Event(6, "f"))});
      if (!page_comes_first) Update(model_, page);
      EXPECT_EQ(deck().unread(), read == 3 ? 3U : 1U);
      EXPECT_GT(deck().last_seq, deck().read_seq);
      model_.channels.clear();
    }
  }
}

TEST_F(UpdateTest, BeingOnlineWakesTheCourier) {
  const auto commands = Update(model_, ConnectionChanged{Connection::kOnline, "", {}});
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<WakeCourier>(commands[0]));
}

TEST_F(UpdateTest, LinesAreBounded) {
  OpenDeck();
  for (std::uint64_t seq = 1; seq <= kLinesMax + 10; ++seq) {
    Update(model_, EventCame{Event(seq, "x")});
  }
  EXPECT_EQ(deck().lines.size(), kLinesMax);
  EXPECT_EQ(deck().lines.back().seq, kLinesMax + 10);
}

}  // namespace
}  // namespace yap::client
