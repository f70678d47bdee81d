#include "unicode/width.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "unicode/arbitrary_text.h"

namespace yap::unicode {
namespace {

using testing::ElementsAre;

std::vector<std::string> Clusters(std::string_view text) {
  std::vector<std::string> out;
  ForEachGrapheme(text, [&](const Grapheme& g) { out.emplace_back(g.bytes); });
  return out;
}

TEST(ColumnsTest, WritingSystems) {
  EXPECT_EQ(Columns(""), 0);
  EXPECT_EQ(Columns("abc é"), 5);
  EXPECT_EQ(Columns("e\u0301"), 1);
  EXPECT_EQ(Columns("\u0301"), 0);
  EXPECT_EQ(Columns("中文"), 4);
  EXPECT_EQ(Columns("ｱ"), 1);
  EXPECT_EQ(Columns("Ａ"), 2);
  EXPECT_EQ(Columns("한"), 2);
  EXPECT_EQ(Columns("\u1112\u1161\u11ab"), 2);
  EXPECT_EQ(Columns("\u200b\u200e"), 0);
  EXPECT_EQ(Columns("नि"), 1);
}

TEST(ColumnsTest, Emoji) {
  EXPECT_EQ(Columns("😀"), 2);
  EXPECT_EQ(Columns("👍🏽"), 2);
  EXPECT_EQ(Columns("❤"), 1);
  EXPECT_EQ(Columns("❤\uFE0F"), 2);
  EXPECT_EQ(Columns("❤\uFE0F\u200d🔥"), 2);
  EXPECT_EQ(Columns("👨\u200d👩\u200d👧\u200d👦"), 2);
  EXPECT_EQ(Columns("1\uFE0F\u20E3"), 2);
  EXPECT_EQ(Columns("🇩🇪"), 2);
  EXPECT_EQ(Columns("🇩🇪🇫🇷"), 4);
  EXPECT_EQ(Columns("🇩"), 1);
  EXPECT_EQ(Columns("\U0001F3F4\U000E0067\U000E0062\U000E007F"), 2);
  EXPECT_EQ(Columns("\U0001FADF"), 2);  // Assigned after Unicode 15.
  EXPECT_EQ(Columns("a\uFE0F"), 1);     // Has no emoji form.
}

TEST(ColumnsTest, IllFormedBytesTakeOneColumnEach) {
  EXPECT_EQ(Columns("\xff\xff"), 2);
  EXPECT_EQ(Columns("a\xe4\xb8"), 2);
}

TEST(GraphemeIteratorTest, CutsBetweenClustersOnly) {
  EXPECT_THAT(Clusters("e\u0301👨\u200d👩🇩🇪🇫x"),
              ElementsAre("e\u0301", "👨\u200d👩", "🇩🇪", "🇫", "x"));
  EXPECT_THAT(Clusters("a\xff\u0301"), ElementsAre("a", "\xff", "\u0301"));
}

RC_GTEST_PROP(ColumnsTest, IsTheSumOverClusters, ()) {
  const std::string text = *GenBytes();
  int sum = 0;
  std::string joined;
  ForEachGrapheme(text, [&](const Grapheme& g) {
    RC_ASSERT(!g.bytes.empty());
    RC_ASSERT(g.columns >= 0 && g.columns <= 2);
    RC_ASSERT(Columns(g.bytes) == g.columns);
    sum += g.columns;
    joined += g.bytes;
  });
  RC_ASSERT(joined == text);
  RC_ASSERT(sum == Columns(text));
}

TEST(TruncateTest, FitsTogetherWithTheEllipsis) {
  EXPECT_EQ(Truncate("hello", 5), "hello");
  EXPECT_EQ(Truncate("hello!", 5), "hell…");
  EXPECT_EQ(Truncate("中文字", 5), "中文…");
  EXPECT_EQ(Truncate("中文字", 4), "中…");
  EXPECT_EQ(Truncate("hello", 1), "…");
  EXPECT_EQ(Truncate("hello", 0), "");
  EXPECT_EQ(Truncate("hello", 2, "..."), "..");
  EXPECT_EQ(Truncate("hello", 3, ""), "hel");
  EXPECT_EQ(Truncate("👨\u200d👩\u200d👧 x", 3), "👨\u200d👩\u200d👧…");
}

RC_GTEST_PROP(TruncateTest, NeverExceedsItsColumns, ()) {
  const std::string text = *GenBytes();
  const int columns = *rc::gen::inRange(0, 12);
  const std::string cut = Truncate(text, columns);
  RC_ASSERT(Columns(cut) <= columns);
  if (Columns(text) <= columns) RC_ASSERT(cut == text);
}

TEST(WrapLineTest, BreaksAfterSpaces) {
  EXPECT_THAT(WrapLine("the quick brown fox", 10), ElementsAre("the quick", "brown fox"));
  EXPECT_THAT(WrapLine("the quick", 9), ElementsAre("the quick"));
  EXPECT_THAT(WrapLine("one   two", 4), ElementsAre("one", "two"));
  EXPECT_THAT(WrapLine("", 4), ElementsAre(""));
}

TEST(WrapLineTest, CutsLongWordsAndKeepsIndentation) {
  EXPECT_THAT(WrapLine("abcdefgh ij", 3), ElementsAre("abc", "def", "gh", "ij"));
  EXPECT_THAT(WrapLine("a abcdefgh", 4), ElementsAre("a", "abcd", "efgh"));
  EXPECT_THAT(WrapLine("  x yy", 4), ElementsAre("  x", "yy"));
  EXPECT_THAT(WrapLine("      x", 4), ElementsAre("    ", "  x"));
}

TEST(WrapLineTest, BreaksBesideWideClusters) {
  EXPECT_THAT(WrapLine("中文字abc", 5), ElementsAre("中文", "字abc"));
  EXPECT_THAT(WrapLine("ab中文", 5), ElementsAre("ab中", "文"));
  EXPECT_THAT(WrapLine("中文", 1), ElementsAre("中", "文"));
}

TEST(WrapLineTest, SpacesHangOverTheEdge) {
  EXPECT_THAT(WrapLine("abc   ", 3), ElementsAre("abc"));
  EXPECT_THAT(WrapLine("ab ", 3), ElementsAre("ab "));
}

RC_GTEST_PROP(WrapLineTest, RowsFitAndLoseNothingButSpaces, ()) {
  const auto piece =
      rc::gen::oneOf(GenCodePoint(), rc::gen::element<std::string>(" ", "  ", "word", "中"));
  const std::string line = *Joined(piece);
  const int columns = *rc::gen::inRange(1, 12);
  const auto rows = WrapLine(line, columns);
  RC_ASSERT(!rows.empty());
  const char* end = line.data();
  for (const std::string_view row : rows) {
    RC_ASSERT(Columns(row) <= columns || Clusters(row).size() == 1);
    RC_ASSERT(row.data() >= end);
    const std::string_view gap(end, static_cast<std::size_t>(row.data() - end));
    RC_ASSERT(gap.find_first_not_of(' ') == std::string_view::npos);
    end = row.data() + row.size();
  }
  const std::string_view tail(end, static_cast<std::size_t>(line.data() + line.size() - end));
  RC_ASSERT(tail.find_first_not_of(' ') == std::string_view::npos);
}

}  // namespace
}  // namespace yap::unicode
