#include "tui/terminal/painter.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tui/terminal/model_terminal_testing.h"
#include "tui/text/cells.h"
#include "unicode/arbitrary_text.h"

namespace yap::tui {
namespace {

Frame FrameOf(const std::vector<Row>& rows, int columns, const Theme& theme) {
  Frame frame{columns, static_cast<int>(rows.size()), {}, std::nullopt};
  for (const Row& row : rows) {
    for (const Cell& cell : Fit(row, columns)) frame.spots.push_back({cell.glyph, theme.Of(cell)});
  }
  return frame;
}

Frame FrameOf(const std::vector<std::string>& texts, int columns = 10) {
  std::vector<Row> rows;
  for (const std::string& text : texts) rows.push_back(CellsOf(text));
  return FrameOf(rows, columns, Theme({}));
}

struct PainterTest : testing::Test {
  void Show(const Frame& frame) {
    last = painter.Paint(frame);
    terminal.Write(last);
    ASSERT_EQ(terminal.wrong(), "");
  }

  Painter painter;
  ModelTerminal terminal{10, 2};
  std::string last;
};

TEST_F(PainterTest, FirstFrameIsWhole) {
  Show(FrameOf({"hello", "漢字"}));
  EXPECT_EQ(last,
            "\x1b[?2026h\x1b[?25l\x1b[0m\x1b[2J\x1b[1;1Hhello\x1b[2;1H漢字\x1b[0m\x1b[?2026l");
  EXPECT_EQ(terminal.RowText(1), "漢字");
}

TEST_F(PainterTest, NothingChangedIsNoByte) {
  Show(FrameOf({"hello", ""}));
  Show(FrameOf({"hello", ""}));
  EXPECT_EQ(last, "");
}

TEST_F(PainterTest, OnlyWhatChangedIsWritten) {
  Show(FrameOf({"hello", "world"}));
  Show(FrameOf({"hallo", "world"}));
  EXPECT_EQ(last, "\x1b[?2026h\x1b[?25l\x1b[1;2Ha\x1b[0m\x1b[?2026l");
}

TEST_F(PainterTest, CursorAloneIsAChange) {
  Frame frame = FrameOf({"hello", ""});
  Show(frame);
  frame.cursor = {4, 1};
  Show(frame);
  EXPECT_EQ(last, "\x1b[?2026h\x1b[?25l\x1b[0m\x1b[2;5H\x1b[?25h\x1b[?2026l");
  EXPECT_EQ(terminal.frame().cursor, frame.cursor);
}

TEST_F(PainterTest, WhatTerminalsSeeDifferentlyIsFollowedByAMove) {
  Show(FrameOf({"❤️a", ""}));
  EXPECT_NE(last.find("\x1b[1;1H  \x1b[1;1H❤️\x1b[1;3Ha"), std::string::npos);
}

TEST_F(PainterTest, ForgottenFrameIsWrittenWhole) {
  Show(FrameOf({"hello", ""}));
  painter.Forget();
  Show(FrameOf({"hello", ""}));
  EXPECT_NE(last.find("\x1b[2J\x1b[1;1Hhello"), std::string::npos);
}

TEST_F(PainterTest, ColorsOfEveryDepthAreWritten) {
  Frame frame = FrameOf({"abcd", ""});
  frame.spots[0].style.foreground = client::Rgb{1, 2, 3};
  frame.spots[1].style.index = 4;
  frame.spots[2].style.index = 12;
  frame.spots[3].style.index = 200;
  frame.spots[3].style.bold = frame.spots[3].style.reverse = true;
  Show(frame);
  EXPECT_NE(last.find("\x1b[0;38;2;1;2;3ma\x1b[0;34mb\x1b[0;94mc\x1b[0;1;7;38;5;200md"),
            std::string::npos);
}

TEST_F(PainterTest, HarmfulGlyphIsAReplacementCharacter) {
  Frame frame = FrameOf({"abc", ""});
  frame.spots[0].glyph = "\x1b]0;x\a";
  frame.spots[1].glyph = "\u202E";
  frame.spots[2].glyph = "\u0301";
  Show(frame);
  EXPECT_EQ(terminal.RowText(0), "\uFFFD\uFFFD\uFFFD");
}

Frame GenFrame(int columns, int rows) {
  static const Theme theme({.depth = Depth::k256});
  std::vector<Row> out;
  for (int i = 0; i < rows; ++i) {
    const auto role = static_cast<Role>(*rc::gen::inRange(0, static_cast<int>(kRoles)));
    out.push_back(CellsOf(*unicode::GenBytes(), role));
  }
  Frame frame = FrameOf(out, columns, theme);
  if (*rc::gen::arbitrary<bool>()) {
    frame.cursor = {*rc::gen::inRange(0, columns), *rc::gen::inRange(0, rows)};
  }
  return frame;
}

TEST(PainterPropertyTest, TerminalShowsTheFrameWhateverWasThere) {
  EXPECT_TRUE(rc::check([] {
    const int columns = *rc::gen::inRange(1, 12);
    const int rows = *rc::gen::inRange(1, 4);
    Painter painter;
    ModelTerminal terminal(columns, rows);
    for (int i = 0; i < 3; ++i) {
      const Frame frame = GenFrame(columns, rows);
      terminal.Write(painter.Paint(frame));
      RC_ASSERT(terminal.wrong() == "");
      RC_ASSERT(terminal.frame().spots == frame.spots);
      RC_ASSERT(terminal.frame().cursor == frame.cursor);
    }
  }));
}

// Whatever a view puts into a frame.
TEST(PainterPropertyTest, NoGlyphGetsPastAsMoreThanAGlyph) {
  EXPECT_TRUE(rc::check([] {
    Painter painter;
    ModelTerminal terminal(4, 2);
    for (int i = 0; i < 2; ++i) {
      Frame frame{4, 2, std::vector<Spot>(8), std::nullopt};
      for (Spot& spot : frame.spots) {
        spot.glyph = *rc::gen::oneOf(unicode::GenCodePoint(), unicode::GenBytes(),
                                     rc::gen::just(std::string()));
      }
      terminal.Write(painter.Paint(frame));
      RC_ASSERT(terminal.wrong() == "");
    }
  }));
}

}  // namespace
}  // namespace yap::tui
