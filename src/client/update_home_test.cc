// Update, of a client that shows all its channels.
#include <gtest/gtest.h>

#include "client/update.h"

namespace yap::client {
namespace {

ChatEvent Event(std::uint64_t seq, const std::string& text) {
  ChatEvent event;
  event.channel = 100;
  event.epoch = 7;
  event.seq = seq;
  event.user_id = 2;
  event.user = "bob";
  event.countable = seq;
  event.kind = EventKind::kMessage;
  event.text = text;
  return event;
}

ChannelModel Listed(std::uint64_t last_seq, std::uint64_t head) {
  ChannelModel deck;
  deck.id = 100;
  deck.ref = deck.name = "deck";
  deck.epoch = 7;
  deck.last_seq = last_seq;
  deck.head = head;
  deck.countable = head;
  return deck;
}

class UpdateHomeTest : public ::testing::Test {
 protected:
  UpdateHomeTest() { Update(model_, LoggedIn{1, "ada", "test:1", {}, {}}); }
  ChannelModel& deck() { return model_.channels.at(100); }
  std::vector<std::uint64_t> Seqs() {
    std::vector<std::uint64_t> out;
    for (const auto& line : deck().lines) out.push_back(line.seq);
    return out;
  }

  Model model_;
};

TEST_F(UpdateHomeTest, CachedLinesStayWhereTheListGoesOnBehindThem) {
  ChannelModel cached = Listed(2, 2);
  cached.lines = {LineOf(Event(1, "a"), "ada"), LineOf(Event(2, "b"), "ada")};
  Update(model_, JoinedListed{{cached}});
  ChannelModel listed = Listed(2, 3);
  listed.topic = "new";
  Update(model_, JoinedListed{{listed}});
  EXPECT_EQ(Seqs(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(deck().topic, "new");
  EXPECT_EQ(deck().unread(), 3U);
  Update(model_, EventCame{Event(3, "c")});
  EXPECT_EQ(Seqs(), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(UpdateHomeTest, CachedLinesGoWhereThereWouldBeAHole) {
  ChannelModel cached = Listed(2, 2);
  cached.lines = {LineOf(Event(1, "a"), "ada"), LineOf(Event(2, "b"), "ada")};
  Update(model_, JoinedListed{{cached}});
  Update(model_, OpenAsked{100});
  const auto commands = Update(model_, JoinedListed{{Listed(5000, 5000)}});
  EXPECT_TRUE(Seqs().empty());
  ASSERT_FALSE(commands.empty());  // The view that shows it gets its page.
  EXPECT_EQ(std::get<LoadPast>(commands.front()).before, 5001U);
}

TEST_F(UpdateHomeTest, ChannelOpenedFromTheCacheIsMarkedWhereReadingStoppedSince) {
  Update(model_, JoinedListed{{Listed(9, 9)}});
  Update(model_, OpenAsked{100});
  ChannelModel listed = Listed(9, 12);
  listed.read_seq = 8;
  Update(model_, JoinedListed{{listed}});
  EXPECT_EQ(deck().unread_mark, 8U);
  listed = Listed(5000, 5000);  // The lines between are not there: all is loaded anew.
  listed.read_seq = 4990;
  Update(model_, JoinedListed{{listed}});
  EXPECT_EQ(deck().unread_mark, 4990U);
}

TEST_F(UpdateHomeTest, UnreadLineMovesOnWithWhatIsSeenAsItComesOrReadElsewhere) {
  ChannelModel listed = Listed(9, 9);
  listed.read_seq = 4;
  Update(model_, JoinedListed{{listed}});
  Update(model_, OpenAsked{100});
  Update(model_, Seen{.channel = 100});
  Update(model_, EventCame{Event(10, "a")});
  Update(model_, Seen{.channel = 100, .as_it_came = true});
  EXPECT_EQ(deck().unread_mark, 4U) << "it is being read";
  Update(model_, EventCame{Event(11, "b")});
  Update(model_, Seen{.channel = 100});
  EXPECT_EQ(deck().unread_mark, 10U);
  Update(model_, CloseAsked{100});
  Update(model_, OpenAsked{100});
  Update(model_, EventCame{Event(12, "c")});
  Update(model_, Seen{.channel = 100, .as_it_came = true});
  EXPECT_EQ(deck().unread_mark, 12U);
  Update(model_, EventCame{Event(13, "d")});
  Update(model_, ReadMoved{100, 13, 13});
  EXPECT_EQ(deck().unread_mark, 13U);
}

TEST_F(UpdateHomeTest, ChannelThatIsListedNoMoreIsGone) {
  Update(model_, JoinedListed{{Listed(0, 0)}});
  Update(model_, JoinedListed{{}});
  EXPECT_TRUE(model_.channels.empty());
}

TEST_F(UpdateHomeTest, OpeningLoadsOnceAndMarksWhereReadingStopped) {
  ChannelModel listed = Listed(9, 9);
  listed.read_seq = 4;
  Update(model_, JoinedListed{{listed}});
  EXPECT_EQ(Update(model_, OpenAsked{100}).size(), 2U);
  EXPECT_EQ(deck().unread_mark, 4U);
  Update(model_, PastLoaded{100, {Event(8, "x"), Event(9, "y")}});
  Update(model_, MembersLoaded{100, {{"ada", MemberRole::kOwner}}});
  EXPECT_EQ(deck().role, MemberRole::kOwner);
  Update(model_, CloseAsked{100});
  EXPECT_TRUE(Update(model_, OpenAsked{100}).empty());
  EXPECT_EQ(Seqs(), (std::vector<std::uint64_t>{8, 9}));
}

TEST_F(UpdateHomeTest, OlderIsAskedForOnceAndNotBeyondTheStart) {
  Update(model_, JoinedListed{{Listed(9, 9)}});
  Update(model_, OpenAsked{100});
  Update(model_, PastLoaded{100, {Event(8, "x"), Event(9, "y")}});
  EXPECT_EQ(Update(model_, OlderAsked{100}).size(), 1U);
  EXPECT_TRUE(Update(model_, OlderAsked{100}).empty());
  Update(model_, PastLoaded{.channel = 100, .events = {Event(7, "w")}, .oldest = true});
  EXPECT_TRUE(Update(model_, OlderAsked{100}).empty());
  EXPECT_TRUE(deck().at_start);
}

TEST_F(UpdateHomeTest, MentionsCountUntilTheyAreRead) {
  Update(model_, JoinedListed{{Listed(0, 0)}});
  Update(model_, EventCame{Event(1, "hello @Ada!")});
  Update(model_, EventCame{Event(2, "adamant")});
  EXPECT_EQ(deck().mentions, 1U);
  EXPECT_EQ(deck().unread(), 2U);
  Update(model_, ReadMoved{100, 1, 1});
  EXPECT_EQ(deck().mentions, 0U);
  EXPECT_EQ(deck().unread(), 1U);
}

TEST_F(UpdateHomeTest, MembersFollowTheEvents) {
  Update(model_, JoinedListed{{Listed(0, 0)}});
  ChatEvent joined = Event(1, "");
  joined.kind = EventKind::kJoined;
  joined.subject = "bob";
  Update(model_, EventCame{joined});
  ChatEvent role = Event(2, "");
  role.kind = EventKind::kRole;
  role.subject = "bob";
  role.role = MemberRole::kModerator;
  Update(model_, EventCame{role});
  EXPECT_EQ(deck().members.at("bob"), MemberRole::kModerator);
  EXPECT_EQ(deck().member_count, 1U);
  ChatEvent gone = Event(3, "");
  gone.kind = EventKind::kGone;
  gone.subject = "bob";
  Update(model_, EventCame{gone});
  EXPECT_TRUE(deck().members.empty());
  EXPECT_EQ(deck().member_count, 0U);
}

TEST_F(UpdateHomeTest, EndedChannelStaysWhileItIsShown) {
  Update(model_, JoinedListed{{Listed(0, 0)}});
  Update(model_, OpenAsked{100});
  Update(model_, ChannelEnded{100, "you were removed"});
  EXPECT_EQ(deck().ended, "you were removed");
  Update(model_, CloseAsked{100});
  EXPECT_TRUE(model_.channels.empty());
}

TEST_F(UpdateHomeTest, OpenedAgainKeepsItsLines) {
  Update(model_, JoinedListed{{Listed(0, 0)}});
  Update(model_, EventCame{Event(1, "a")});
  EXPECT_TRUE(Update(model_, ChannelOpened{Listed(1, 1)}).empty());
  EXPECT_EQ(Seqs(), std::vector<std::uint64_t>{1});
}

TEST_F(UpdateHomeTest, DraftsAreKeptAndForgottenWhenEmpty) {
  EXPECT_EQ(Update(model_, DraftChanged{"deck", "half"}).size(), 1U);
  EXPECT_EQ(model_.drafts.at("deck"), "half");
  EXPECT_EQ(Update(model_, DraftChanged{"deck", ""}).size(), 1U);
  EXPECT_TRUE(Update(model_, DraftChanged{"deck", ""}).empty());
  EXPECT_TRUE(model_.drafts.empty());
}

TEST_F(UpdateHomeTest, LoggingOutForgetsEverything) {
  Update(model_, JoinedListed{{Listed(0, 0)}});
  Update(model_, LoggedOut{""});
  EXPECT_FALSE(model_.logged_in());
  EXPECT_TRUE(model_.channels.empty());
}

TEST(MentionsTest, AreWholeWords) {
  EXPECT_TRUE(Mentions("ada", "ada"));
  EXPECT_TRUE(Mentions("(ADA)", "ada"));
  EXPECT_TRUE(Mentions("adam and @ada", "ada"));
  EXPECT_FALSE(Mentions("adam", "ada"));
  EXPECT_FALSE(Mentions("l-ada", "ada"));
  EXPECT_FALSE(Mentions("", "ada"));
  EXPECT_FALSE(Mentions("ada", ""));
}

}  // namespace
}  // namespace yap::client
