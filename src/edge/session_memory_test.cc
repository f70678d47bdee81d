#include "edge/session_memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <set>

namespace yap::edge {
namespace {

TEST(ColdBlocksTest, EachIsTakenOnceAndWhatIsGivenBackIsTakenAgain) {
  ColdBlocks blocks(64, 100);
  std::set<void*> taken;
  for (int i = 0; i < 100; ++i) {
    void* block = blocks.Take();
    ASSERT_TRUE(blocks.Owns(block));
    std::memset(block, i, 64);
    taken.insert(block);
  }
  EXPECT_EQ(taken.size(), 100U);
  EXPECT_EQ(blocks.Take(), nullptr);
  void* one = *std::next(taken.begin(), 42);
  blocks.Give(one);
  EXPECT_EQ(blocks.Take(), one);
  EXPECT_EQ(blocks.Take(), nullptr);
}

TEST(ColdBlocksTest, OwnsNoNeighbours) {
  ColdBlocks blocks(64, 2);
  char* first = static_cast<char*>(blocks.Take());
  EXPECT_TRUE(blocks.Owns(first + 127));
  EXPECT_FALSE(blocks.Owns(first - 1));
  EXPECT_FALSE(blocks.Owns(first + 128));
  EXPECT_FALSE(blocks.Owns(nullptr));
}

// What the class is for: a block that nobody writes costs no memory.
TEST(ColdBlocksTest, TakingTouchesNoPage) {
  constexpr std::size_t kPage = 4096;
  constexpr std::size_t kPages = 64;
  ColdBlocks blocks(kPage / 4, kPages * 4);
  void* first = blocks.Take();
  while (blocks.Take() != nullptr) {
  }
  std::array<unsigned char, kPages> resident{};
  const auto count = [&] {
    EXPECT_EQ(::mincore(first, kPages * kPage, resident.data()), 0);
    return std::ranges::count_if(resident, [](unsigned char page) { return (page & 1U) != 0; });
  };
  EXPECT_EQ(count(), 0);
  *static_cast<char*>(first) = 1;
  EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace yap::edge
