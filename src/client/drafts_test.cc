#include "client/drafts.h"

#include <gtest/gtest.h>

#include "client/client_testing.h"

namespace yap::client {
namespace {

class DraftsTest : public ::testing::Test {
 protected:
  TempDir folder_;
  const std::filesystem::path file_ = folder_.path() / "drafts" / "ada.json";
};

TEST_F(DraftsTest, WhatWasFlushedIsThereAgain) {
  Drafts drafts(file_);
  drafts.Keep("deck", "half a sentence\nof two lines");
  drafts.Keep("id:7", "gone");
  drafts.Keep("id:7", "");
  drafts.AddHistory("first");
  drafts.Mute(100, true);
  ASSERT_TRUE(drafts.Flush());
  EXPECT_FALSE(drafts.dirty());
  const Drafts again(file_);
  EXPECT_EQ(again.texts(),
            (std::map<std::string, std::string>{{"deck", "half a sentence\nof two lines"}}));
  EXPECT_EQ(again.history(), std::deque<std::string>{"first"});
  EXPECT_TRUE(again.Muted(100));
  EXPECT_FALSE(again.Muted(101));
}

TEST_F(DraftsTest, DamagedFileIsAnEmptyOne) {
  for (const std::string content : {"", "{", "[1]", "7", R"({"drafts":[1],"history":{"a":1}})",
                                    R"({"drafts":{"deck":3},"muted":["x",-1]})"}) {
    ASSERT_TRUE(WritePrivateFile(file_, content, Durable::kNo));
    const Drafts drafts(file_);
    EXPECT_TRUE(drafts.texts().empty()) << content;
    EXPECT_TRUE(drafts.history().empty() || content.find("history") != std::string::npos)
        << content;
  }
}

TEST_F(DraftsTest, HistoryAndDraftsAreBounded) {
  Drafts drafts(file_);
  for (std::size_t i = 0; i < kHistoryKept + 5; ++i) drafts.AddHistory(std::to_string(i));
  for (std::size_t i = 0; i < kDraftsKept + 5; ++i) drafts.Keep("id:" + std::to_string(i), "x");
  EXPECT_EQ(drafts.history().size(), kHistoryKept);
  EXPECT_EQ(drafts.history().front(), "5");
  EXPECT_EQ(drafts.texts().size(), kDraftsKept);
}

TEST_F(DraftsTest, ProcessesKeepEachOthersChanges) {
  Drafts first(file_);
  Drafts second(file_);
  first.Keep("deck", "of the first");
  first.AddHistory("1");
  first.Mute(100, true);
  ASSERT_TRUE(first.Flush());
  second.Keep("mess", "of the second");
  second.AddHistory("2");
  second.Mute(101, true);
  ASSERT_TRUE(second.Flush());
  first.Keep("deck", "");
  first.Keep("mess", "");  // Not its own: it has never shown one.
  first.Mute(100, false);
  ASSERT_TRUE(first.Flush());
  const Drafts kept(file_);
  EXPECT_EQ(kept.texts(), (std::map<std::string, std::string>{{"mess", "of the second"}}));
  EXPECT_EQ(kept.history(), (std::deque<std::string>{"1", "2"}));
  EXPECT_FALSE(kept.Muted(100));
  EXPECT_TRUE(kept.Muted(101));
}

TEST_F(DraftsTest, DraftThatWasJustKeptIsNotTheOneThatGoes) {
  Drafts drafts(file_);
  for (std::size_t i = 0; i < kDraftsKept; ++i) drafts.Keep("id:" + std::to_string(i), "x");
  ASSERT_TRUE(drafts.Flush());
  drafts.Keep("deck", "new");
  ASSERT_TRUE(drafts.Flush());
  const Drafts kept(file_);
  EXPECT_EQ(kept.texts().size(), kDraftsKept);
  EXPECT_TRUE(kept.texts().contains("deck"));
}

TEST_F(DraftsTest, BytesThatAreNoTextDoNotEndTheProcess) {
  Drafts drafts(file_);
  drafts.Keep("deck", "\xff\xfe");
  EXPECT_TRUE(drafts.Flush());
}

}  // namespace
}  // namespace yap::client
