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
    std::ostringstream out;
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
    ran.out = out.str();
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
