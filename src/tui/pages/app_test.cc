// The pages over a network that is two lists.
#include "tui/pages/app.h"

#include <gtest/gtest.h>

#include "base/sim_clock.h"
#include "tui/pages/pages_testing.h"

namespace yap::tui {
namespace {

class AppTest : public testing::Test {
 protected:
  AppOptions Options() {
    return {.config = {},
            .keymap = {},
            .theme = Theme({.theme = "mono", .depth = Depth::kNone}),
            .server = "127.0.0.1:7676",
            .name = "",
            .server_known = false,
            .clock = clock_,
            .execute =
                [this](std::vector<client::Command> commands) {
                  for (auto& command : commands) commands_.push_back(std::move(command));
                  return takes_commands_;
                },
            .take = [this] { return std::exchange(messages_, {}); },
            .new_key = [] { return "key"; },
            .remember_server = [](const std::string& server) { return "kept " + server; }};
  }
  void Hear(client::Message message) {
    messages_.push_back(std::move(message));
    app_.Woken();
  }
  void Type(const std::string& text) {
    for (const char c : text) app_.Take(Key{.text = std::string(1, c)});
    app_.Take(Key{.code = KeyCode::kEnter});
  }
  // Logged in, with #deck shown.
  void OpenDeck() {
    Hear(client::LoggedIn{1, "ada", "127.0.0.1:7676", {}, {}});
    client::JoinedListed joined;
    joined.channels.push_back(ModelForTest().channels.at(11));
    Hear(joined);
    app_.Take(Key{.code = KeyCode::kEnter});
  }
  std::string Screen() { return TextOf(app_.Draw(clock_.Mono())); }

  template <class Kind>
  std::vector<Kind> Commanded() const {
    std::vector<Kind> found;
    for (const auto& command : commands_) {
      if (const auto* one = std::get_if<Kind>(&command)) found.push_back(*one);
    }
    return found;
  }

  SimClock clock_;
  std::vector<client::Command> commands_;
  std::vector<client::Message> messages_;
  bool takes_commands_ = true;
  App app_{Options()};
};

TEST_F(AppTest, FirstLogInWritesTheServerDownAndSaysSo) {
  Hear(client::LoggedIn{1, "ada", "127.0.0.1:7676", {}, {}});
  EXPECT_NE(Screen().find("kept 127.0.0.1:7676"), std::string::npos);
  EXPECT_EQ(Commanded<client::ListPublics>().size(), 1U);
}

TEST_F(AppTest, BeginsInTheChannelThatWasNamed) {
  App app([this] {
    AppOptions options = Options();
    options.open_first = "deck";
    return options;
  }());
  client::JoinedListed joined;
  joined.channels.push_back(ModelForTest().channels.at(11));
  messages_ = {client::LoggedIn{1, "ada", "127.0.0.1:7676", {}, {}}, joined};
  app.Woken();
  EXPECT_EQ(app.state().page, Page::kChat);
  EXPECT_EQ(app.state().chat.channel, 11U);
}

TEST_F(AppTest, MessageThatIsTypedGoesToTheOutboxWithAKey) {
  OpenDeck();
  Type("ahoy");
  const auto queued = Commanded<client::Enqueue>();
  ASSERT_EQ(queued.size(), 1U);
  EXPECT_EQ(queued[0].ref, "id:11");
  EXPECT_EQ(queued[0].key, "key");
  EXPECT_EQ(queued[0].text, "ahoy");
}

TEST_F(AppTest, NetworkThatIsFullIsSaid) {
  OpenDeck();
  takes_commands_ = false;
  Type("ahoy");
  EXPECT_NE(Screen().find("The network does not keep up"), std::string::npos);
}

TEST_F(AppTest, FrameThatShowsAMessageDoesNotCountItAsUnread) {
  OpenDeck();
  client::EventCame came;
  came.event = {.channel = 11, .seq = 1, .user_id = 7, .user = "bob", .key = "", .countable = 1};
  came.event.kind = client::EventKind::kMessage;
  came.event.text = "ahoy";
  Hear(came);
  const std::string screen = Screen();
  EXPECT_NE(screen.find("ahoy"), std::string::npos);
  EXPECT_EQ(app_.model().channels.at(11).unread(), 0U);
  EXPECT_NE(screen.find("1 #deck         │"), std::string::npos) << screen;
  EXPECT_EQ(Commanded<client::MoveRead>().size(), 1U);
}

TEST_F(AppTest, QuitEndsTheLoop) {
  OpenDeck();
  Type("/quit");
  const auto requests = app_.TakeRequests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<EndLoop>(requests[0]));
  EXPECT_TRUE(app_.TakeRequests().empty());
}

}  // namespace
}  // namespace yap::tui
