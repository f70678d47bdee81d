#include <gtest/gtest.h>

#include <asio/post.hpp>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/io_threads.h"
#include "core/accounts_testing.h"

namespace yap::core {
namespace {

using namespace std::chrono_literals;

struct ThreadsWorld {
  std::unique_ptr<store::Store> store = store::OpenMemoryStore();
  FakePasswordHasher hasher;
  FakeChannels channels;
  std::atomic<int> ended = 0;
};

Task<int> UseAccounts(Accounts& accounts, std::string name, Deadline deadline) {
  RegisterRequest registration;
  registration.username = name;
  registration.password = Secret("four unrelated words");
  registration.peer = {.text = "127.0.0.1", .loopback = true};
  YAP_CO_TRY(auto session, co_await accounts.Register(std::move(registration), deadline));
  int done = 0;
  for (; done < 50; ++done) {
    YAP_CO_TRY(auto who, co_await accounts.Authenticate(session.tokens.access_token, deadline));
    YAP_CO_TRY(session, co_await accounts.Refresh(session.tokens.refresh_token, {}, deadline));
    YAP_CO_TRY_VOID(co_await accounts.UpdateProfile(who, std::to_string(done), deadline));
    YAP_CO_TRY_VOID(co_await accounts.ListSessions(who, deadline));
  }
  LoginRequest login;
  login.username = name;
  login.password = Secret("four unrelated words");
  login.peer = {.text = "192.0.2." + name.substr(4)};
  YAP_CO_TRY(const auto second, co_await accounts.Login(std::move(login), deadline));
  YAP_CO_TRY_VOID(co_await accounts.AdminSetAdmin(name, true, deadline));
  YAP_CO_TRY_VOID(co_await accounts.AdminRevokeSessions(name, second.session, deadline));
  const auto gone = co_await accounts.Authenticate(second.tokens.access_token, deadline);
  co_return gone ? -1 : done;
}

TEST(AccountsThreadsTest, CallsFromManyThreadsAgree) {
  constexpr int kUsers = 16;
  ThreadsWorld world;
  const auto accounts = NewAccounts({.users = world.store->users(),
                                     .sessions = world.store->sessions(),
                                     .hasher = world.hasher,
                                     .channels = world.channels,
                                     .clock = SystemClock(),
                                     .random = SystemRandom(),
                                     .token_key = Secret(std::string(32, 'k'))},
                                    {});
  accounts->OnSessionsEnded(
      [&](const std::vector<SessionId>& ended) { world.ended += static_cast<int>(ended.size()); });
  IoThreads threads(4);
  std::vector<std::future<Result<int>>> answers;
  for (int i = 0; i < kUsers; ++i) {
    answers.push_back(SpawnFuture(
        threads.executor(static_cast<std::size_t>(i) % threads.size()),
        UseAccounts(*accounts, "user" + std::to_string(i), Deadline::After(SystemClock(), 30s))));
  }
  for (auto& answer : answers) {
    const auto result = answer.get();
    EXPECT_EQ(ReasonOf(result), "OK");
    EXPECT_EQ(result.value_or(0), 50);
  }
  EXPECT_EQ(world.ended, kUsers);
}

}  // namespace
}  // namespace yap::core
