// The pages as text screens: testdata/NAME.txt. YAP_UPDATE_GOLDENS=1 in the environment writes them
// anew; whoever does looks at the difference.
#include "tui/pages/view.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tui/pages/pages_testing.h"
#include "unicode/width.h"

namespace yap::tui {
namespace {

const std::filesystem::path kGoldens = YAP_TESTDATA;

std::string ReadGolden(const std::string& name) {
  std::ifstream file(kGoldens / (name + ".txt"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void ExpectGolden(const std::string& name, const std::string& screen) {
  const char* update = std::getenv("YAP_UPDATE_GOLDENS");
  if (update && *update) {
    std::ofstream(kGoldens / (name + ".txt")) << screen;
  } else {
    EXPECT_EQ(ReadGolden(name), screen) << "YAP_UPDATE_GOLDENS=1 accepts it";
  }
}

constexpr Size kSmall{40, 10};
constexpr Size kUsual{80, 24};
constexpr Size kLarge{120, 30};

std::string NameOfSize(Size size) { return fmt::format("{}x{}", size.columns, size.rows); }

// The page at all three sizes.
void ExpectGoldens(const std::string& name, Page page, const client::Model& model,
                   const std::function<void(Driver&)>& prepare = {}) {
  for (const Size size : {kSmall, kUsual, kLarge}) {
    Driver driver(StateForTest(page, size), model);
    if (prepare) prepare(driver);
    ExpectGolden(fmt::format("{}_{}", name, NameOfSize(size)), driver.Screen());
  }
}

// What people say on a ship, in the order of the log.
client::Model BusyModel() {
  client::Model model = ModelForTest();
  Say(model, 11, "bob", "Is anybody on deck?");
  Say(model, 11, "ada", "Here. What is that light?");
  Say(model, 11, "cy", "The harbour. We are home.");
  Say(model, 11, "cy", "先に行って 🚢 ada, 甲板で会いましょう");
  Say(model, 11, "bob", "👨‍👩‍👧‍👦 the family ❤️ and flags 🇳🇱🇯🇵");
  Say(model, 11, "bob", "שלום, مرحبا, e\u0301te\u0301");
  Say(model, 11, "ada",
      "A longer one, which has to go on in the next row because no terminal is "
      "as wide as what people have to say on a long watch at night");
  model.channels[11].read_seq = 5;
  model.channels[11].unread_mark = 5;
  Say(model, 12, "cy", "soup");
  Say(model, 21, "bob", "psst");
  model.channels[21].mentions = 1;
  return model;
}

TEST(LoginViewTest, FirstRun) {
  ExpectGoldens("login_first", Page::kLogin, {}, [](Driver& driver) {
    driver.state().server_known = false;
    driver.state().login.focus = LoginField::kName;
  });
}

TEST(LoginViewTest, Working) {
  ExpectGoldens("login_working", Page::kLogin, {},
                [](Driver& driver) { driver.Press("'ada' tab 'correct horse' enter"); });
}

TEST(LoginViewTest, ServerAwayAndInvite) {
  ExpectGoldens("login_away", Page::kLogin, {}, [](Driver& driver) {
    driver.Press("'ada' tab 'correct horse' enter");
    driver.state().login.asks_invite = true;
    driver.Hear(client::LogInFailed{MakeError(Errc::kUnavailable, "UNREACHABLE",
                                              "cannot reach 127.0.0.1:7676: connection refused")});
  });
}

TEST(HomeViewTest, Usual) { ExpectGoldens("home", Page::kHome, BusyModel()); }

TEST(HomeViewTest, Empty) {
  client::Model model = ModelForTest();
  model.channels.clear();
  model.publics.clear();
  ExpectGoldens("home_empty", Page::kHome, model);
}

TEST(HomeViewTest, FilterJoiningAndOffline) {
  client::Model model = ModelForTest();
  model.connection = client::Connection::kOffline;
  ExpectGoldens("home_joining", Page::kHome, model, [](Driver& driver) {
    driver.state().next_try = driver.now() + std::chrono::seconds(3);
    driver.Press("'ha' enter");
  });
}

TEST(HomeViewTest, CreateForm) {
  ExpectGoldens("home_create", Page::kHome, ModelForTest(), [](Driver& driver) {
    driver.state().overlay = CreateOverlay();
    driver.Press("'crew' tab 'Off duty' tab space");
    std::get<CreateOverlay>(driver.state().overlay).error = "there is a channel #crew already";
  });
}

TEST(ChatViewTest, Usual) { ExpectGoldens("chat", Page::kChat, BusyModel()); }

TEST(ChatViewTest, EmptyAndLoading) {
  ExpectGoldens("chat_empty", Page::kChat, ModelForTest());
  client::Model model = ModelForTest();
  model.channels[11].lines_loaded = false;
  ExpectGoldens("chat_loading", Page::kChat, model);
}

TEST(ChatViewTest, LongInputAndRefusal) {
  client::Model model = BusyModel();
  client::ChatLine pending;
  pending.user = "ada";
  pending.user_id = 1;
  pending.text = "on its way";
  pending.state = client::LineState::kPending;
  client::ChatLine failed = pending;
  failed.text = "too much of it";
  failed.state = client::LineState::kFailed;
  failed.reason = "you send too fast";
  model.channels[11].unsent = {failed, pending};
  ExpectGoldens("chat_input", Page::kChat, model, [](Driver& driver) {
    driver.Press("'first line of what is being typed' alt+enter 'second 行' alt+enter 'third'");
    driver.Hear(client::Refused{"id:11", "none", "you send too fast"});
  });
}

TEST(ChatViewTest, ScrolledBackAndOffline) {
  client::Model model = ModelForTest();
  for (int i = 1; i <= 80; ++i) Say(model, 11, i % 3 ? "bob" : "cy", fmt::format("line {}", i));
  model.connection = client::Connection::kOffline;
  ExpectGoldens("chat_scrolled", Page::kChat, model, [](Driver& driver) {
    driver.Look();
    driver.Press("pageup");
    driver.Look();
    Say(driver.model(), 11, "bob", "news");
    driver.state().next_try = driver.now() + std::chrono::seconds(12);
  });
}

TEST(ChatViewTest, Overlays) {
  ExpectGoldens("chat_help", Page::kChat, BusyModel(), [](Driver& d) { d.Press("f1"); });
  ExpectGoldens("chat_switcher", Page::kChat, BusyModel(),
                [](Driver& d) { d.Press("ctrl+k 'b' down"); });
  ExpectGoldens("chat_find", Page::kChat, BusyModel(),
                [](Driver& d) { d.Press("ctrl+f 'harbour'"); });
  ExpectGoldens("chat_paste", Page::kChat, BusyModel(),
                [](Driver& d) { d.Give(Paste{"one\ntwo\nthree\n\x1b[31mfour\nfive\n", false}); });
  ExpectGoldens("chat_history", Page::kChat, BusyModel(),
                [](Driver& d) { d.Press("'red sky' enter ctrl+r 're'"); });
  ExpectGoldens("chat_completion", Page::kChat, BusyModel(),
                [](Driver& d) { d.Press("'/m' tab"); });
}

// Styles as letters under the text.
TEST(StyleTest, Of256ColoursAndOfNone) {
  for (const Page page : {Page::kHome, Page::kChat}) {
    const std::string name = page == Page::kHome ? "home" : "chat";
    Driver driver(StateForTest(page, kUsual), BusyModel());
    ExpectGolden(name + "_256",
                 driver.StyledScreen(Theme({.theme = "dark", .depth = Depth::k256})));
    ExpectGolden(name + "_mono",
                 driver.StyledScreen(Theme({.theme = "mono", .depth = Depth::kNone})));
  }
}

TEST(ViewTest, TooSmallIsOneSentence) {
  Driver driver(StateForTest(Page::kChat, {39, 9}), BusyModel());
  EXPECT_EQ(driver.Screen().find("yap needs 40 columns and 10 rows"), 0U);
}

// Whatever the size, the frame is exactly as large, and no cell is half of a wide character.
TEST(ViewTest, EverySizeIsFilledExactly) {
  for (int columns = 1; columns <= 130; columns += 3) {
    for (int rows = 1; rows <= 32; rows += 5) {
      Driver driver(StateForTest(Page::kChat, {columns, rows}), BusyModel());
      const Frame frame = Draw(driver.state(), driver.model(), Theme(ThemeOptions()), driver.now());
      ASSERT_EQ(frame.spots.size(), static_cast<std::size_t>(columns * rows));
      for (std::size_t i = 0; i < frame.spots.size(); ++i) {
        const bool last = (i + 1) % static_cast<std::size_t>(columns) == 0;
        const bool wide = unicode::Columns(frame.spots[i].glyph) == 2;
        ASSERT_EQ(wide, !last && frame.spots[i + 1].glyph.empty()) << columns << "x" << rows;
      }
    }
  }
}

}  // namespace
}  // namespace yap::tui
