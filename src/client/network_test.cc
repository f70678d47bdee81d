// The network's thread, with the real clock and a server in memory.
#include "client/network.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "client/client_testing.h"
#include "client/event_cache.h"

namespace yap::client {
namespace {

// One server of many connections: what they share lives here, calls come from the network's thread.
class SharedServer final : public Transport {
 public:
  SharedServer(FakeServer& server, std::atomic<int>& alive) : server_(server), alive_(alive) {
    ++alive_;
  }
  ~SharedServer() override { --alive_; }
  Task<std::string> Call(std::string method, std::string request, Secret token,
                         Deadline deadline) override {
    return server_.Call(std::move(method), std::move(request), std::move(token), deadline);
  }
  std::unique_ptr<Stream> Open(std::string method, std::string request, Secret token) override {
    return server_.Open(std::move(method), std::move(request), std::move(token));
  }

 private:
  FakeServer& server_;
  std::atomic<int>& alive_;
};

template <class Method>
void AnswerLogin(FakeServer& server, Method method) {
  server.On(method,
            [](const typename Method::Request& request) -> Result<typename Method::Response> {
              if (request.password() != "right")
                return Fail(Errc::kUnauthenticated, "WRONG_CREDENTIALS", "no");
              typename Method::Response response;
              response.mutable_user()->set_id(1);
              response.mutable_user()->set_username(request.username());
              response.mutable_tokens()->set_access_token("yap_a_1");
              response.mutable_tokens()->set_refresh_token("yap_r_1");
              response.mutable_tokens()->mutable_access_expire_time()->set_seconds(4'000'000'000);
              return response;
            });
}

class NetworkTest : public ::testing::Test {
 protected:
  NetworkTest() {
    server_.AddChannel("inbox");
    server_.AddChannel("deck");
    AnswerLogin(server_, kLogin);
    AnswerLogin(server_, kRegister);
    server_.On(kLogout,
               [](const auto&) -> Result<v1::LogoutResponse> { return v1::LogoutResponse(); });
    server_.On(kWhoAmI, [](const auto&) -> Result<v1::WhoAmIResponse> {
      v1::WhoAmIResponse response;
      response.set_inbox_channel_id(100);
      return response;
    });
    server_.On(kListJoinedChannels, [](const auto&) -> Result<v1::ListJoinedChannelsResponse> {
      v1::ListJoinedChannelsResponse response;
      auto& channel = *response.add_channels()->mutable_channel();
      channel.set_id(101);
      channel.set_name("deck");
      channel.set_epoch(7101);
      return response;
    });
  }

  void Start() {
    const auto& root = folder_.path();
    network_ = std::make_unique<Network>(
        NetworkOptions{
            .paths = {root / "config.toml", root / "data" / "credentials.toml", root / "state"},
            .server = *ParseServerAddress("127.0.0.1:1"),
            .clock = SystemClock(),
            .random = random_,
            .connect = [this](const ServerAddress&) -> Result<std::unique_ptr<Transport>> {
              return std::make_unique<SharedServer>(server_, transports_);
            }},
        [this] {
          const std::lock_guard lock(mutex_);
          woken_ = true;
          wake_.notify_one();
        });
  }
  void Do(const Message& message) { network_->Do(Update(model_, message)); }
  // Applies what comes until `done`; false: it did not come in 10 s.
  bool Until(const std::function<bool()>& done) {
    while (true) {
      for (const auto& message : network_->Take()) {
        if (const auto* failed = std::get_if<LogInFailed>(&message)) failure_ = failed->why.reason;
        logged_out_ = logged_out_ || std::holds_alternative<LoggedOut>(message);
        network_->Do(Update(model_, message));
      }
      if (done()) return true;
      std::unique_lock lock(mutex_);
      if (!wake_.wait_for(lock, 10s, [this] { return std::exchange(woken_, false); })) return false;
    }
  }
  void LogIn(const std::string& password) {
    Do(LogInAsked{"127.0.0.1:1", "ada", Secret(password), false, ""});
  }

  TempDir folder_;
  SeededRandom random_{1};
  FakeServer server_{SystemClock()};
  std::atomic<int> transports_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool woken_ = false;
  Model model_;
  std::string failure_;
  bool logged_out_ = false;
  std::unique_ptr<Network> network_;  // Ends before all it calls.
};

TEST_F(NetworkTest, FirstStartSaysThatNobodyIsLoggedIn) {
  Start();
  EXPECT_TRUE(Until([this] { return failure_ == kNotLoggedIn; }));
}

TEST_F(NetworkTest, WrongPasswordThenTheRightOneThenTalk) {
  Start();
  LogIn("wrong");
  ASSERT_TRUE(Until([this] { return failure_ == "WRONG_CREDENTIALS"; }));
  LogIn("right");
  ASSERT_TRUE(Until([this] { return model_.channels_loaded; }));
  EXPECT_EQ(model_.self, "ada");
  Do(Typed{"deck", std::string(16, 'k'), "hello"});
  ASSERT_TRUE(Until([this] {
    const auto& deck = model_.channels.at(101);
    return deck.unsent.empty() && deck.lines.size() == 1;
  }));
}

TEST_F(NetworkTest, NextStartIsLoggedInAlreadyAndLogoutEndsThat) {
  Start();
  LogIn("right");
  ASSERT_TRUE(Until([this] { return model_.channels_loaded; }));
  network_.reset();
  model_ = {};
  Start();
  ASSERT_TRUE(Until([this] { return model_.channels_loaded; }));
  const auto cache = EventCacheFolder(folder_.path() / "state", "127.0.0.1:1", "ada");
  EXPECT_TRUE(std::filesystem::exists(cache));
  Do(LogOutAsked{});
  ASSERT_TRUE(Until([this] { return !model_.logged_in(); }));
  network_.reset();
  EXPECT_FALSE(std::filesystem::exists(cache));
  failure_.clear();
  Start();
  EXPECT_TRUE(Until([this] { return failure_ == kNotLoggedIn; }));
}

TEST_F(NetworkTest, SessionEndedByTheServerIsALogout) {
  Start();
  LogIn("right");
  ASSERT_TRUE(Until([this] { return model_.channels_loaded; }));
  network_.reset();
  server_.refuse_streams = MakeError(Errc::kUnauthenticated, "SESSION_REVOKED", "ended");
  Start();
  ASSERT_TRUE(Until([this] { return logged_out_; }));
  EXPECT_FALSE(model_.logged_in());
}

TEST_F(NetworkTest, LoginElsewhereWhileTheSessionEndsIsGoneOnWith) {
  Start();
  LogIn("right");
  ASSERT_TRUE(Until([this] { return model_.channels_loaded; }));
  CredentialStore store(folder_.path() / "data" / "credentials.toml");
  server_.On(kSendMessage, [&](const auto&) -> Result<v1::SendMessageResponse> {
    if (server_.tokens.back() == "yap_a_2") return v1::SendMessageResponse();
    (void)store.Save("127.0.0.1:1",
                     {1, "ada", Secret("yap_a_2"), WallTime(4'000'000'000s), Secret("yap_r_2")});
    return Fail(Errc::kUnauthenticated, "SESSION_REVOKED", "ended");
  });
  Do(Typed{"deck", std::string(16, 'k'), "hello"});
  ASSERT_TRUE(Until([this] { return logged_out_ && model_.channels_loaded; }));
  EXPECT_TRUE(Until([this] { return model_.queued() == 0; }));
  EXPECT_EQ((*store.Load("127.0.0.1:1"))->refresh_token.Reveal(), "yap_r_2");
}

TEST_F(NetworkTest, WhatWasNotSentBeforeALogoutIsSentAfterTheNextLogin) {
  std::atomic<bool> away = true;
  Start();
  LogIn("right");
  ASSERT_TRUE(Until([this] { return model_.channels_loaded; }));
  server_.On(kSendMessage, [&](const auto& request) -> Result<v1::SendMessageResponse> {
    if (away) return Fail(Errc::kUnavailable, "STORE_UNAVAILABLE", "");
    v1::SendMessageResponse response;
    response.set_seq(server_.Append("deck", request.text(), 1, request.client_msg_id()));
    return response;
  });
  Do(Typed{"deck", std::string(16, 'k'), "hello"});
  ASSERT_TRUE(Until([this] { return model_.queued() == 1; }));
  Do(LogOutAsked{});
  ASSERT_TRUE(Until([this] { return logged_out_; }));
  away = false;
  LogIn("right");
  EXPECT_TRUE(Until(
      [this] { return model_.channels_loaded && model_.channels.at(101).lines.size() == 1; }));
}

TEST_F(NetworkTest, LoginThatFailsLeavesNoConnectionBehind) {
  Start();
  ASSERT_TRUE(Until([this] { return failure_ == kNotLoggedIn; }));
  LogIn("wrong");
  ASSERT_TRUE(Until([this] { return failure_ == "WRONG_CREDENTIALS"; }));
  EXPECT_EQ(transports_, 0);
}

TEST_F(NetworkTest, CommandsAreBounded) {
  Start();
  EXPECT_FALSE(network_->Do(std::vector<Command>(kCommandsMax + 1, WakeCourier{})));
}

}  // namespace
}  // namespace yap::client
