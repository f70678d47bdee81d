// `yap` as a whole, over a server in memory: what goes to stdout and stderr, and the exit codes.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "app/yap/cli.h"
#include "app/yap/completions.h"
#include "app/yap/registry.h"
#include "client/client_testing.h"

namespace yap::app {
namespace {

using client::FakeServer;
using client::Fault;

// The run owns its transport; the server stays.
class Line final : public client::Transport {
 public:
  explicit Line(FakeServer& server) : server_(server) {}
  Task<std::string> Call(std::string method, std::string request, Secret token,
                         Deadline deadline) override {
    return server_.Call(std::move(method), std::move(request), std::move(token), deadline);
  }
  std::unique_ptr<client::Stream> Open(std::string method, std::string request,
                                       Secret token) override {
    return server_.Open(std::move(method), std::move(request), std::move(token));
  }

 private:
  FakeServer& server_;
};

// A stdout that takes `room` bytes and then nothing more.
class Sink final : public std::streambuf {
 public:
  explicit Sink(std::size_t room) : room_(room) {}
  const std::string& text() const { return text_; }

 private:
  std::streamsize xsputn(const char* bytes, std::streamsize count) override {
    const auto size = static_cast<std::size_t>(count);
    if (text_.size() + size > room_) {
      errno = ENOSPC;
      return 0;
    }
    text_.append(bytes, size);
    return count;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

  const std::size_t room_;
  std::string text_;
};

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    server_.AddChannel("deck");
    const auto file = home() / ".local/share/yap/credentials.toml";
    client::CredentialStore store(file);
    const auto expires = SystemClock().Now() + std::chrono::hours(1);
    EXPECT_TRUE(
        store.Save("127.0.0.1:7676", {1, "ada", Secret("yap_a_0"), expires, Secret("yap_r_0")}));
  }

  std::filesystem::path home() const { return folder_.path(); }

  Ran Run(const std::vector<std::string>& args, const std::string& input = "") {
    std::istringstream in(input);
    Sink sink(room_);
    std::ostream out(&sink);
    std::ostringstream err;
    Environment environment{
        .getenv = [this](std::string_view name) -> std::optional<std::string> {
          const auto found = variables_.find(std::string(name));
          if (found != variables_.end()) return found->second;
          if (name == "HOME") return home().string();
          return {};
        },
        .in = in,
        .out = out,
        .err = err,
        .out_is_terminal = terminal_,
        .ask_secret = {},
        .start_input =
            [&](bool, std::function<void(std::optional<std::string>)> take) {
              typist_ = std::jthread([take = std::move(take), input] {
                take(input);
                take(std::nullopt);
              });
            },
        .columns = {},
        .connect = [this](const auto&, const auto&) { return std::make_unique<Line>(server_); },
        .clock = SystemClock(),
        .random = random_,
        .version = "1.2.3",
    };
    Ran ran;
    ran.code = RunYap(args, environment);
    ran.out = sink.text();
    ran.err = err.str();
    return ran;
  }

  // The method answers with this error.
  template <class Method>
  void Refuse(Method method, Error error) {
    server_.On(method, [error](const auto&) -> Result<typename Method::Response> {
      return std::unexpected(error);
    });
  }

  client::TemporaryFolder folder_;
  SeededRandom random_{1};
  FakeServer server_{SystemClock()};
  std::map<std::string, std::string> variables_;
  bool terminal_ = false;
  std::size_t room_ = SIZE_MAX;  // Of stdout.
  std::jthread typist_;
};

nlohmann::json FirstLine(const std::string& text) {
  return nlohmann::json::parse(text.substr(0, text.find('\n')));
}

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

TEST_F(RunTest, ErrorsExitByTheTable) {
  const std::vector<std::pair<Errc, int>> table = {{Errc::kInvalidArgument, kExitError},
                                                   {Errc::kPermissionDenied, kExitError},
                                                   {Errc::kAlreadyExists, kExitError},
                                                   {Errc::kUnauthenticated, kExitAuthentication},
                                                   {Errc::kNotFound, kExitNotFound}};
  for (const auto& [code, exit] : table) {
    Refuse(client::kListEvents, MakeError(code, "SOME_REASON", "what happened"));
    const Ran ran = Run({"history", "deck"});
    EXPECT_EQ(ran.code, exit) << ErrcName(code);
    EXPECT_NE(ran.err.find("what happened"), std::string::npos);
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(RunTest, UnreachableIsExit5AndNamesTheServer) {
  server_.fault_of_call = [](const auto&) { return Fault::kBefore; };
  const Ran ran = Run({"channels", "--timeout", "0.2"});
  EXPECT_EQ(ran.code, kExitUnreachable);
  EXPECT_NE(ran.err.find("yap doctor --server 127.0.0.1:7676"), std::string::npos);
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

TEST_F(RunTest, UsageErrorsAreExit2AndNameWhatIsMissing) {
  EXPECT_EQ(Run({"send"}).code, kExitUsage);
  EXPECT_NE(Run({"send"}).err.find("CHANNEL"), std::string::npos);
  EXPECT_NE(Run({"sned", "deck"}).err.find("did you mean \"send\"?"), std::string::npos);
  EXPECT_EQ(Run({"tail", "deck", "--frob"}).code, kExitUsage);
  EXPECT_EQ(Run({"auth"}).code, kExitUsage);
  EXPECT_EQ(Run({}).code, kExitUsage);
}

TEST_F(RunTest, WordsThatOnlyTheirCommandCanJudgeAreUsageErrors) {
  EXPECT_EQ(Run({"send", "deck", "x", "--key", "zz"}).code, kExitUsage);
  EXPECT_EQ(Run({"sessions", "revoke", "abc"}).code, kExitUsage);
  const Ran ftp = Run({"channels", "--server", "ftp://x"});
  EXPECT_EQ(ftp.code, kExitUsage);
  EXPECT_NE(ftp.err.find("https:// only"), std::string::npos) << ftp.err;
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"tail", "deck", "--since", "-1"},
                                             {"tail", "deck", "--since=-1"},
                                             {"tail", "deck", "--since", "99999999999999999999"},
                                             {"tail", "deck", "-n", "-1"},
                                             {"tail", "deck", "-n", "1.5"},
                                             {"history", "deck", "--before", "-1"},
                                             {"history", "deck", "--before=-1"},
                                             {"role", "deck", "bob", "king"}}) {
    EXPECT_EQ(Run(args).code, kExitUsage) << args.back();
  }
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

TEST_F(RunTest, AnErrorIsOneSentenceWithWhatToDoNext) {
  Refuse(client::kListEvents, MakeError(Errc::kUnauthenticated, "SESSION_ENDED",
                                        "The session was ended. Log in again."));
  EXPECT_EQ(Run({"history", "deck"}).err,
            "yap: The session was ended. Log in again; run `yap login`\n");
}

TEST_F(RunTest, VersionIsAFlagToo) {
  EXPECT_EQ(Run({"--version"}).out, "yap 1.2.3\n");
  EXPECT_EQ(Run({"--version"}).code, kExitOk);
}

TEST_F(RunTest, HelpOfACommandThatDoesNotExistIsAnError) {
  const Ran ran = Run({"verify", "--help"});
  EXPECT_EQ(ran.code, kExitUsage);
  EXPECT_NE(ran.err.find("there is no command \"verify\""), std::string::npos) << ran.err;
  EXPECT_EQ(Run({"--help"}).code, kExitOk);
}

TEST_F(RunTest, FlagBeatsEnvironmentBeatsFile) {
  std::filesystem::create_directories(home() / ".config/yap");
  std::ofstream(home() / ".config/yap/config.toml") << "server = \"file:1\"\n";
  EXPECT_NE(Run({"auth", "status"}).err.find("file:1"), std::string::npos);
  variables_["YAP_SERVER"] = "environment:1";
  EXPECT_NE(Run({"auth", "status"}).err.find("environment:1"), std::string::npos);
  EXPECT_NE(Run({"auth", "status", "--server", "flag:1"}).err.find("flag:1"), std::string::npos);
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

TEST_F(RunTest, OutputThatCannotBeWrittenIsExit1AndTheCursorStays) {
  server_.Append("deck", "a");
  const std::vector<std::string> tail = {"tail",     "deck",        "--since", "0",
                                         "--cursor", home() / "at", "--json"};
  room_ = 10;
  const Ran full = Run(tail);  // Follows, and yet it ends.
  EXPECT_EQ(full.code, kExitError);
  EXPECT_EQ(full.err, "yap: cannot write the output: No space left on device\n");
  room_ = SIZE_MAX;
  std::vector<std::string> again = tail;
  again.push_back("--no-follow");
  EXPECT_EQ(FirstLine(Run(again).out)["seq"], 1);
}

TEST_F(RunTest, EveryCommandSaysThatItsOutputIsLost) {
  server_.Append("deck", "a");
  room_ = 3;
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"history", "deck"},
                                             {"version"},
                                             {"completions", "bash"},
                                             {"send", "deck", "x", "--json"}}) {
    const Ran ran = Run(args);
    EXPECT_EQ(ran.code, kExitError) << args[0];
    EXPECT_NE(ran.err.find("cannot write the output"), std::string::npos) << args[0];
  }
  EXPECT_EQ(Run({"--help"}).code, kExitError);
}

TEST_F(RunTest, DoctorNamesWhatIsWrongWithTheConfiguration) {
  EXPECT_NE(Run({"doctor", "--server", "127.0.0.1:1"}).out.find("all defaults"), std::string::npos);
  std::filesystem::create_directories(home() / ".config/yap");
  std::ofstream(home() / ".config/yap/config.toml") << "ca_file = \"/nowhere.pem\"\n";
  const Ran ran = Run({"doctor", "--server", "https://127.0.0.1:1"});
  EXPECT_EQ(ran.code, kExitError);
  EXPECT_NE(ran.out.find("FAIL  ca_file"), std::string::npos) << ran.out;
}

TEST_F(RunTest, CursorThatCannotBeAFileIsExit1) {
  const Ran ran = Run({"tail", "deck", "--cursor", home(), "--no-follow"});
  EXPECT_EQ(ran.code, kExitError);
  EXPECT_NE(ran.err.find("directory"), std::string::npos) << ran.err;
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

TEST_F(RunTest, ChatOfAnUnknownChannelIsAnError) {
  const Ran ran = Run({"chat", "nowhere"}, "hello\n");
  EXPECT_TRUE(ran.code == kExitNotFound || ran.code == kExitError) << ran.code;
  EXPECT_NE((ran.out + ran.err).find("channel"), std::string::npos);
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
  server_.On(client::kLogin,
             [&](const auto&) -> Result<v1::LoginResponse> { return v1::LoginResponse(); });
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
  server_.fault_of_call = [](const auto&) { return Fault::kBefore; };
  EXPECT_EQ(Run({"logout", "--timeout", "0.2"}).code, kExitUnreachable);
  EXPECT_EQ(Run({"send", "deck", "x"}).code, kExitAuthentication);
}

TEST_F(RunTest, HelpOfEveryCommandBeginsWithExamples) {
  Registry registry;
  AddAllCommands(registry);
  for (const CLI::App* command : registry.app().get_subcommands(nullptr)) {
    const Ran ran = Run({command->get_name(), "--help"});
    EXPECT_EQ(ran.code, kExitOk);
    EXPECT_TRUE(ran.out.starts_with("Examples:\n  ")) << command->get_name();
    EXPECT_EQ(ran.out.find("--password "), std::string::npos);
  }
}

TEST_F(RunTest, UsageNamesTheProgramAndWhatMayBeRepeated) {
  EXPECT_NE(Run({"create", "--help"}).out.find("Usage: yap create [OPTIONS] CHANNEL\n"),
            std::string::npos);
  EXPECT_NE(Run({"tail", "--help"}).out.find("Usage: yap tail [OPTIONS] CHANNEL…\n"),
            std::string::npos);
  EXPECT_NE(Run({"auth", "status", "--help"}).out.find("Usage: yap auth status"),
            std::string::npos);
}

// Exit status of a shell that sources the completions and runs `check`; none where there is no such
// shell on this machine.
std::optional<int> InShell(const std::string& shell, const std::filesystem::path& script,
                           const std::string& check) {
  if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0) return {};
  const auto file = script.string() + ".check";
  std::ofstream(file) << check;
  return std::system((shell + " " + file + " >/dev/null").c_str());
}

TEST_F(RunTest, BashCompletesCommandsAndFlags) {
  const auto script = home() / "yap.bash";
  std::ofstream(script) << Run({"completions", "bash"}).out;
  const auto status = InShell("bash", script,
                              "set -e\nsource " + script.string() +
                                  "\nCOMP_WORDS=(yap hist); COMP_CWORD=1; _yap\n"
                                  "[[ \"${COMPREPLY[*]}\" == history ]]\n"
                                  "COMP_WORDS=(yap tail deck --cur); COMP_CWORD=3; _yap\n"
                                  "[[ \"${COMPREPLY[*]}\" == --cursor ]]\n"
                                  "COMP_WORDS=(yap sessions re); COMP_CWORD=2; _yap\n"
                                  "[[ \"${COMPREPLY[*]}\" == revoke ]]\n");
  if (!status) GTEST_SKIP() << "no bash here";
  EXPECT_EQ(*status, 0);
}

TEST_F(RunTest, ZshAndFishReadTheirCompletions) {
  const auto zsh = home() / "_yap";
  std::ofstream(zsh) << Run({"completions", "zsh"}).out;
  const auto in_zsh = InShell("zsh", zsh,
                              "compdef() { :; }\nsource " + zsh.string() +
                                  "\nreply=(); _yap_words tail\n"
                                  "[[ \"${reply[*]}\" == *--cursor* ]]\n");
  if (in_zsh) EXPECT_EQ(*in_zsh, 0);
  const auto fish = home() / "yap.fish";
  std::ofstream(fish) << Run({"completions", "fish"}).out;
  const auto in_fish = InShell(
      "fish", fish, "source " + fish.string() + "\ncomplete -C 'yap hist' | grep -q history\n");
  if (in_fish) EXPECT_EQ(*in_fish, 0);
  if (!in_zsh && !in_fish) GTEST_SKIP() << "neither zsh nor fish here";
}

}  // namespace
}  // namespace yap::app
