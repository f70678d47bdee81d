#include "app/yapd/admin_commands.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/yapd/admin_socket.h"
#include "app/yapd/node.h"
#include "base/temp_dir_testing.h"
#include "core/tokens.h"

namespace yap::app {
namespace {

// A node on the memory store; commands run on it directly or through its socket.
class AdminCommandsTest : public ::testing::Test {
 protected:
  AdminCommandsTest() {
    Config config;
    config.store_kind = "memory";
    config.accounts_argon2_ops = 1;
    config.accounts_argon2_memory_mib = 1;
    config.threads_io = 1;
    node_ = *Node::Open(config, DataPaths(directory_.path()));
  }
  ~AdminCommandsTest() override { node_->Close(); }

  static AdminRequest Request(std::vector<std::string> command, std::vector<std::string> arguments,
                              std::vector<std::string> flags = {}) {
    return {std::move(command), std::move(arguments), std::move(flags),
            Secret("three small green boats")};
  }
  Task<nlohmann::json> Carry(AdminRequest request) {
    return RunAdmin(
        {node_->accounts(), node_->channels(), node_->store().channels(), node_->store().users()},
        std::move(request), Deadline::After(SystemClock(), std::chrono::seconds(10)));
  }
  Result<nlohmann::json> Run(AdminRequest request) {
    return BlockOn(node_->threads(), Carry(std::move(request)));
  }

  const TempDir directory_;
  std::unique_ptr<Node> node_;
};

TEST_F(AdminCommandsTest, FirstAdministratorIsMadeAndListed) {
  const auto made = Run(Request({"user", "add"}, {"ada"}, {"admin"}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["admin"], true);
  const auto listed = Run(Request({"user", "list"}, {}));
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0]["name"], "ada");
  EXPECT_EQ(listed->dump().find("argon2"), std::string::npos);
}

TEST_F(AdminCommandsTest, InvitesAreListedWithoutTheirCodes) {
  const auto made = Run(Request({"invite", "create"}, {}, {"uses=3"}));
  ASSERT_TRUE(made) << made.error().message;
  const auto listed = Run(Request({"invite", "list"}, {}));
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0]["uses_left"], 3);
  EXPECT_EQ(listed->dump().find((*made)["code"].get<std::string>()), std::string::npos);
}

TEST_F(AdminCommandsTest, InviteIsWithdrawnByCodeOrByWhatIsListed) {
  const auto create = [this] { return (*Run(Request({"invite", "create"}, {})))["code"]; };
  const auto withdraw = [this](std::string code) {
    return Run(Request({"invite", "withdraw"}, {std::move(code)}));
  };
  const std::string code = create();
  EXPECT_TRUE(withdraw(code));
  EXPECT_EQ(withdraw(code).error().reason, "INVITE_INVALID");
  create();
  EXPECT_TRUE(withdraw((*Run(Request({"invite", "list"}, {})))[0]["invite"]));
  EXPECT_TRUE(Run(Request({"invite", "list"}, {}))->empty());
}

TEST_F(AdminCommandsTest, UsedUpInviteIsNotWithdrawn) {
  const std::string code = (*Run(Request({"invite", "create"}, {})))["code"];
  const Deadline soon = Deadline::After(SystemClock(), std::chrono::seconds(5));
  ASSERT_TRUE(BlockOn(
      node_->threads(),
      node_->store().users().UseInvite(*core::InviteCodeHash(code), SystemClock().Now(), soon)));
  const auto withdrawn = Run(Request({"invite", "withdraw"}, {code}));
  ASSERT_FALSE(withdrawn);
  EXPECT_TRUE(withdrawn.error().message.contains("used up")) << withdrawn.error().message;
}

TEST_F(AdminCommandsTest, MissingChannelIsToldToAnOperator) {
  const auto shown = Run(Request({"channel", "show"}, {"nope"}));
  ASSERT_FALSE(shown);
  EXPECT_EQ(shown.error().reason, "CHANNEL_NOT_FOUND");
  EXPECT_EQ(shown.error().message.find("invite"), std::string::npos) << shown.error().message;
}

TEST_F(AdminCommandsTest, OpenSessionPrintsTokensThatWork) {
  ASSERT_TRUE(Run(Request({"user", "add"}, {"ada"})));
  const auto opened = Run(Request({"session", "open"}, {"ada"}));
  ASSERT_TRUE(opened);
  const auto who = BlockOn(
      node_->threads(),
      node_->accounts().Authenticate(Secret((*opened)["access_token"].get<std::string>()),
                                     Deadline::After(SystemClock(), std::chrono::seconds(5))));
  ASSERT_TRUE(who);
  EXPECT_EQ(who->username, "ada");
  EXPECT_EQ((*Run(Request({"session", "revoke"}, {"ada"})))["ended"], 1);
  EXPECT_TRUE(Run(Request({"session", "list"}, {"ada"}))->empty());
}

TEST_F(AdminCommandsTest, ChannelsAreShownAndModeratedWithoutARole) {
  ASSERT_TRUE(Run(Request({"user", "add"}, {"ada"})));
  EXPECT_EQ((*Run(Request({"channel", "show"}, {"lobby"})))["member_names"][0], "ada");
  EXPECT_TRUE(Run(Request({"channel", "set-role"}, {"lobby", "ada", "owner"})));
  EXPECT_TRUE(Run(Request({"channel", "ban"}, {"lobby", "ada"})));
  EXPECT_TRUE((*Run(Request({"channel", "show"}, {"lobby"})))["member_names"].empty());
}

TEST_F(AdminCommandsTest, UnknownCommandsArgumentsAndFlagsAreUsageErrors) {
  for (auto& request : {Request({"user", "frobnicate"}, {}), Request({"user", "add"}, {}),
                        Request({"user", "add"}, {"ada"}, {"root"}),
                        Request({"invite", "create"}, {}, {"uses=many"}),
                        Request({"channel", "set-role"}, {"lobby", "ada", "king"})}) {
    const auto answer = Run(request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().reason, "USAGE");
  }
  EXPECT_EQ(Run(Request({"user", "lock"}, {"nobody"})).error().reason, "USER_NOT_FOUND");
}

TEST_F(AdminCommandsTest, TheSocketAnswersLikeTheFunction) {
  const auto path = directory_.path() / "admin.sock";
  auto socket =
      OpenAdminSocket(path, node_->threads().executor(0), SystemClock(),
                      [this](AdminRequest request, Deadline) { return Carry(std::move(request)); });
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_EQ(std::filesystem::status(path).permissions() & std::filesystem::perms(077),
            std::filesystem::perms::none);
  const auto made = AskAdminSocket(path, Request({"user", "add"}, {"ada"}));
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)["name"], "ada");
  const auto again = AskAdminSocket(path, Request({"user", "add"}, {"ada"}));
  EXPECT_EQ(again.error().code, Errc::kAlreadyExists);
  asio::post(node_->threads().executor(0), [&] { socket->reset(); });
  node_->Close();
  EXPECT_EQ(AskAdminSocket(path, Request({"user", "list"}, {})).error().code, Errc::kUnavailable);
}

}  // namespace
}  // namespace yap::app
