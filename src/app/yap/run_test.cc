// The commands: what they ask the server, and what goes to stdout and stderr.
#include <fstream>
#include <sstream>

#include "app/yap/run_testing.h"
#include "base/sim_clock.h"
#include "client/event_cache.h"
#include "client/outbox.h"

namespace yap::app {
namespace {

TEST_F(RunTest, SendSaysNothingAndExits0WhenItIsStored) {
  const Ran ran = Run({"send", "deck", "all", "hands"});
  EXPECT_EQ(ran.code, kExitOk);
  EXPECT_EQ(ran.out + ran.err, "");
  EXPECT_EQ(server_.channel("deck").log.back().message_posted().text(), "all hands");
}

TEST_F(RunTest, SendPrintsSeqAndKeyAsJson) {
  const Ran ran = Run({"send", "deck", "x", "--json"});
  const auto line = FirstLine(ran.out);
  EXPECT_EQ(line["seq"], 1);
  EXPECT_EQ(line["key"].get<std::string>().size(), 32U);
}

TEST_F(RunTest, SendTakesStdinWithoutItsLastNewline) {
  EXPECT_EQ(Run({"send", "deck", "-"}, "one\ntwo\n").code, kExitOk);
  EXPECT_EQ(server_.channel("deck").log.back().message_posted().text(), "one\ntwo");
}

TEST_F(RunTest, SendTakesTheLastNewlineOfWindowsToo) {
  EXPECT_EQ(Run({"send", "deck", "-"}, "one\r\n").code, kExitOk);
  EXPECT_EQ(server_.channel("deck").log.back().message_posted().text(), "one");
}

TEST_F(RunTest, TimeoutBeginsWithTheFirstCallHoweverLongTheInputTook) {
  SimClock clock;
  std::stringstream none;
  Environment environment = World(none, none, none, "", clock);
  asio::io_context io;
  Cli cli(environment, {.timeout_s = 10}, io.get_executor());
  clock.Advance(std::chrono::hours(1));
  const Deadline first = cli.deadline();
  EXPECT_EQ(first.at - clock.Mono(), std::chrono::seconds(10));
  clock.Advance(std::chrono::seconds(4));
  EXPECT_EQ(cli.deadline(), first);
}

TEST_F(RunTest, SendThatNeverHadAConnectionIsUnreachableAndNotUnknown) {
  server_.fault_of_call = [](const auto&) { return Fault::kUnconnected; };
  const Ran ran = Run({"send", "deck", "x", "--timeout", "0.3"});
  EXPECT_EQ(ran.code, kExitUnreachable);
  EXPECT_EQ(ran.err.find("may or may not"), std::string::npos) << ran.err;
}

TEST_F(RunTest, SendIsUnknownWhenAnyAttemptMayHaveArrived) {
  server_.fault_of_call = [calls = 0](const auto&) mutable {
    return ++calls == 1 ? Fault::kAfter : Fault::kUnconnected;
  };
  EXPECT_EQ(Run({"send", "deck", "x", "--timeout", "3"}).code, kExitUnknown);
  server_.fault_of_call = [](const auto&) { return Fault::kUnconnected; };
  const std::string key(32, '0');
  EXPECT_EQ(Run({"send", "deck", "x", "--timeout", "0.3", "--key", key}).code, kExitUnknown);
}

TEST_F(RunTest, UnknownOutcomeIsExit6WithTheKeyAndTheSameKeyStoresOnce) {
  server_.fault_of_call = [](const auto&) { return Fault::kAfter; };
  const Ran ran = Run({"send", "deck", "x", "--timeout", "0.3"});
  EXPECT_EQ(ran.code, kExitUnknown);
  const auto at = ran.err.find("--key ");
  ASSERT_NE(at, std::string::npos);
  server_.fault_of_call = nullptr;
  EXPECT_EQ(Run({"send", "deck", "x", "--key", ran.err.substr(at + 6, 32)}).code, kExitOk);
  EXPECT_EQ(server_.channel("deck").log.size(), 1U);
}

TEST_F(RunTest, UnknownChannelNamesTheNearest) {
  server_.On(client::kListJoinedChannels,
             [](const auto&) -> Result<v1::ListJoinedChannelsResponse> {
               v1::ListJoinedChannelsResponse page;
               page.add_channels()->mutable_channel()->set_name("deck");
               return page;
             });
  const Ran ran = Run({"send", "dekc", "x"});
  EXPECT_EQ(ran.code, kExitNotFound);
  EXPECT_NE(ran.err.find("did you mean \"deck\"?"), std::string::npos);
}

TEST_F(RunTest, TailSinceBeyondTheEndSaysSo) {
  server_.Append("deck", "a");
  const Ran ran = Run({"tail", "deck", "--since", "7", "--no-follow"});
  EXPECT_EQ(ran.code, kExitOk);
  EXPECT_NE(ran.err.find("only 1 events"), std::string::npos) << ran.err;
}

TEST_F(RunTest, NameThatNobodyCanHaveIsNoSuchUser) {
  const Ran ran = Run({"kick", "deck", "system"});
  EXPECT_EQ(ran.code, kExitNotFound) << ran.err;
}

TEST_F(RunTest, RoleAsksForThatRole) {
  v1::SetRoleRequest asked;
  server_.On(client::kSetRole, [&](const auto& request) -> Result<v1::SetRoleResponse> {
    asked = request;
    return v1::SetRoleResponse();
  });
  const Ran ran = Run({"role", "deck", "@bob", "moderator"});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(asked.channel().name(), "deck");
  EXPECT_EQ(asked.user().name(), "bob");
  EXPECT_EQ(asked.role(), v1::ROLE_MODERATOR);
  EXPECT_EQ(asked.request_id().size(), 16U);
}

TEST_F(RunTest, TailWithACursorFilePrintsEachEventOnceAcrossRuns) {
  const std::vector<std::string> tail = {"tail", "deck",     "--json",      "--since",
                                         "0",    "--cursor", home() / "at", "--no-follow"};
  std::vector<std::uint64_t> seen;
  for (int run = 0; run < 3; ++run) {
    server_.Append("deck", "a");
    server_.Append("deck", "b");
    std::istringstream lines(Run(tail).out);
    for (std::string line; std::getline(lines, line);) {
      seen.push_back(nlohmann::json::parse(line)["seq"]);
    }
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
}

TEST_F(RunTest, TailKnowsItsPlaceHoweverTheChannelIsSpelled) {
  server_.Append("deck", "a");
  const auto tail = [&](const char* channel) {
    return Run(
        {"tail", channel, "--json", "--since", "0", "--cursor", home() / "at", "--no-follow"});
  };
  EXPECT_EQ(FirstLine(tail("deck").out)["seq"], 1);
  server_.Append("deck", "b");
  EXPECT_EQ(FirstLine(tail("#deck").out)["seq"], 2);
  EXPECT_EQ(tail("deck").out, "");
}

TEST_F(RunTest, TailBeginsWithTheLastEvents) {
  for (int i = 0; i < 20; ++i) server_.Append("deck", "x");
  const Ran ran = Run({"tail", "deck", "-n", "3", "--no-follow"});
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 3);
}

TEST_F(RunTest, TextOfOthersCannotSteerTheTerminalNorPoseAsAnotherLine) {
  server_.Append("deck", "a\x1b[2J\x07\n2030-01-01 00:00:00 root: pay\xE2\x80\xAE me\xC2\x9B");
  const Ran ran = Run({"history", "deck"});
  for (const char c : ran.out) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n');
  }
  EXPECT_EQ(ran.out.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_EQ(ran.out.find("\xC2\x9B"), std::string::npos);
  EXPECT_NE(ran.out.find("\n    2030-01-01"), std::string::npos);
}

TEST_F(RunTest, WhatTheAdministratorDidIsNotShownAsDoneByTheVictim) {
  server_.Append("deck", "x");
  auto& event = server_.channel("deck").log.back();
  event.clear_actor();
  event.mutable_member_removed()->mutable_user()->set_username("bob");
  EXPECT_NE(Run({"history", "deck"}).out.find("-- the administrator removed bob"),
            std::string::npos);
  event.mutable_member_joined()->mutable_user()->set_username("bob");
  EXPECT_NE(Run({"history", "deck"}).out.find("-- bob joined"), std::string::npos);
}

TEST_F(RunTest, JsonKeepsTheContentEscaped) {
  server_.Append("deck", "a\x1b[2J ü \xE2\x80\xAE");
  const Ran ran = Run({"history", "deck", "--json"});
  for (const char c : ran.out) EXPECT_TRUE(static_cast<unsigned char>(c) < 0x7F) << ran.out;
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
  EXPECT_EQ(FirstLine(ran.out)["text"], "a\x1b[2J ü \xE2\x80\xAE");
  EXPECT_EQ(FirstLine(ran.out)["time"].get<std::string>().back(), 'Z');
}

TEST_F(RunTest, NamesHaveColoursOnATerminalOnlyAndNotWithNoColor) {
  server_.Append("deck", "x");
  EXPECT_EQ(Run({"history", "deck"}).out.find('\x1b'), std::string::npos);
  terminal_ = true;
  EXPECT_NE(Run({"history", "deck"}).out.find("\x1b[38;2;"), std::string::npos);
  EXPECT_EQ(Run({"history", "deck", "--no-color"}).out.find('\x1b'), std::string::npos);
  variables_["NO_COLOR"] = "1";
  EXPECT_EQ(Run({"history", "deck"}).out.find('\x1b'), std::string::npos);
}

TEST_F(RunTest, ChatSendsWhatIsPipedInAndEnds) {
  const Ran ran = Run({"chat", "deck"}, "one\n//two\n/frob\n/quti\nthree");
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  std::vector<std::string> stored;
  for (const auto& event : server_.channel("deck").log) {
    stored.push_back(event.message_posted().text());
  }
  EXPECT_EQ(stored, (std::vector<std::string>{"one", "/two", "three"}));
  EXPECT_NE(ran.out.find("there is no command /frob"), std::string::npos);
  EXPECT_NE(ran.out.find("did you mean /quit?"), std::string::npos);
}

TEST_F(RunTest, ChatOfAnUnknownChannelIsNotFoundEvenIfNothingIsTyped) {
  for (const std::string input : {"hello\n", ""}) {
    const Ran ran = Run({"chat", "nowhere"}, input);
    EXPECT_EQ(ran.code, kExitNotFound) << ran.err;
    EXPECT_NE(ran.err.find("there is no channel \"nowhere\""), std::string::npos) << ran.err;
  }
}

TEST_F(RunTest, ChatWithNothingToSendEndsWhenTheServerIsAway) {
  server_.fault_of_call = [](const auto&) { return Fault::kBefore; };
  EXPECT_EQ(Run({"chat", "deck"}).code, kExitUnreachable);
}

TEST_F(RunTest, ChatTellsAtItsEndHowFarItWasSeenWithOwnMessages) {
  std::vector<std::uint64_t> told;
  server_.On(client::kMarkRead, [&](const auto& request) -> Result<v1::MarkReadResponse> {
    EXPECT_EQ(request.channel().id(), server_.channel("deck").id);
    told.push_back(request.seq());
    return v1::MarkReadResponse();
  });
  for (int i = 0; i < 3; ++i) server_.Append("deck", "x");
  EXPECT_EQ(Run({"chat", "deck"}).code, kExitOk);
  EXPECT_EQ(Run({"chat", "deck"}, "mine").code, kExitOk);
  EXPECT_EQ(told, (std::vector<std::uint64_t>{3, 4}));
}

TEST_F(RunTest, ChatSaysHowManyNewMessagesLieAboveWhatItShows) {
  for (int i = 0; i < 60; ++i) server_.Append("deck", "x");
  server_.unread = 60;
  EXPECT_NE(Run({"chat", "deck"}).out.find("-- 40 new messages before these"), std::string::npos);
  server_.unread = 20;
  EXPECT_EQ(Run({"chat", "deck"}).out.find("before these"), std::string::npos);
}

TEST_F(RunTest, TailHistoryAndSendLeaveTheReadPositionAlone) {
  server_.Append("deck", "x");
  EXPECT_EQ(Run({"tail", "deck", "--no-follow"}).code, kExitOk);
  EXPECT_EQ(Run({"history", "deck"}).code, kExitOk);
  EXPECT_EQ(Run({"send", "deck", "y"}).code, kExitOk);
  EXPECT_EQ(server_.calls[client::kMarkRead.method], 0);
}

TEST_F(RunTest, ChatOfAChannelThatIsNotJoinedSaysSoAndWhatBecameOfTheText) {
  server_.refuse_streams =
      MakeError(Errc::kPermissionDenied, "NOT_A_MEMBER", "you have not joined #deck");
  Refuse(client::kSendMessage, MakeError(Errc::kUnavailable, "STORE_UNAVAILABLE", "not now"));
  {
    auto outbox = client::Outbox::Open(home() / ".local/state/yap/outbox" /
                                       client::OutboxFolderName("127.0.0.1:7676", "ada"));
    client::OutboxMessage typed;
    typed.key = std::string(16, 'k');
    typed.channel = "deck";
    typed.text = "hello";
    ASSERT_TRUE(outbox && outbox->Add(typed));
  }
  const Ran ran = Run({"chat", "deck"});
  EXPECT_EQ(ran.code, kExitError);
  EXPECT_NE(ran.err.find("you have not joined #deck"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find("yap login"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("not sent yet: 1 of your messages"), std::string::npos) << ran.err;
}

TEST_F(RunTest, WhatWasRefusedElsewhereIsNamedAndCanBeDropped) {
  server_.AddChannel("lobby");
  Refuse(client::kSendMessage, MakeError(Errc::kInvalidArgument, "TEXT_EMPTY", "no"));
  EXPECT_EQ(Run({"chat", "deck"}, "bad\n").code, kExitError);
  const Ran dropped = Run({"chat", "lobby"}, "/drop\n");
  EXPECT_EQ(dropped.code, kExitOk) << dropped.err;
  EXPECT_NE(dropped.out.find("-- not sent to #deck: no: bad"), std::string::npos) << dropped.out;
  EXPECT_EQ(dropped.out.find("nothing was refused"), std::string::npos) << dropped.out;
  EXPECT_EQ(Run({"chat", "lobby"}).out.find("not sent"), std::string::npos);
}

TEST_F(RunTest, RegisterTakesThePasswordFromAFileAndStoresTokensOnly) {
  std::string password;
  server_.On(client::kRegister, [&](const auto& request) -> Result<v1::RegisterResponse> {
    password = request.password();
    v1::RegisterResponse response;
    response.mutable_user()->set_id(9);
    response.mutable_user()->set_username(request.username());
    response.mutable_tokens()->set_access_token("yap_a_new");
    response.mutable_tokens()->set_refresh_token("yap_r_new");
    return response;
  });
  std::ofstream(home() / "pw") << "three small green boats\nsecond line\n";
  const Ran ran = Run({"register", "carol", "--password-file", home() / "pw"});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_EQ(password, "three small green boats");
  EXPECT_EQ(Run({"register", "carol", "--password-file", "-"}, "from a pipe, long\n").code, 0);
  EXPECT_EQ(password, "from a pipe, long");
  std::ifstream file(home() / ".local/share/yap/credentials.toml");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(text.find("yap_r_new"), std::string::npos);
  EXPECT_EQ(text.find("boats"), std::string::npos);
}

TEST_F(RunTest, PasswordSendsBothAndSaysHowManySessionsEnded) {
  v1::ChangePasswordRequest asked;
  server_.On(client::kChangePassword,
             [&](const auto& request) -> Result<v1::ChangePasswordResponse> {
               asked = request;
               v1::ChangePasswordResponse response;
               response.set_sessions_ended(2);
               return response;
             });
  std::ofstream(home() / "old") << "three small green boats\n";
  std::ofstream(home() / "new") << "four large yellow ships\n";
  const Ran ran = Run({"password", "--old-file", home() / "old", "--new-file", home() / "new"});
  EXPECT_EQ(ran.code, kExitOk) << ran.err;
  EXPECT_NE(ran.err.find("2 other sessions"), std::string::npos) << ran.err;
  EXPECT_EQ(asked.old_password(), "three small green boats");
  EXPECT_EQ(asked.new_password(), "four large yellow ships");
}

TEST_F(RunTest, RegisterWhereAnInviteIsNeededNamesTheFlag) {
  Refuse(client::kRegister, MakeError(Errc::kPermissionDenied, "INVITE_REQUIRED", "no"));
  const Ran ran = Run({"register", "carol", "--password-file", "-"}, "three small green boats\n");
  EXPECT_EQ(ran.code, kExitError);
  EXPECT_NE(ran.err.find("yap register carol --invite-file FILE"), std::string::npos) << ran.err;
}

TEST_F(RunTest, LoginEndsTheSessionItReplaces) {
  server_.On(client::kLogin, [&](const auto&) -> Result<v1::LoginResponse> {
    v1::LoginResponse response;
    response.mutable_user()->set_username("ada");
    response.mutable_tokens()->set_access_token("yap_a_new");
    return response;
  });
  server_.On(client::kLogout,
             [](const auto&) -> Result<v1::LogoutResponse> { return v1::LogoutResponse(); });
  const std::vector<std::string> login = {"login", "ada", "--password-file", "-"};
  EXPECT_EQ(Run(login, "three small green boats\n").code, kExitOk);
  EXPECT_EQ(server_.calls[client::kLogout.method], 1);
  EXPECT_EQ(server_.tokens, std::vector<std::string>{"yap_a_0"});
  Refuse(client::kLogout, MakeError(Errc::kUnavailable, "", "not now"));
  EXPECT_EQ(Run(login, "three small green boats\n").code, kExitOk);
}

TEST_F(RunTest, LoginEndsAReplacedSessionWhoseAccessTokenHasExpired) {
  server_.On(client::kLogin, [&](const auto&) -> Result<v1::LoginResponse> {
    v1::LoginResponse response;
    response.mutable_user()->set_username("ada");
    return response;
  });
  server_.On(client::kLogout,
             [](const auto&) -> Result<v1::LogoutResponse> { return v1::LogoutResponse(); });
  server_.refuse_token_expired = true;
  EXPECT_EQ(Run({"login", "ada", "--password-file", "-"}, "three small green boats\n").code, 0);
  EXPECT_EQ(server_.calls[client::kLogout.method], 2);
  EXPECT_EQ(server_.calls[client::kRefresh.method], 1);
}

TEST_F(RunTest, WithoutATerminalAPasswordIsAnErrorThatNamesTheFlag) {
  const Ran ran = Run({"login", "ada"});
  EXPECT_EQ(ran.code, kExitError);
  EXPECT_NE(ran.err.find("--password-file"), std::string::npos);
}

TEST_F(RunTest, LogoutForgetsEvenWhenTheServerIsAway) {
  const auto cache = client::EventCacheFolder(home() / ".local/state/yap", "127.0.0.1:7676", "ada");
  std::filesystem::create_directories(cache);
  server_.fault_of_call = [](const auto&) { return Fault::kBefore; };
  EXPECT_EQ(Run({"logout", "--timeout", "0.2"}).code, kExitUnreachable);
  EXPECT_EQ(Run({"send", "deck", "x"}).code, kExitAuthentication);
  EXPECT_FALSE(std::filesystem::exists(cache));
}

}  // namespace
}  // namespace yap::app
