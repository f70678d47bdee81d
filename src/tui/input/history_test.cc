#include "tui/input/history.h"

#include <gtest/gtest.h>

namespace yap::tui {
namespace {

History Of(const std::vector<std::string>& texts) {
  History history;
  for (const std::string& text : texts) history.Add(text);
  return history;
}

TEST(HistoryTest, WalkComesBackToWhatWasTyped) {
  History history = Of({"one", "two"});
  EXPECT_EQ(history.Older("draft"), "two");
  EXPECT_EQ(history.Older("two"), "one");
  EXPECT_EQ(history.Older("one"), std::nullopt);
  EXPECT_EQ(history.Newer(), "two");
  EXPECT_EQ(history.Newer(), "draft");
  EXPECT_EQ(history.Newer(), std::nullopt);
}

TEST(HistoryTest, EmptyHasNothingOlder) {
  History history;
  EXPECT_EQ(history.Older("x"), std::nullopt);
  EXPECT_EQ(history.Newer(), std::nullopt);
}

TEST(HistoryTest, AddingAndRestingEndTheWalk) {
  History history = Of({"one", "two"});
  history.Older("");
  history.Older("");
  history.Add("three");
  EXPECT_EQ(history.Older(""), "three");
  history.Rest();
  EXPECT_EQ(history.Newer(), std::nullopt);
  EXPECT_EQ(history.Older(""), "three");
}

TEST(HistoryTest, RepeatsAndEmptyOnesAreNotKept) {
  EXPECT_EQ(Of({"a", "a", "", "b", "a"}).entries(), (std::deque<std::string>{"a", "b", "a"}));
}

TEST(HistoryTest, OldestGoFirst) {
  History history;
  for (std::size_t i = 0; i <= kHistoryMax; ++i) history.Add(std::to_string(i));
  EXPECT_EQ(history.entries().size(), kHistoryMax);
  EXPECT_EQ(history.entries().front(), "1");
}

TEST(HistoryTest, SearchFindsTheNewestFirstInAnyCase) {
  const History history = Of({"Straße one", "two", "STRASSE three"});
  EXPECT_EQ(history.Search("strasse", 0), "STRASSE three");
  EXPECT_EQ(history.Search("strasse", 1), "Straße one");
  EXPECT_EQ(history.Search("strasse", 2), std::nullopt);
}

}  // namespace
}  // namespace yap::tui
