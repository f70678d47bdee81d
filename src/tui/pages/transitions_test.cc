#include "tui/pages/transitions.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace yap::tui {
namespace {

constexpr std::array kAllPages = {Page::kLogin, Page::kHome, Page::kChat};
constexpr std::array kAllEvents = {PageEvent::kLoggedIn, PageEvent::kLoggedOut,
                                   PageEvent::kChannelOpened, PageEvent::kBack,
                                   PageEvent::kChannelGone};
static_assert(kAllPages.size() == kPages && kAllEvents.size() == kPageEvents);

std::set<std::pair<Page, PageEvent>> Moves() {
  std::set<std::pair<Page, PageEvent>> moves;
  for (const Page page : kAllPages) {
    for (const PageEvent event : kAllEvents) {
      if (NextPage(page, event)) moves.emplace(page, event);
    }
  }
  return moves;
}

TEST(TransitionsTest, TheWholeTableIsWhatTheDesignSays) {
  EXPECT_EQ(Moves(),
            (std::set<std::pair<Page, PageEvent>>{{Page::kLogin, PageEvent::kLoggedIn},
                                                  {Page::kHome, PageEvent::kLoggedOut},
                                                  {Page::kHome, PageEvent::kChannelOpened},
                                                  {Page::kChat, PageEvent::kLoggedOut},
                                                  {Page::kChat, PageEvent::kChannelOpened},
                                                  {Page::kChat, PageEvent::kBack},
                                                  {Page::kChat, PageEvent::kChannelGone}}));
  EXPECT_EQ(NextPage(Page::kLogin, PageEvent::kLoggedIn), Page::kHome);
  EXPECT_EQ(NextPage(Page::kHome, PageEvent::kLoggedOut), Page::kLogin);
  EXPECT_EQ(NextPage(Page::kHome, PageEvent::kChannelOpened), Page::kChat);
  EXPECT_EQ(NextPage(Page::kChat, PageEvent::kLoggedOut), Page::kLogin);
  EXPECT_EQ(NextPage(Page::kChat, PageEvent::kChannelOpened), Page::kChat);
  EXPECT_EQ(NextPage(Page::kChat, PageEvent::kBack), Page::kHome);
  EXPECT_EQ(NextPage(Page::kChat, PageEvent::kChannelGone), Page::kHome);
}

TEST(TransitionsTest, EveryPageIsReachedFromEveryOther) {
  for (const Page from : kAllPages) {
    std::set<Page> reached = {from};
    for (std::size_t before = 0; before != reached.size();) {
      before = reached.size();
      for (const auto& [page, event] : Moves()) {
        if (reached.contains(page)) reached.insert(*NextPage(page, event));
      }
    }
    EXPECT_EQ(reached.size(), kAllPages.size());
  }
}

}  // namespace
}  // namespace yap::tui
