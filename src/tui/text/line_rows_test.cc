#include "tui/text/line_rows.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tui/text/cells_testing.h"
#include "tui/text/log_testing.h"
#include "unicode/arbitrary_text.h"

namespace yap::tui {
namespace {

using client::ChatLine;
using client::LineState;
using Texts = std::vector<std::string>;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct LineRowsTest : testing::Test {
  LineRowsTest() { UseUtc(); }

  Texts Show(const ChatLine& line) const {
    return TextsOf(LineRows(line, {.name = true, .time = true}, style));
  }

  LogStyle style{.columns = 60};
};

TEST_F(LineRowsTest, TextHangsBehindTimeAndName) {
  EXPECT_EQ(Show(LineOf(1, "ada", "Hello, everybody in this channel, who reads\nand writes")),
            (Texts{"12:34            ada Hello, everybody in this channel, who",
                   "                     reads", "                     and writes"}));
}

TEST_F(LineRowsTest, LongNameIsCutToItsColumn) {
  EXPECT_EQ(Show(LineOf(1, "a-name-of-some-length", "hi")), Texts{"12:34 a-name-of-som… hi"});
}

TEST_F(LineRowsTest, FoldedNameStandsAboveTheText) {
  style.columns = 20;
  EXPECT_EQ(Show(LineOf(1, "ada", "Hello, everybody here")),
            (Texts{"ada 12:34", " Hello, everybody", " here"}));
  EXPECT_EQ(TextsOf(LineRows(LineOf(1, "ada", "more"), {.time = true}, style)), Texts{" more"});
}

TEST_F(LineRowsTest, FoldedTextCannotPoseAsAnotherLine) {
  style.columns = 20;
  EXPECT_EQ(Show(LineOf(1, "eve", "hi\nada 12:35\nI quit\n* ada left")),
            (Texts{"eve 12:34", " hi", " ada 12:35", " I quit", " * ada left"}));
  ChatLine news = LineOf(1, "eve", "set the topic: a\n* ada left");
  news.message = false;
  EXPECT_EQ(Show(news), (Texts{"* eve set the", " topic: a", " * ada left"}));
}

TEST_F(LineRowsTest, NewsNamesInTheColourOfTheName) {
  ChatLine news = LineOf(1, "bob", "joined");
  news.message = false;
  const Row row = LineRows(news, {.time = true}, style).back();
  const auto bob = std::ranges::find(row, "b", &Cell::glyph);
  ASSERT_NE(bob, row.end());
  EXPECT_EQ(bob->color, NameCells("bob", style.name_colors).front().color);
  EXPECT_EQ((bob + 4)->role, Role::kNews);
}

TEST_F(LineRowsTest, NewsAndActionsHaveAStar) {
  ChatLine news = LineOf(1, "bob", "joined");
  news.message = false;
  EXPECT_EQ(Show(news), Texts{"12:34              * bob joined"});
  EXPECT_EQ(Show(LineOf(1, "ada", "* waves")), Texts{"12:34              * ada waves"});
  EXPECT_EQ(Show(LineOf(1, "ada", "/me waves")), Texts{"12:34            ada /me waves"});
  style.columns = 20;
  EXPECT_EQ(Show(news), Texts{"* bob joined"});
}

TEST_F(LineRowsTest, PendingIsDimWithDots) {
  const auto rows = LineRows(Unsent("k", "hi"), {.name = true, .time = true}, style);
  EXPECT_EQ(TextsOf(rows), Texts{"    …            ada hi"});
  EXPECT_EQ(rows[0].back().role, Role::kDim);
  style.ascii = true;
  EXPECT_EQ(Show(Unsent("k", "hi")), Texts{"  ...            ada hi"});
  style.columns = 20;
  EXPECT_EQ(Show(Unsent("k", "hi")), (Texts{"ada 12:34", " ... hi"}));
}

TEST_F(LineRowsTest, FailedHasTheReason) {
  ChatLine line = Unsent("k", "hi", LineState::kFailed);
  line.reason = "you are banned";
  const auto rows = LineRows(line, {.name = true}, style);
  EXPECT_EQ(TextsOf(rows), (Texts{"    !            ada hi",
                                  "                     not sent: you are banned; /retry or",
                                  "                     /drop"}));
  EXPECT_EQ(rows[0][4].role, Role::kError);
  EXPECT_EQ(rows[1].back().role, Role::kError);
}

TEST_F(LineRowsTest, MentionAndOwnNameStandOut) {
  ChatLine line = LineOf(1, "bob", "ada: hi");
  line.mentions_self = true;
  EXPECT_EQ(LineRows(line, {.name = true}, style)[0].back().role, Role::kMention);
  style.self = "bob";
  EXPECT_TRUE(LineRows(line, {.name = true}, style)[0][19].bold);
  EXPECT_EQ(LineRows(line, {.name = true}, style)[0][19].color,
            client::ColorOf("bob", client::NameColors::kXep0392));
}

TEST_F(LineRowsTest, FoundIsMarkedInAnyCaseAndNowhereElse) {
  style.find = "STRASSE";
  const Row row = LineRows(LineOf(1, "strasse", "a Straße"), {.name = true}, style)[0];
  std::string found;
  for (const Cell& cell : row) {
    if (cell.role == Role::kFound) found += cell.glyph;
  }
  EXPECT_EQ(found, "Straße");
}

TEST_F(LineRowsTest, RulesAreAsWideAsTheLog) {
  style.columns = 30;
  const auto rows =
      LineRows(LineOf(1, "ada", "hi"), {.day = true, .unread = true, .name = true}, style);
  EXPECT_EQ(TextsOf(rows), (Texts{"── 27 November 2026 ──────────",
                                  "── unread ────────────────────", "ada 12:34", " hi"}));
}

TEST_F(LineRowsTest, HeadingSaysWhatIsNew) {
  const ChatLine first = LineOf(1, "ada", "x");
  EXPECT_EQ(HeadingOf(first, nullptr, style), (Heading{.day = true, .name = true, .time = true}));
  EXPECT_EQ(HeadingOf(LineOf(2, "ada", "y", seconds(20)), &first, style), Heading{});
  EXPECT_EQ(HeadingOf(LineOf(2, "ada", "y", minutes(4)), &first, style), Heading{.time = true});
  EXPECT_EQ(HeadingOf(LineOf(2, "ada", "y", minutes(6)), &first, style),
            (Heading{.name = true, .time = true}));
  EXPECT_EQ(HeadingOf(LineOf(2, "bob", "y"), &first, style), (Heading{.name = true, .time = true}));
  EXPECT_EQ(HeadingOf(LineOf(2, "ada", "y", hours(12)), &first, style),
            (Heading{.day = true, .name = true, .time = true}));
}

TEST_F(LineRowsTest, UnreadLineStandsOnceAfterThePosition) {
  style.unread_after = 2;
  const ChatLine read = LineOf(2, "ada", "x");
  const ChatLine next = LineOf(3, "ada", "x");
  EXPECT_FALSE(HeadingOf(read, nullptr, style).unread);
  EXPECT_TRUE(HeadingOf(next, &read, style).unread);
  EXPECT_TRUE(HeadingOf(next, nullptr, style).unread);
  EXPECT_FALSE(HeadingOf(LineOf(4, "ada", "x"), &next, style).unread);
  EXPECT_FALSE(HeadingOf(LineOf(9, "ada", "x"), nullptr, style).unread) << "it is further up";
  EXPECT_FALSE(HeadingOf(Unsent("k", "x"), &next, style).unread);
}

TEST_F(LineRowsTest, MessageWithoutATimeBelongsToWhatIsBefore) {
  const ChatLine before = LineOf(1, "ada", "x");
  ChatLine line = Unsent("k", "y");
  line.time = {};
  EXPECT_EQ(HeadingOf(line, &before, style), Heading{});
}

TEST_F(LineRowsTest, AnyLineIsSoundRowsOfAtMostTheWidth) {
  EXPECT_TRUE(rc::check([] {
    ChatLine line = LineOf(1, *unicode::GenBytes(), *unicode::GenBytes());
    line.reason = *unicode::GenBytes();
    line.message = *rc::gen::arbitrary<bool>();
    line.state = *rc::gen::element(LineState::kPending, LineState::kSent, LineState::kFailed);
    LogStyle any{.columns = *rc::gen::inRange(1, 90), .find = *unicode::GenText()};
    const bool name = *rc::gen::arbitrary<bool>();
    const auto rows = LineRows(line, {.day = name, .unread = !name, .name = name}, any);
    RC_ASSERT(!rows.empty());
    for (const Row& row : rows) {
      RC_ASSERT(IsSound(row));
      RC_ASSERT(std::ssize(row) <= any.columns);
    }
  }));
}

}  // namespace
}  // namespace yap::tui
