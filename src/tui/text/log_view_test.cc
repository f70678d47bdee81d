#include "tui/text/log_view.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tui/text/log_testing.h"

namespace yap::tui {
namespace {

using client::ChannelModel;
using Texts = std::vector<std::string>;

const LogStyle kNarrow{.columns = 20};

// Lines of different heights, by authors that change.
client::ChatLine Numbered(std::uint64_t seq) {
  std::string text = "n" + std::to_string(seq);
  for (std::uint64_t i = 0; i < seq % 4; ++i) text += " and some more words";
  return LineOf(seq, seq / 3 % 2 == 0 ? "ada" : "bob", text, std::chrono::seconds(seq * 40));
}

ChannelModel Channel(std::uint64_t first, std::uint64_t last) {
  ChannelModel channel;
  channel.id = 7;
  channel.at_start = first == 1;
  for (std::uint64_t seq = first; seq <= last; ++seq) channel.lines.push_back(Numbered(seq));
  return channel;
}

// All rows, by the book.
std::vector<Row> AllRows(const ChannelModel& channel, const LogStyle& style) {
  std::vector<client::ChatLine> lines(channel.lines.begin(), channel.lines.end());
  lines.insert(lines.end(), channel.unsent.begin(), channel.unsent.end());
  std::vector<Row> out;
  const client::ChatLine* before = nullptr;
  for (const client::ChatLine& line : lines) {
    std::ranges::copy(LineRows(line, HeadingOf(line, before, style), style),
                      std::back_inserter(out));
    before = &line;
  }
  return out;
}

// The `height` rows that end `up` rows above the end.
std::vector<Row> Slice(const std::vector<Row>& all, int height, int up) {
  const auto end = all.end() - up;
  return {end - height, end};
}

struct LogViewTest : testing::Test {
  LogViewTest() { UseUtc(); }

  Texts Show(const ChannelModel& channel, int height) {
    page = view.Show(channel, style, height);
    return TextsOf(page.rows);
  }

  LogStyle style = kNarrow;
  LogView view;
  LogPage page;
};

TEST_F(LogViewTest, EmptyChannelIsBlank) {
  EXPECT_EQ(Show(ChannelModel(), 2), (Texts{"", ""}));
  EXPECT_TRUE(page.at_bottom);
  EXPECT_EQ(page.below, 0u);
}

TEST_F(LogViewTest, ShortLogStandsAtTheBottom) {
  ChannelModel channel;
  channel.lines.push_back(LineOf(1, "ada", "hi"));
  channel.unsent.push_back(Unsent("k", "there"));
  EXPECT_EQ(Show(channel, 6),
            (Texts{"", "", "── 27 November 2026", "ada 12:34", " hi", " … there"}));
  view.Scroll(-3);
  EXPECT_EQ(Show(channel, 6)[5], " … there");
  EXPECT_TRUE(page.at_bottom);
}

TEST_F(LogViewTest, NoRoomIsOneCell) {
  style.columns = 0;
  EXPECT_EQ(Show(Channel(1, 30), 0), Texts{"s"}) << "of \"words\"";
}

TEST_F(LogViewTest, NewLinesShowAtTheBottomOnly) {
  ChannelModel channel = Channel(1, 30);
  Show(channel, 5);
  channel.lines.push_back(LineOf(31, "eve", "new"));
  EXPECT_EQ(Show(channel, 5).back(), " new");
  view.Scroll(-4);
  const Texts before = Show(channel, 5);
  EXPECT_FALSE(page.at_bottom);
  channel.lines.push_back(LineOf(32, "eve", "newer"));
  channel.unsent.push_back(Unsent("k", "mine"));
  EXPECT_EQ(Show(channel, 5), before);
  EXPECT_EQ(page.below, 3u);
  view.ToBottom();
  EXPECT_EQ(Show(channel, 5).back(), " … mine");
}

TEST_F(LogViewTest, OnlyUnreadEventsBelowAreNew) {
  ChannelModel channel = Channel(1, 30);
  channel.read_seq = 30;
  Show(channel, 5);
  view.Scroll(-20);
  Show(channel, 5);
  EXPECT_GT(page.below, 0u);
  EXPECT_EQ(page.new_below, 0u);
  channel.lines.push_back(LineOf(31, "eve", "new"));
  channel.unsent.push_back(Unsent("k", "mine"));
  Show(channel, 5);
  EXPECT_EQ(page.new_below, 1u);
  channel.read_seq = 0;
  Show(channel, 5);
  EXPECT_EQ(page.new_below + 1, page.below) << "all but what is on its way";
  view.ToBottom();
  Show(channel, 5);
  EXPECT_EQ(page.new_below, 0u);
}

TEST_F(LogViewTest, OlderLinesComeWithoutAJump) {
  ChannelModel channel = Channel(50, 80);
  view.Scroll(-20);
  const Texts before = Show(channel, 5);
  for (std::uint64_t seq = 49; seq >= 1; --seq) channel.lines.push_front(Numbered(seq));
  EXPECT_EQ(Show(channel, 5), before);
}

TEST_F(LogViewTest, LinesThatAreGoneLeaveTheNearest) {
  ChannelModel channel = Channel(1, 60);
  view.ToSeq(10);
  Show(channel, 5);
  for (int i = 0; i < 30; ++i) channel.lines.pop_front();
  const auto all = AllRows(channel, style);
  EXPECT_EQ(Show(channel, 5), TextsOf({all.begin(), all.begin() + 5}));
}

TEST_F(LogViewTest, ResizingThereAndBackIsWhereItWas) {
  const ChannelModel channel = Channel(1, 60);
  view.Scroll(-33);
  const Texts before = Show(channel, 7);
  for (const int columns : {80, 11, 37, 3, 20}) {
    style.columns = columns;
    Show(channel, 7);
  }
  EXPECT_EQ(Show(channel, 7), before);
}

TEST_F(LogViewTest, SeqStandsAtTheTopThird) {
  const ChannelModel channel = Channel(1, 60);
  view.ToSeq(32);
  const Texts rows = Show(channel, 9);
  EXPECT_EQ(rows[3], " n32") << "32 is the third of its author";
  view.ToSeq(1'000);
  Show(channel, 9);
  EXPECT_TRUE(page.at_bottom);
  view.ToSeq(0);
  EXPECT_EQ(Show(channel, 9)[1], "ada 12:34");
}

TEST_F(LogViewTest, OlderOnesAreWantedNearTheTopUnlessThereAreNone) {
  ChannelModel channel = Channel(5, 60);
  Show(channel, 5);
  EXPECT_FALSE(page.wants_older);
  view.Scroll(-1000);
  Show(channel, 5);
  EXPECT_TRUE(page.wants_older);
  channel = Channel(1, 60);
  Show(channel, 5);
  EXPECT_FALSE(page.wants_older);
}

TEST_F(LogViewTest, UnsentLineThatWasReadStaysWhenItIsSent) {
  ChannelModel channel = Channel(1, 30);
  for (const char* key : {"a", "b", "c", "d"}) channel.unsent.push_back(Unsent(key, key));
  view.Scroll(-2);
  EXPECT_EQ(Show(channel, 4).back(), " … b");
  channel.unsent.pop_front();
  channel.unsent.pop_front();
  channel.lines.push_back(LineOf(31, "ada", "a"));
  channel.lines.push_back(LineOf(32, "ada", "b"));
  channel.lines.back().key = "b";
  EXPECT_EQ(Show(channel, 4).back(), " b");
}

TEST_F(LogViewTest, AnotherChannelOrEpochBeginsAtTheBottom) {
  ChannelModel channel = Channel(1, 60);
  view.Scroll(-20);
  Show(channel, 5);
  channel.epoch = 2;
  channel.lines.back().text = "of the new log";
  EXPECT_EQ(Show(channel, 5).back(), " of the new log");
}

TEST_F(LogViewTest, FindGoesFromOneToTheNextAndStops) {
  ChannelModel channel = Channel(1, 60);
  channel.lines[9].text = "Straße";
  channel.lines[39].text = "STRASSE";
  Show(channel, 9);
  EXPECT_TRUE(view.Find(channel, "strasse", true));
  EXPECT_EQ(std::ranges::count(Show(channel, 9), " STRASSE"), 1);
  EXPECT_TRUE(view.Find(channel, "strasse", true));
  EXPECT_EQ(std::ranges::count(Show(channel, 9), " Straße"), 1);
  EXPECT_FALSE(view.Find(channel, "strasse", true));
  EXPECT_EQ(std::ranges::count(Show(channel, 9), " Straße"), 1) << "nothing changed";
  EXPECT_TRUE(view.Find(channel, "strasse", false));
  EXPECT_EQ(std::ranges::count(Show(channel, 9), " STRASSE"), 1);
  EXPECT_FALSE(view.Find(channel, "strasse", false));
  EXPECT_FALSE(view.Find(channel, "", true));
}

// What a burst costs: not the length of the log, but what is new in sight.
TEST_F(LogViewTest, OfFiftyThousandLinesOnlyTheVisibleAreWrapped) {
  ChannelModel channel = Channel(1, 50'000);
  Show(channel, 24);
  const std::size_t before = view.cached();
  EXPECT_LE(before, 24u);
  for (std::uint64_t seq = 50'001; seq <= 51'000; ++seq) channel.lines.push_back(Numbered(seq));
  Show(channel, 24);
  EXPECT_LE(view.cached(), before + 24);
  channel.lines.push_back(Numbered(51'001));
  const std::size_t warm = view.cached();
  Show(channel, 24);
  EXPECT_EQ(view.cached(), warm + 1);
}

TEST_F(LogViewTest, CacheIsBoundedWhateverIsScrolled) {
  style.columns = 80;
  const ChannelModel channel = Channel(1, 50'000);
  for (int i = 0; i < 10; ++i) {
    view.Scroll(-4000);
    Show(channel, 24);
  }
  EXPECT_LE(view.cached(), 50'000u / 22) << "a row has 22 cells at least";
}

TEST_F(LogViewTest, EveryRowIsReachedAndNoneIsSkipped) {
  EXPECT_TRUE(rc::check([] {
    ChannelModel channel = Channel(3, *rc::gen::inRange<std::uint64_t>(20, 60));
    const int unsent = *rc::gen::inRange(0, 4);
    for (int i = 0; i < unsent; ++i) channel.unsent.push_back(Unsent(std::to_string(i), "x"));
    const LogStyle style{.columns = *rc::gen::inRange(8, 80), .unread_after = 12};
    const int height = *rc::gen::inRange(1, 12);
    const auto all = AllRows(channel, style);
    LogView view;
    for (int up = 0; up <= std::ssize(all) - height; ++up) {
      RC_ASSERT(view.Show(channel, style, height).rows == Slice(all, height, up));
      view.Scroll(-1);
    }
    const auto top = Slice(all, height, static_cast<int>(std::ssize(all)) - height);
    RC_ASSERT(view.Show(channel, style, height).rows == top);
  }));
}

TEST_F(LogViewTest, ScrollingUpAndDownIsWhereItWas) {
  EXPECT_TRUE(rc::check([] {
    const ChannelModel channel = Channel(3, 60);
    const LogStyle style{.columns = *rc::gen::inRange(8, 80)};
    const int height = *rc::gen::inRange(1, 12);
    const int room = static_cast<int>(AllRows(channel, style).size()) - height;
    const int start = *rc::gen::inRange(0, room + 1);
    const int more = *rc::gen::inRange(0, room - start + 1);
    LogView view;
    view.Scroll(-start);
    const auto before = view.Show(channel, style, height).rows;
    view.Scroll(-more);
    view.Show(channel, style, height);
    view.Scroll(more);
    RC_ASSERT(view.Show(channel, style, height).rows == before);
  }));
}

// New and older lines, and a resize and back, in any order.
TEST_F(LogViewTest, WhatIsReadStaysInSight) {
  EXPECT_TRUE(rc::check([] {
    ChannelModel channel = Channel(40, 80);
    const int height = *rc::gen::inRange(1, 8);
    LogView view;
    view.Scroll(-*rc::gen::inRange(10, 40));
    const auto before = view.Show(channel, kNarrow, height).rows;
    for (int i = 0; i < 10; ++i) {
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          channel.lines.push_front(Numbered(channel.lines.front().seq - 1));
          break;
        case 1:
          channel.lines.push_back(Numbered(channel.lines.back().seq + 1));
          break;
        default:
          view.Show(channel, {.columns = *rc::gen::inRange(1, 99)}, height);
      }
      RC_ASSERT(view.Show(channel, kNarrow, height).rows == before);
    }
  }));
}

}  // namespace
}  // namespace yap::tui
