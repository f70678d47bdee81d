#include "tui/pages/lists.h"

#include <gtest/gtest.h>

#include "tui/pages/pages_testing.h"

namespace yap::tui {
namespace {

TEST(ClosenessTest, LettersInOrderAndTogetherAtTheStartAreBest) {
  EXPECT_FALSE(Closeness("deck", "kd"));
  EXPECT_TRUE(Closeness("deck", "DK"));
  EXPECT_GT(*Closeness("deck", "de"), *Closeness("sundeck", "de"));
  EXPECT_GT(*Closeness("deck", "deck"), *Closeness("decksmall", "deck"));
  EXPECT_GT(*Closeness("lower-deck", "deck"), *Closeness("dreadclock", "deck"));
}

TEST(ListsTest, MutedChannelsAreNoActivity) {
  client::Model model = ModelForTest();
  const State state = StateForTest(Page::kChat);
  EXPECT_FALSE(NextActivity(state, model));
  Say(model, 12, "cy", "soup");
  EXPECT_EQ(NextActivity(state, model), 12U);
  model.channels[12].muted = true;
  EXPECT_FALSE(NextActivity(state, model));
}

TEST(ListsTest, OnlyChannelHasNoNext) {
  client::Model model = ModelForTest();
  std::erase_if(model.channels, [](const auto& entry) { return entry.first != 11; });
  EXPECT_FALSE(ChannelAfter(StateForTest(Page::kChat), model, 1));
  EXPECT_EQ(ChannelAfter(StateForTest(Page::kHome), model, 1), 11U);
}

TEST(ListsTest, WhatIsCalledAsWasTypedIsChosenBeforeWhatBeginsSoAndWhatContainsIt) {
  client::Model model = ModelForTest();
  State state = StateForTest(Page::kHome);
  const auto chosen = [&] {
    const auto targets = HomeTargets(state, model);
    return targets.at(HomeSelected(state, targets)).name;
  };
  state.home.filter.Insert("#OPS");
  model.channels[11].name = "devops";
  EXPECT_EQ(chosen(), "devops");
  model.channels[12].name = "ops-night";
  EXPECT_EQ(chosen(), "ops-night");
  model.publics.push_back({"ops", "", 1, false});
  EXPECT_EQ(chosen(), "ops");
}

TEST(ListsTest, SelectionStaysWithItsRowWhenOthersCome) {
  client::Model model = ModelForTest();
  State state = StateForTest(Page::kHome);
  state.home.selected = {Target::What::kChannel, 12};
  const std::size_t before = HomeSelected(state, HomeTargets(state, model));
  model.channels[5] = model.channels[11];
  model.channels[5].id = 5;
  model.channels[5].name = "aaa";
  EXPECT_EQ(HomeSelected(state, HomeTargets(state, model)), before + 1);
}

TEST(ListsTest, MembersAreListedByRole) {
  const client::Model model = ModelForTest();
  const auto members = MembersInOrder(model.channels.at(11));
  EXPECT_EQ(members.at(0).first, "ada");
  EXPECT_EQ(members.at(1).first, "bob");
  EXPECT_EQ(members.at(2).first, "cy");
}

}  // namespace
}  // namespace yap::tui
