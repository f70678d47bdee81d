#include "tui/pages/handle.h"

#include <gtest/gtest.h>

#include "tui/pages/handle_internal.h"
#include "tui/pages/pages_testing.h"

namespace yap::tui {
namespace {

Driver At(Page page, Size size = {}) { return {StateForTest(page, size), ModelForTest()}; }

// --- Login ---

TEST(HandleLoginTest, EnterGoesThroughTheFieldsAndLogsIn) {
  Driver driver = At(Page::kLogin);
  const auto effects = driver.Press("'ada' enter 'correct horse' enter");
  const auto asked = Told<client::LogInAsked>(effects);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].server, "127.0.0.1:7676");
  EXPECT_EQ(asked[0].name, "ada");
  EXPECT_EQ(asked[0].password.Reveal(), "correct horse");
  EXPECT_FALSE(asked[0].create);
  EXPECT_TRUE(driver.state().login.waiting);
}

TEST(HandleLoginTest, ButtonsCreateAnAccountAndQuit) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab 'correct horse' tab right");
  EXPECT_EQ(driver.state().login.focus, LoginField::kCreate);
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Press("enter")).at(0).create);
  Driver other = At(Page::kLogin);
  EXPECT_EQ(Of<Quit>(other.Press("shift+tab shift+tab enter")).size(), 1U);
}

TEST(HandleLoginTest, WhatIsMissingIsSaidAndGetsTheFocus) {
  Driver driver = At(Page::kLogin);
  EXPECT_TRUE(Told<client::LogInAsked>(driver.Press("'ada' tab enter")).empty());
  EXPECT_EQ(driver.state().login.focus, LoginField::kPassword);
  EXPECT_FALSE(driver.state().login.error.empty());
}

TEST(HandleLoginTest, PasswordMayHaveAQuestionMark) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab '?secret?'");
  EXPECT_EQ(driver.state().login.password.text(), "?secret?");
}

TEST(HandleLoginTest, NothingIsTypedWhileItWorks) {
  Driver driver = At(Page::kLogin);
  driver.Press("'ada' tab 'pw' enter 'more' enter");
  EXPECT_EQ(driver.state().login.password.text(), "pw");
}

// --- Home ---

TEST(HandleHomeTest, EnterOpensTheSelectedChannel) {
  Driver driver = At(Page::kHome);
  const auto effects = driver.Press("down enter");
  EXPECT_EQ(driver.state().page, Page::kChat);
  EXPECT_EQ(driver.state().chat.channel, 11U);  // After #bridge.
  EXPECT_EQ(Told<client::OpenAsked>(effects).at(0).channel, 11U);
}

TEST(HandleHomeTest, TypingFindsAPublicChannelAndJoinsIt) {
  Driver driver = At(Page::kHome);
  const auto effects = driver.Press("'harb' enter");
  const auto asked = Told<client::ActionAsked>(effects);
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<client::JoinChannel>(asked[0].action).name, "harbour");
  EXPECT_EQ(driver.state().page, Page::kHome);
  ASSERT_EQ(driver.state().asked.size(), 1U);
}

TEST(HandleHomeTest, NameThatIsNotListedIsTried) {
  Driver driver = At(Page::kHome);
  const auto asked = Told<client::ActionAsked>(driver.Press("'secret' enter"));
  EXPECT_EQ(std::get<client::JoinChannel>(asked.at(0).action).name, "secret");
}

TEST(HandleHomeTest, JoinedChannelIsShownAndAFailureIsSaid) {
  Driver driver = At(Page::kHome);
  const auto first = Told<client::ActionAsked>(driver.Press("'harb' enter")).at(0).id;
  driver.Hear(client::ActionDone{first, MakeError(Errc::kNotFound, "X", "no #harb; #harbour?"), 0});
  EXPECT_EQ(driver.state().page, Page::kHome);
  EXPECT_EQ(driver.state().notice.value().text, "no #harb; #harbour?");
  const auto second = Told<client::ActionAsked>(driver.Press("enter")).at(0).id;
  driver.model().channels[31] = driver.model().channels[11];
  driver.model().channels[31].id = 31;
  driver.Hear(client::ActionDone{second, {}, 31});
  EXPECT_EQ(driver.state().page, Page::kChat);
  EXPECT_EQ(driver.state().chat.channel, 31U);
}

TEST(HandleHomeTest, LastRowsCreateMessageLogOutAndQuit) {
  Driver driver = At(Page::kHome);
  EXPECT_EQ(Of<Quit>(driver.Press("pagedown enter")).size(), 1U);
  EXPECT_EQ(Told<client::LogOutAsked>(driver.Press("up enter")).size(), 1U);
  driver.Press("up enter");
  EXPECT_TRUE(std::holds_alternative<DirectOverlay>(driver.state().overlay));
  driver.Press("escape up enter");
  EXPECT_TRUE(std::holds_alternative<CreateOverlay>(driver.state().overlay));
}

TEST(HandleHomeTest, ANameThatIsNotThereCanBeMade) {
  Driver driver = At(Page::kHome);
  driver.Press("'#crew' down enter");
  const auto* create = std::get_if<CreateOverlay>(&driver.state().overlay);
  ASSERT_NE(create, nullptr);
  EXPECT_EQ(create->name.text(), "crew");
  const auto asked = Told<client::ActionAsked>(driver.Press("enter"));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<client::CreateChannel>(asked[0].action).name, "crew");
}

TEST(HandleHomeTest, APersonsNameOpensAConversation) {
  Driver driver = At(Page::kHome);
  const auto asked = Told<client::ActionAsked>(driver.Press("'@zoe' enter"));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<client::OpenDirect>(asked[0].action).user, "zoe");
}

TEST(HandleHomeTest, CreateFormAsksForTheChannel) {
  Driver driver = At(Page::kHome);
  driver.state().overlay = CreateOverlay();
  const auto effects = driver.Press("'#crew' tab 'Off duty' tab space enter");
  const auto asked = Told<client::ActionAsked>(effects);
  ASSERT_EQ(asked.size(), 1U);
  const auto& create = std::get<client::CreateChannel>(asked[0].action);
  EXPECT_EQ(create.name, "crew");
  EXPECT_EQ(create.topic, "Off duty");
  EXPECT_TRUE(create.is_private);
  driver.Hear(client::ActionDone{asked[0].id, MakeError(Errc::kAlreadyExists, "X", "taken"), 0});
  EXPECT_EQ(std::get<CreateOverlay>(driver.state().overlay).error, "taken");
}

TEST(HandleHomeTest, EnterCreatesFromTheNameAsTheLineBelowSays) {
  Driver driver = At(Page::kHome);
  driver.state().overlay = CreateOverlay();
  EXPECT_TRUE(Told<client::ActionAsked>(driver.Press("enter")).empty());  // No name yet.
  EXPECT_FALSE(std::get<CreateOverlay>(driver.state().overlay).error.empty());
  const auto asked = Told<client::ActionAsked>(driver.Press("'crew' enter"));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(std::get<client::CreateChannel>(asked[0].action).name, "crew");
}

// --- Chat ---

TEST(HandleChatTest, EnterSendsAndRemembers) {
  Driver driver = At(Page::kChat);
  const auto effects = driver.Press("'ahoy' enter");
  ASSERT_EQ(Of<Send>(effects).size(), 1U);
  EXPECT_EQ(Of<Send>(effects)[0].ref, "id:11");
  EXPECT_EQ(Of<Send>(effects)[0].text, "ahoy");
  EXPECT_EQ(Told<client::HistoryAdded>(effects).at(0).text, "ahoy");
  EXPECT_TRUE(driver.state().chat.input.empty());
  driver.Press("up");
  EXPECT_EQ(driver.state().chat.input.text(), "ahoy");
}

TEST(HandleChatTest, TwoSlashesSendOneAndAnUnknownCommandSendsNothing) {
  Driver driver = At(Page::kChat);
  EXPECT_EQ(Of<Send>(driver.Press("'//who' enter")).at(0).text, "/who");
  EXPECT_TRUE(Of<Send>(driver.Press("'/jion deck' enter")).empty());
  EXPECT_NE(driver.state().notice.value().text.find("/join"), std::string::npos);
  EXPECT_EQ(driver.state().chat.input.text(), "/jion deck");
}

TEST(HandleChatTest, TextThatTheServerWouldRefuseStaysInTheInput) {
  Driver driver = At(Page::kChat);
  EXPECT_TRUE(Of<Send>(driver.Press("'   ' enter")).empty());
  EXPECT_TRUE(driver.state().notice.value().error);
  EXPECT_EQ(driver.state().chat.input.text(), "   ");
}

TEST(HandleChatTest, NewlineDoesNotSend) {
  Driver driver = At(Page::kChat);
  const auto effects = driver.Press("'a' alt+enter 'b' enter");
  EXPECT_EQ(Of<Send>(effects).at(0).text, "a\nb");
}

TEST(HandleChatTest, EscapeGoesHomeAndBackFindsTheDraft) {
  Driver driver = At(Page::kChat);
  const auto effects = driver.Press("'half a' escape");
  EXPECT_EQ(driver.state().page, Page::kHome);
  EXPECT_EQ(Told<client::CloseAsked>(effects).at(0).channel, 11U);
  EXPECT_EQ(Told<client::DraftChanged>(effects).back().text, "half a");
  driver.Press("enter");
  EXPECT_EQ(driver.state().chat.channel, 11U);
  EXPECT_EQ(driver.state().chat.input.text(), "half a");
}

TEST(HandleChatTest, KeysWalkTheChannels) {
  Driver driver = At(Page::kChat);
  driver.Press("ctrl+n");
  EXPECT_EQ(driver.state().chat.channel, 12U);
  driver.Press("ctrl+n ctrl+n");
  EXPECT_EQ(driver.state().chat.channel, 13U);  // Around: @bob is the last.
  driver.Press("ctrl+p");
  EXPECT_EQ(driver.state().chat.channel, 21U);
  driver.Press("alt+2");
  EXPECT_EQ(driver.state().chat.channel, 11U);
}

TEST(HandleChatTest, NextActivityGoesToWhoNamesMeFirst) {
  Driver driver = At(Page::kChat);
  Say(driver.model(), 12, "cy", "soup is ready");
  Say(driver.model(), 21, "bob", "psst");
  Say(driver.model(), 13, "cy", "where is ada?");
  driver.model().channels[13].mentions = 1;
  driver.Press("alt+a");
  EXPECT_EQ(driver.state().chat.channel, 13U);
  driver.Press("alt+a");
  EXPECT_EQ(driver.state().chat.channel, 21U);
}

TEST(HandleChatTest, SwitcherFindsByLetters) {
  Driver driver = At(Page::kChat);
  driver.Press("ctrl+k 'gly' enter");
  EXPECT_EQ(driver.state().chat.channel, 12U);
  driver.Press("ctrl+k 'zzz' enter");
  EXPECT_TRUE(std::holds_alternative<SwitcherOverlay>(driver.state().overlay));
  driver.Press("escape");
  EXPECT_EQ(driver.state().chat.channel, 12U);
}

TEST(HandleChatTest, TabGoesThroughTheChoices) {
  Driver driver = At(Page::kChat);
  driver.Press("'@b' tab");
  EXPECT_EQ(driver.state().chat.input.text(), "@bob ");
  driver.Press("ctrl+c '/wh' tab");
  EXPECT_EQ(driver.state().chat.input.text(), "/who ");
  driver.Press("ctrl+c '#' tab");
  const std::string first = driver.state().chat.input.text();
  driver.Press("tab");
  EXPECT_NE(driver.state().chat.input.text(), first);
}

TEST(HandleChatTest, TabAfterTheTextHasChangedBeginsAnew) {
  Driver driver = At(Page::kChat);
  driver.Press("'hi @' tab");
  ASSERT_EQ(driver.state().chat.input.text(), "hi @bob ");
  driver.Press("ctrl+_ ctrl+_ tab");
  EXPECT_EQ(driver.state().chat.input.text(), "hi");
  driver.Press("ctrl+c '@' tab");
  driver.Give(Paste{"#d", false});
  driver.Press("tab");
  EXPECT_EQ(driver.state().chat.input.text(), "@bob #deck ");
}

TEST(HandleChatTest, PasteOfManyLinesAsksAndNeverSends) {
  Driver driver = At(Page::kChat);
  EXPECT_TRUE(Of<Send>(driver.Give(Paste{"a\nb\n", false})).empty());
  EXPECT_EQ(driver.state().chat.input.text(), "a\nb\n");
  driver.Press("ctrl+c");
  driver.Give(Paste{"1\n2\n3\n4\n5", false});
  EXPECT_TRUE(driver.state().chat.input.empty());
  driver.Press("escape");
  EXPECT_TRUE(driver.state().chat.input.empty());
  driver.Give(Paste{"1\n2\n3\n4\n5", false});
  EXPECT_TRUE(Of<Send>(driver.Press("enter")).empty());
  EXPECT_EQ(driver.state().chat.input.text(), "1\n2\n3\n4\n5");
}

TEST(HandleChatTest, InterruptClearsAndTwiceQuits) {
  Driver driver = At(Page::kChat);
  EXPECT_TRUE(Of<Quit>(driver.Press("'text' ctrl+c ctrl+c")).empty());
  driver.Wait(std::chrono::seconds(3));
  EXPECT_TRUE(Of<Quit>(driver.Press("ctrl+c")).empty());
  EXPECT_EQ(Of<Quit>(driver.Press("ctrl+c")).size(), 1U);
}

TEST(HandleChatTest, QuestionMarkHelpsOnlyOnAnEmptyInput) {
  Driver driver = At(Page::kChat);
  driver.Press("'what?'");
  EXPECT_EQ(driver.state().chat.input.text(), "what?");
  driver.Press("ctrl+c '?'");
  EXPECT_TRUE(std::holds_alternative<TextOverlay>(driver.state().overlay));
  driver.Press("down pagedown escape");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(driver.state().overlay));
}

TEST(HandleChatTest, HistorySearchTakesWhatWasTyped) {
  Driver driver = At(Page::kChat);
  driver.Press("'red sky' enter 'blue sea' enter 'red deck' enter");
  driver.Press("ctrl+r 'red' ctrl+r enter");
  EXPECT_EQ(driver.state().chat.input.text(), "red sky");
}

TEST(HandleChatTest, EveryEffectOfTheTerminalHasAKey) {
  Driver driver = At(Page::kChat);
  EXPECT_EQ(Of<Suspend>(driver.Press("ctrl+z")).size(), 1U);
  EXPECT_EQ(Of<Redraw>(driver.Press("ctrl+l")).size(), 1U);
  EXPECT_FALSE(Of<UseMouse>(driver.Press("alt+m")).at(0).on);
  EXPECT_EQ(Of<EditText>(driver.Press("'abc' ctrl+e")).at(0).text, "abc");
}

TEST(HandleChatTest, ClickOpensAChannelAndNamesAMember) {
  Driver driver = At(Page::kChat, {120, 30});
  driver.Look();
  for (const Spotted& spot : std::vector(driver.state().spotted)) {
    if (spot.target == Target{Target::What::kMember, 0, "bob"}) {
      driver.Give(Mouse{Mouse::What::kPress, spot.left, spot.row});
    }
  }
  EXPECT_EQ(driver.state().chat.input.text(), "@bob ");
  for (const Spotted& spot : std::vector(driver.state().spotted)) {
    if (spot.target == Target{Target::What::kChannel, 12}) {
      driver.Give(Mouse{Mouse::What::kPress, spot.left, spot.row});
    }
  }
  EXPECT_EQ(driver.state().chat.channel, 12U);
}

// --- Keys ---

TEST(HandleKeysTest, EveryKeyOfTheTableIsTakenWhereTheTableSaysSo) {
  for (const CommandInfo& info : Commands()) {
    if (info.keys.empty()) continue;
    const Bound bound{info.id, 1};
    for (const Page page : {Page::kHome, Page::kChat}) {
      const auto take = page == Page::kHome ? HomeCommand : ChatCommand;
      Driver driver = At(page);
      Turn turn{driver.state(), driver.model(), driver.now()};
      const bool taken = CommonCommand(turn, bound) || take(turn, bound);
      EXPECT_EQ(taken, info.In(ContextOf(page))) << info.name;
    }
  }
}

// --- Slash commands ---

struct SlashCase {
  std::string line;
  std::size_t alternative;  // Of client::Action.
};

TEST(HandleSlashTest, CommandsOfTheServerAskForTheirAction) {
  for (const auto& [line, alternative] : std::vector<SlashCase>{{"/create #crew Off duty", 0},
                                                                {"/join #harbour", 1},
                                                                {"/leave", 2},
                                                                {"/leave galley", 2},
                                                                {"/msg cy", 3},
                                                                {"/invite @dan", 4},
                                                                {"/kick cy", 5},
                                                                {"/ban cy", 5},
                                                                {"/role cy moderator", 6},
                                                                {"/topic Second watch", 7}}) {
    Driver driver = At(Page::kChat);
    const auto asked = Told<client::ActionAsked>(driver.Press("'" + line + "' enter"));
    ASSERT_EQ(asked.size(), 1U) << line;
    EXPECT_EQ(asked[0].action.index(), alternative) << line;
    EXPECT_TRUE(driver.state().chat.input.empty()) << line;
  }
}

TEST(HandleSlashTest, CommandsOfThisSide) {
  Driver driver = At(Page::kChat);
  EXPECT_EQ(Of<Send>(driver.Press("'/me waves' enter")).at(0).text, "* waves");
  EXPECT_TRUE(Told<client::MuteAsked>(driver.Press("'/mute' enter")).at(0).on);
  EXPECT_EQ(Of<Quit>(driver.Press("'/quit' enter")).size(), 1U);
  EXPECT_EQ(Told<client::LogOutAsked>(driver.Press("'/logout' enter")).size(), 1U);
  driver.Press("'/who' enter");
  EXPECT_EQ(std::get<TextOverlay>(driver.state().overlay).lines.size(), 3U);
  driver.Press("escape '/channels' enter");
  EXPECT_EQ(driver.state().page, Page::kHome);
}

TEST(HandleSlashTest, MessageToSomebodyKnownIsSentAtOnce) {
  Driver driver = At(Page::kChat);
  const auto sent = Of<Send>(driver.Press("'/msg bob see you' enter"));
  EXPECT_EQ(sent.at(0).ref, "id:21");
  EXPECT_EQ(sent.at(0).text, "see you");
  EXPECT_EQ(driver.state().chat.channel, 21U);
}

TEST(HandleSlashTest, WhatACommandSendsIsCheckedAsAnyMessage) {
  Driver driver = At(Page::kChat);
  EXPECT_EQ(Of<Send>(driver.Press("'/me wave\u0301s' enter")).at(0).text, "* wav\u00e9s");
  for (const std::string line : {"/me waves \u202e", "/msg bob psst \u202e"}) {
    EXPECT_TRUE(Of<Send>(driver.Press("'" + line + "' enter")).empty()) << line;
    EXPECT_TRUE(driver.state().notice.value().error) << line;
    EXPECT_EQ(driver.state().chat.input.text(), line);
    driver.Press("ctrl+c");
  }
}

TEST(HandleSlashTest, RetryAndDropSettleWhatWasRefused) {
  Driver driver = At(Page::kChat);
  client::ChatLine line;
  line.key = "k1";
  line.state = client::LineState::kFailed;
  driver.model().channels[11].unsent.push_back(line);
  EXPECT_EQ(Of<SendAgain>(driver.Press("'/retry' enter")).at(0).key, "k1");
  EXPECT_EQ(Told<client::DropAsked>(driver.Press("'/drop' enter")).at(0).key, "k1");
}

TEST(HandleSlashTest, WrongArgumentsAreSaid) {
  Driver driver = At(Page::kChat);
  for (const std::string line :
       {"/role cy king", "/join", "/join Ää", "/leave nowhere", "/leave bob"}) {
    driver.state().notice.reset();
    EXPECT_TRUE(Told<client::ActionAsked>(driver.Press("'" + line + "' enter")).empty()) << line;
    EXPECT_TRUE(driver.state().notice && driver.state().notice->error) << line;
    driver.Press("ctrl+c");
  }
  Driver home = At(Page::kHome);
  home.Press("'/topic x' enter");
  EXPECT_TRUE(home.state().notice.value().error);
}

}  // namespace
}  // namespace yap::tui
