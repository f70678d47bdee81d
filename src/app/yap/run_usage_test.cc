// The command line itself: usage, help, exit codes, output that is lost, completions.
#include <fstream>
#include <set>
#include <sstream>

#include "app/yap/completions.h"
#include "app/yap/registry.h"
#include "app/yap/run_testing.h"

namespace yap::app {
namespace {

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

TEST_F(RunTest, ManualHasEveryCommandAndOnlyMacrosOfMan) {
  const Ran ran = Run({"manual"});
  EXPECT_EQ(ran.code, kExitOk);
  Registry registry;
  AddAllCommands(registry);
  for (const CLI::App* command : registry.app().get_subcommands(nullptr)) {
    EXPECT_NE(ran.out.find(".SS yap " + command->get_name()), std::string::npos)
        << command->get_name();
  }
  for (const std::string section : {"KEYS AND COMMANDS", "EXIT STATUS", "FILES", "ENVIRONMENT"}) {
    EXPECT_NE(ran.out.find(".SH " + section + "\n"), std::string::npos) << section;
  }
  const std::set<std::string> macros = {".TH", ".SH", ".SS", ".TP", ".PP",
                                        ".B",  ".I",  ".br", ".nf", ".fi"};
  std::istringstream lines(ran.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.starts_with('\'')) << line;
    if (line.starts_with('.')) EXPECT_TRUE(macros.contains(line.substr(0, line.find(' ')))) << line;
  }
}

TEST_F(RunTest, UsageErrorsAreExit2AndNameWhatIsMissing) {
  EXPECT_EQ(Run({"send"}).code, kExitUsage);
  EXPECT_NE(Run({"send"}).err.find("CHANNEL"), std::string::npos);
  EXPECT_NE(Run({"sned", "deck"}).err.find("did you mean \"send\"?"), std::string::npos);
  EXPECT_EQ(Run({"tail", "deck", "--frob"}).code, kExitUsage);
  EXPECT_EQ(Run({"auth"}).code, kExitUsage);
  EXPECT_EQ(Run({}).code, kExitUsage);
}

TEST_F(RunTest, WithoutATerminalNoCommandIsHelpAndAUsageError) {
  const Ran ran = Run({});
  EXPECT_EQ(ran.code, kExitUsage);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("yap --plain lobby"), std::string::npos);
}

TEST_F(RunTest, PlainIsChatInTheLobbyOrTheChannelNamed) {
  server_.AddChannel("lobby");
  server_.Append("lobby", "welcome");
  server_.Append("deck", "all hands");
  EXPECT_NE(Run({"--plain"}).out.find("welcome"), std::string::npos);
  EXPECT_NE(Run({"--plain", "deck"}).out.find("all hands"), std::string::npos);
}

TEST_F(RunTest, PlainAndOpenBelongToNoCommand) {
  EXPECT_EQ(Run({"history", "deck", "--plain"}).code, kExitUsage);
  EXPECT_EQ(Run({"history", "deck", "--open", "deck"}).code, kExitUsage);
  EXPECT_EQ(Run({"--open", "deck", "--plain"}).code, kExitUsage);
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
                                             {"history", "deck", "--before", "0"},
                                             {"role", "deck", "bob", "king"}}) {
    EXPECT_EQ(Run(args).code, kExitUsage) << args.back();
  }
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

TEST_F(RunTest, DoctorHasARowForAKeyOrAServerThatIsNone) {
  const Ran server = Run({"doctor", "--server", "ftp://x"});
  EXPECT_EQ(server.code, kExitUsage);
  EXPECT_NE(server.out.find("FAIL  server"), std::string::npos) << server.out;
  std::filesystem::create_directories(home() / ".config/yap");
  std::ofstream(home() / ".config/yap/config.toml") << "colour = true\n";
  const Ran ran = Run({"doctor", "--server", "127.0.0.1:1"});
  EXPECT_NE(ran.code, kExitOk);
  EXPECT_NE(ran.out.find("FAIL  config"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("colour"), std::string::npos) << ran.out;
}

TEST_F(RunTest, CursorThatCannotBeAFileIsExit1) {
  const Ran ran = Run({"tail", "deck", "--cursor", home(), "--no-follow"});
  EXPECT_EQ(ran.code, kExitError);
  EXPECT_NE(ran.err.find("directory"), std::string::npos) << ran.err;
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
