#include "checker/checker.h"

#include <gtest/gtest.h>

namespace yap::checker {
namespace {

Send Stored(std::string key, std::uint64_t seq, std::int64_t from, std::int64_t to) {
  return {"c", std::move(key), from, to, Answer::kStored, seq};
}

class CheckerTest : public ::testing::Test {
 protected:
  CheckerTest() {
    history.Add(Stored("a", 1, 0, 10));
    history.Add(Stored("b", 2, 11, 20));
    history.Add({"c", "u", 12, 30, Answer::kUnknown, 0});
  }
  void See(const char* stream,
           std::initializer_list<std::pair<std::uint64_t, const char*>> events) {
    for (const auto& [seq, key] : events) history.Deliver(stream, "c", {seq, key, 50});
  }
  History history;
};

TEST_F(CheckerTest, AGoodRunIsClean) {
  See("r", {{1, "a"}, {2, "b"}, {3, "u"}});
  history.ReadTo("r", "c", 3);
  const auto verdict = history.Check();
  EXPECT_TRUE(verdict.Ok()) << verdict.Summary();
  EXPECT_EQ(verdict.worst_lag, 40);
  EXPECT_EQ(verdict.unknown, 1U);
}

TEST_F(CheckerTest, FindsAGap) {
  See("r", {{1, "a"}, {3, "u"}});
  EXPECT_EQ(history.Check().gaps, 1U);
  EXPECT_EQ(history.Check().lost, 1U);
}

TEST_F(CheckerTest, FindsADouble) {
  See("r", {{1, "a"}, {1, "a"}, {2, "b"}});
  EXPECT_EQ(history.Check().duplicated, 1U);
}

TEST_F(CheckerTest, FindsAKeyStoredTwice) {
  See("r", {{1, "a"}, {2, "b"}, {3, "a"}});
  EXPECT_EQ(history.Check().duplicated, 1U);
}

TEST_F(CheckerTest, FindsAReorder) {
  See("r", {{2, "b"}, {1, "a"}});
  EXPECT_EQ(history.Check().reordered, 1U);
}

TEST_F(CheckerTest, FindsAStreamThatStoppedBeforeTheHead) {
  See("r", {{1, "a"}});
  history.ReadTo("r", "c", 2);
  EXPECT_GE(history.Check().gaps, 1U);
  EXPECT_EQ(history.Check().lost, 1U);
}

TEST_F(CheckerTest, FindsStreamsThatDisagree) {
  See("r", {{1, "a"}, {2, "b"}});
  See("s", {{1, "a"}, {2, "x"}});
  EXPECT_EQ(history.Check().disagreed, 1U);
}

TEST_F(CheckerTest, FindsARefusedMessageThatIsThere) {
  history.Add({"c", "no", 0, 1, Answer::kRefused, 0});
  See("r", {{1, "a"}, {2, "b"}, {3, "no"}});
  EXPECT_EQ(history.Check().resurrected, 1U);
}

TEST_F(CheckerTest, FindsABrokenRealTimeOrder) {
  history.Add(Stored("late", 5, 100, 110));
  history.Add(Stored("later", 4, 111, 120));
  EXPECT_EQ(history.Check().reordered, 1U);
}

TEST_F(CheckerTest, ReadsWhatOtherLanguagesWrote) {
  History read;
  EXPECT_EQ(read.ReadJsonLines(R"({"send":{"channel":"c","key":"k","answer":"stored","seq":1}}
{"deliver":{"stream":"s","channel":"c","seq":2,"key":"k"}}
)"),
            "");
  EXPECT_EQ(read.Check().duplicated, 1U);
  EXPECT_NE(read.ReadJsonLines("{\"deliver\":{}}"), "");
}

}  // namespace
}  // namespace yap::checker
