#include "tui/text/cells.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tui/text/cells_testing.h"
#include "unicode/arbitrary_text.h"

namespace yap::tui {
namespace {

// Without blanks, which a cut may swallow.
std::string Ink(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

std::vector<std::string> Texts(const std::vector<Row>& rows) {
  std::vector<std::string> out;
  for (const Row& row : rows) out.push_back(TextOf(row));
  return out;
}

using Lines = std::vector<std::string>;

TEST(CellsTest, WidthIsThatOfTheClusters) {
  EXPECT_EQ(CellsOf("a").size(), 1u);
  EXPECT_EQ(CellsOf("漢字").size(), 4u);
  EXPECT_EQ(CellsOf("❤️").size(), 2u) << "VS16";
  EXPECT_EQ(CellsOf("👩‍👩‍👧").size(), 2u) << "ZWJ";
  EXPECT_EQ(CellsOf("🇩🇪").size(), 2u) << "regional pair";
  EXPECT_EQ(CellsOf("e\u0301").size(), 1u) << "combining mark";
  EXPECT_EQ(CellsOf("שלום").size(), 4u);
  EXPECT_EQ(CellsOf("שלום")[0].glyph, "ש") << "logical order";
}

TEST(CellsTest, WideClusterIsACellAndAnEmptyOne) {
  const Row row = CellsOf("漢a");
  EXPECT_EQ(row[0].glyph, "漢");
  EXPECT_EQ(row[1].glyph, "");
  EXPECT_EQ(row[2].glyph, "a");
}

TEST(CellsTest, ControlsAreMadeVisible) {
  EXPECT_EQ(TextOf(CellsOf("a\x1b[2Jb")), "a␛[2Jb");
  EXPECT_EQ(TextOf(CellsOf("a\tb\nc")), "a b↵c");
  EXPECT_EQ(TextOf(CellsOf("a\u202Eb")), "a‹U+202E›b");
  EXPECT_EQ(TextOf(CellsOf("\xff")), "\uFFFD");
}

TEST(CellsTest, MarkWithNothingUnderItGetsABase) {
  EXPECT_EQ(TextOf(CellsOf("\u0301a")), "◌\u0301a");
  EXPECT_EQ(TextOf(CellsOf("\u200F\u200Ba")), "a") << "nobody sees these";
  Row row = CellsOf("n");
  Append(row, "\u0303", Role::kDim);
  EXPECT_EQ(TextOf(row), "n◌\u0303") << "what is appended does not change what is there";
}

TEST(CellsTest, NameHasItsColorUnlessColorsAreOff) {
  const Row row = NameCells("ada", client::NameColors::kXep0392);
  EXPECT_EQ(row[2].role, Role::kName);
  EXPECT_EQ(row[2].color, client::ColorOf("ada", client::NameColors::kXep0392));
  EXPECT_FALSE(NameCells("ada", client::NameColors::kOff)[0].color);
}

TEST(CellsTest, FitPadsOrCutsButNeverThroughAWideCluster) {
  EXPECT_EQ(TextOf(Fit(CellsOf("abc"), 3)), "abc");
  EXPECT_EQ(TextOf(Fit(CellsOf("abcd"), 3)), "ab…");
  EXPECT_EQ(TextOf(Fit(CellsOf("漢字漢"), 4)), "漢 …");
  EXPECT_EQ(TextOf(Fit(CellsOf("漢字漢"), 5)), "漢字…");
  EXPECT_EQ(Fit(CellsOf("a"), 4).size(), 4u);
  EXPECT_TRUE(Fit(CellsOf("a"), 0).empty());
  EXPECT_TRUE(Fit(CellsOf("a"), -1).empty());
}

TEST(CellsTest, WrapIndentsFurtherRowsWhereHalfIsLeft) {
  EXPECT_EQ(Texts(Wrap("one two three", 8, 2, Role::kText)), (Lines{"one two", "  three"}));
  EXPECT_EQ(Texts(Wrap("one two", 3, 2, Role::kText)), (Lines{"one", "two"}));
  EXPECT_EQ(Texts(Wrap("a\n\nb", 8, 2, Role::kText)), (Lines{"a", "", "  b"}));
  EXPECT_EQ(Texts(Wrap("", 8, 2, Role::kText)), (Lines{""}));
  EXPECT_EQ(Texts(Wrap("漢字", 3, 0, Role::kText)), (Lines{"漢", "字"}));
  EXPECT_EQ(Texts(Wrap("漢a", 1, 0, Role::kText)), (Lines{"…", "a"}));
}

TEST(CellsPropertyTest, NothingHarmfulComesThrough) {
  EXPECT_TRUE(rc::check([] {
    const std::string bytes = *unicode::GenBytes();
    const Row row = CellsOf(bytes);
    RC_ASSERT(IsSound(row));
    RC_ASSERT(IsHarmless(TextOf(row)));
    for (const Row& wrapped : Wrap(bytes, *rc::gen::inRange(1, 20), 3, Role::kText)) {
      RC_ASSERT(IsSound(wrapped));
    }
  }));
}

TEST(CellsPropertyTest, FitIsExactlyAsWide) {
  EXPECT_TRUE(rc::check([] {
    const int columns = *rc::gen::inRange(0, 30);
    const Row row = Fit(CellsOf(*unicode::GenBytes()), columns);
    RC_ASSERT(std::ssize(row) == columns);
    RC_ASSERT(IsSound(row));
  }));
}

TEST(CellsPropertyTest, WrapKeepsTheWidthAndLosesNoInk) {
  EXPECT_TRUE(rc::check([] {
    std::string line = *unicode::GenBytes();
    std::erase(line, '\n');
    const int columns = *rc::gen::inRange(2, 30);
    std::string all;
    for (const Row& row : Wrap(line, columns, 4, Role::kText)) {
      RC_ASSERT(std::ssize(row) <= columns);
      all += TextOf(row);
    }
    RC_ASSERT(Ink(all) == Ink(TextOf(CellsOf(line))));
  }));
}

}  // namespace
}  // namespace yap::tui
