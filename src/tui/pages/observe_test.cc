#include "tui/pages/observe.h"

#include <gtest/gtest.h>

#include "tui/pages/pages_testing.h"

namespace yap::tui {
namespace {

using namespace std::chrono_literals;

Driver At(Page page) { return {StateForTest(page), ModelForTest()}; }

client::LogInFailed Failed(Errc code, std::string_view reason, std::string message) {
  return {MakeError(code, reason, std::move(message))};
}

TEST(ObserveTest, LogInGoesHomeForgetsThePasswordAndRemembersTheFirstServer) {
  Driver driver = At(Page::kLogin);
  driver.state().server_known = false;
  driver.Press("'ada' tab 'correct horse' enter");
  const auto effects =
      driver.Hear(client::LoggedIn{1, "ada", "127.0.0.1:7676", {}, {"typed before"}});
  EXPECT_EQ(driver.state().page, Page::kHome);
  EXPECT_TRUE(driver.state().login.password.empty());
  EXPECT_EQ(Of<RememberServer>(effects).at(0).server, "127.0.0.1:7676");
  EXPECT_EQ(Told<client::PublicsAsked>(effects).size(), 1U);
  EXPECT_EQ(driver.state().chat.history.entries().back(), "typed before");
}

TEST(ObserveTest, NobodyLoggedInAtTheStartIsNoError) {
  Driver driver = At(Page::kLogin);
  driver.Hear(Failed(Errc::kUnauthenticated, "NOT_LOGGED_IN", "log in first"));
  EXPECT_EQ(driver.state().login.error, "");
}

TEST(ObserveTest, WrongPasswordIsSaidAndNotTriedAgain) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab 'pw' enter");
  driver.Hear(Failed(Errc::kUnauthenticated, "WRONG", "wrong name or password"));
  EXPECT_EQ(driver.state().login.error, "wrong name or password");
  EXPECT_FALSE(driver.state().login.waiting);
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Wait(60s)).empty());
}

TEST(ObserveTest, ServerThatIsAwayIsTriedAgainLaterAndLater) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab 'pw' enter");
  driver.Hear(Failed(Errc::kUnavailable, "UNREACHABLE", "nobody there"));
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Wait(900ms)).empty());
  EXPECT_EQ(Told<client::LogInAsked>(driver.Wait(200ms)).size(), 1U);
  driver.Hear(Failed(Errc::kUnavailable, "UNREACHABLE", "nobody there"));
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Wait(1900ms)).empty());
  driver.Press("'x'");  // Another password: the old one is not tried any more.
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Wait(60s)).empty());
}

TEST(ObserveTest, NewAccountIsNotAskedForTwice) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab 'pw' tab tab enter");
  driver.Hear(Failed(Errc::kUnavailable, "UNREACHABLE", "nobody there"));
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Wait(60s)).empty());
}

TEST(ObserveTest, InviteCodeIsAskedForWhenTheServerWantsOne) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab 'pw' tab tab enter");
  driver.Hear(Failed(Errc::kPermissionDenied, "INVITE_REQUIRED", "an invite code is needed"));
  EXPECT_EQ(driver.state().login.focus, LoginField::kInvite);
  const auto asked = Told<client::LogInAsked>(driver.Press("'c0de' enter"));
  EXPECT_EQ(asked.at(0).invite, "c0de");
  EXPECT_TRUE(asked.at(0).create);
}

TEST(ObserveTest, EndOfTheSessionGoesToLoginAndSaysWhy) {
  Driver driver = At(Page::kChat);
  driver.Press("'half a'");
  driver.Hear(client::LoggedOut{"the session was ended on another device"});
  EXPECT_EQ(driver.state().page, Page::kLogin);
  EXPECT_EQ(driver.state().login.error, "the session was ended on another device");
  EXPECT_TRUE(driver.state().chat.input.empty());
}

TEST(ObserveTest, ChannelThatIsGoneGoesHomeAndOthersDoNot) {
  Driver driver = At(Page::kChat);
  driver.Hear(client::ChannelEnded{12, "you were removed from #galley"});
  EXPECT_EQ(driver.state().page, Page::kChat);
  driver.Hear(client::ChannelEnded{11, "you were removed from #deck"});
  EXPECT_EQ(driver.state().page, Page::kHome);
  EXPECT_EQ(driver.state().notice.value().text, "you were removed from #deck");
}

TEST(ObserveTest, OnlyWhatIsSeenCountsAsRead) {
  Driver driver = At(Page::kChat);
  driver.Give(Focus{false});
  Say(driver.model(), 11, "bob", "ahoy");
  EXPECT_TRUE(Told<client::Seen>(driver.Look()).empty());
  driver.Give(Focus{true});
  EXPECT_EQ(Told<client::Seen>(driver.Look()).at(0).channel, 11U);
  EXPECT_TRUE(Told<client::Seen>(driver.Look()).empty());
}

TEST(ObserveTest, WhoScrolledBackHasNotSeenTheEnd) {
  Driver driver = At(Page::kChat);
  for (int i = 0; i < 100; ++i) Say(driver.model(), 11, "bob", "line " + std::to_string(i));
  driver.Look();
  driver.Press("pageup");
  EXPECT_EQ(driver.Screen().find("new below"), std::string::npos) << "all of it was read";
  Say(driver.model(), 11, "bob", "news");
  EXPECT_TRUE(Told<client::Seen>(driver.Look()).empty());
  EXPECT_NE(driver.Screen().find(" 1 new below"), std::string::npos);
  driver.Press("alt+end");
  EXPECT_EQ(Told<client::Seen>(driver.Look()).size(), 1U);
}

TEST(ObserveTest, UnreadLineStandsOnlyWhereNobodyLooked) {
  Driver driver = At(Page::kChat);
  const auto says = [&](const std::string& user, const std::string& text) {
    Say(driver.model(), 11, user, text);
    driver.Look();
  };
  const auto marked = [&] {
    const std::string screen = driver.Screen();
    const auto rule = screen.find("── unread");
    return rule == std::string::npos ? "" : screen.substr(screen.find("bob", rule), 7);
  };
  says("bob", "zero");
  says("bob", "one");
  EXPECT_EQ(marked(), "") << "looked at as it came";
  driver.Give(Focus{false});
  says("ada", "mine, from elsewhere");
  EXPECT_EQ(marked(), "");
  says("bob", "two");
  says("bob", "six");
  EXPECT_EQ(marked(), "bob two");
  driver.Give(Focus{true});
  says("bob", "ten");
  EXPECT_EQ(marked(), "bob two") << "until somebody looks away";
  driver.Give(Focus{false});
  driver.Look();
  says("bob", "far");
  driver.Give(Focus{true});
  driver.Look();
  EXPECT_EQ(marked(), "bob far");
}

TEST(ObserveTest, StartOfWhatIsLoadedAsksForMore) {
  Driver driver = At(Page::kChat);
  client::ChannelModel& deck = driver.model().channels[11];
  deck.last_seq = 50;
  deck.at_start = false;
  for (int i = 0; i < 5; ++i) Say(driver.model(), 11, "bob", "line");
  EXPECT_EQ(Told<client::OlderAsked>(driver.Look()).size(), 1U);
  deck.loading_older = true;
  EXPECT_TRUE(Told<client::OlderAsked>(driver.Look()).empty());
}

TEST(ObserveTest, WhatCouldNotBeLoadedIsAskedForAgainOnceOnline) {
  Driver driver = At(Page::kHome);
  client::ChannelModel& galley = driver.model().channels[12];
  galley.lines_loaded = galley.members_loaded = false;
  EXPECT_EQ(Told<client::OpenAsked>(driver.Press("alt+3")).size(), 1U);
  EXPECT_TRUE(Told<client::OpenAsked>(driver.Look()).empty());
  driver.Hear(client::ConnectionChanged{client::Connection::kOffline, "nobody there", {}, {}});
  driver.Hear(client::PastLoaded{.channel = 12, .events = {}, .failed = true});
  driver.Hear(client::MembersLoaded{.channel = 12, .members = {}, .failed = true});
  EXPECT_TRUE(Told<client::OpenAsked>(driver.Look()).empty());
  driver.Hear(client::ConnectionChanged{client::Connection::kOnline, "", {}, {}});
  EXPECT_EQ(Told<client::OpenAsked>(driver.Look()).size(), 1U);
  EXPECT_TRUE(galley.loading_older && galley.loading_members);
  EXPECT_TRUE(Told<client::OpenAsked>(driver.Look()).empty());
}

client::EventCame Message(std::uint64_t channel, std::uint64_t seq, const std::string& text) {
  client::EventCame came;
  came.event.channel = channel;
  came.event.seq = seq;
  came.event.user_id = 7;
  came.event.user = "bob";
  came.event.countable = seq;
  came.event.kind = client::EventKind::kMessage;
  came.event.text = text;
  return came;
}

TEST(ObserveTest, WhoLooksElsewhereIsCalledForWhatIsMeantForThem) {
  Driver driver = At(Page::kChat);
  EXPECT_TRUE(Of<CallUser>(driver.Hear(Message(11, 1, "ada: look"))).empty());
  driver.Give(Focus{false});
  EXPECT_TRUE(Of<CallUser>(driver.Hear(Message(11, 2, "nothing of yours"))).empty());
  const auto named = Of<CallUser>(driver.Hear(Message(11, 3, "look, Ada!")));
  ASSERT_EQ(named.size(), 1U);
  EXPECT_EQ(named[0].title, "#deck");
  EXPECT_EQ(named[0].body, "bob: look, Ada!");
  EXPECT_EQ(Of<CallUser>(driver.Hear(Message(21, 1, "psst"))).size(), 1U);
  driver.model().channels[21].muted = true;
  EXPECT_TRUE(Of<CallUser>(driver.Hear(Message(21, 2, "psst"))).empty());
}

TEST(ObserveTest, WhoReadALongerLogIsCalledInTheOneThatReplacedIt) {
  Driver driver = At(Page::kChat);
  for (std::uint64_t seq = 1; seq <= 9; ++seq) driver.Hear(Message(21, seq, "psst"));
  driver.Hear(client::Seen{21});
  driver.Give(Focus{false});
  driver.Hear(client::LogReplaced{21, 8, 5});
  driver.Hear(client::CaughtUp{21, 5});
  client::EventCame came = Message(21, 6, "psst");
  came.event.epoch = 8;
  EXPECT_EQ(Of<CallUser>(driver.Hear(came)).size(), 1U);
}

TEST(ObserveTest, EditorsAnswerReplacesTheInput) {
  State state = StateForTest(Page::kChat);
  const client::Model model = ModelForTest();
  state.chat.input.Insert("old");
  Edited(state, model, "new\nlines\n", {});
  EXPECT_EQ(state.chat.input.text(), "new\nlines");
  Edited(state, model, std::string(kEditorBytesMax + 1, 'x'), {});
  EXPECT_EQ(state.chat.input.text(), "new\nlines");
  EXPECT_TRUE(state.notice.value().error);
}

TEST(ObserveTest, NoticeGoesAndNothingElseWakesAnIdleScreen) {
  Driver driver = At(Page::kChat);
  EXPECT_FALSE(NextChange(driver.state(), driver.model(), driver.now()));
  driver.Press("'/help join' enter");
  const auto next = NextChange(driver.state(), driver.model(), driver.now());
  ASSERT_TRUE(next);
  driver.Wait(std::chrono::duration_cast<std::chrono::milliseconds>(*next - driver.now()));
  EXPECT_FALSE(driver.state().notice);
  EXPECT_FALSE(NextChange(driver.state(), driver.model(), driver.now()));
}

}  // namespace
}  // namespace yap::tui
