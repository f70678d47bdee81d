#include "client/event_cache.h"

#include <gtest/gtest.h>

#include "client/client_testing.h"

namespace yap::client {
namespace {

v1::JoinedChannel Channel(std::uint64_t id, std::uint64_t epoch = 7) {
  v1::JoinedChannel out;
  out.mutable_channel()->set_id(id);
  out.mutable_channel()->set_epoch(epoch);
  out.mutable_channel()->set_name("deck");
  return out;
}

v1::Event Event(std::uint64_t seq, std::uint64_t epoch = 7) {
  v1::Event out;
  out.set_channel_id(100);
  out.set_epoch(epoch);
  out.set_seq(seq);
  out.mutable_message_posted()->set_text("text " + std::to_string(seq));
  return out;
}

class EventCacheTest : public ::testing::Test {
 protected:
  EventCacheTest() { (void)cache_.Keep({Channel(100)}); }
  void Add(std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t seq = first; seq <= last; ++seq) cache_.Add(Event(seq));
    ASSERT_TRUE(cache_.Flush());
  }
  std::vector<std::uint64_t> Seqs() const {
    std::vector<std::uint64_t> out;
    for (const auto& channel : EventCache(folder_.path() / "c").Read()) {
      for (const auto& event : channel.events) out.push_back(event.seq());
    }
    return out;
  }
  std::filesystem::path File() const { return folder_.path() / "c" / "100"; }

  TempDir folder_;
  EventCache cache_{folder_.path() / "c"};
};

TEST_F(EventCacheTest, EventsComeBackInOrderWhateverTheirOrderWas) {
  Add(5, 7);
  Add(2, 4);
  Add(6, 8);
  EXPECT_EQ(Seqs(), (std::vector<std::uint64_t>{2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(EventCacheTest, OnlyTheNewestRunWithoutAHoleCounts) {
  Add(1, 3);
  Add(5, 6);
  EXPECT_EQ(Seqs(), (std::vector<std::uint64_t>{5, 6}));
}

TEST_F(EventCacheTest, AnotherEpochIsAnotherChannel) {
  Add(1, 3);
  ASSERT_TRUE(cache_.Keep({Channel(100, 8)}));
  cache_.Add(Event(2, 8));
  ASSERT_TRUE(cache_.Flush());
  EXPECT_EQ(Seqs(), std::vector<std::uint64_t>{2});
}

TEST_F(EventCacheTest, FilesAreShortenedToTheNewest) {
  for (int i = 0; i < 30; ++i) {
    const auto first = static_cast<std::uint64_t>(i) * 100;
    Add(first + 1, first + 100);
  }
  const auto seqs = Seqs();
  ASSERT_EQ(seqs.size(), kCachedEvents);
  EXPECT_EQ(seqs.back(), 3000U);
  EXPECT_LT(std::filesystem::file_size(File()), 3000U * 30);
}

TEST_F(EventCacheTest, TornEndIsDropped) {
  Add(1, 3);
  std::filesystem::resize_file(File(), std::filesystem::file_size(File()) - 3);
  EXPECT_EQ(Seqs(), (std::vector<std::uint64_t>{1, 2}));
  ASSERT_TRUE(WritePrivateFile(File(), "not events at all", Durable::kNo));
  EXPECT_TRUE(Seqs().empty());
}

TEST_F(EventCacheTest, WhatIsNotKeptIsRemoved) {
  Add(1, 3);
  ASSERT_TRUE(cache_.Keep({}));
  EXPECT_FALSE(std::filesystem::exists(File()));
  cache_.Add(Event(4));
  EXPECT_FALSE(cache_.dirty());
}

}  // namespace
}  // namespace yap::client
