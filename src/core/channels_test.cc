#include "core/channels.h"

#include "core/channels_testing.h"

namespace yap::core {
namespace {

class ChannelsTest : public testing::Test {
 protected:
  ChannelsTest() { ana_ = world_.AddUser("ana"), bo_ = world_.AddUser("bo"); }

  World world_{{.rates = {1e6, 1e6, 1e6, 1e6}}};
  Channels& channels() { return world_.channels(); }
  Deadline deadline() { return world_.deadline(); }
  Principal ana_;
  Principal bo_;
};

TEST_F(ChannelsTest, CreatorOwnsAndFirstEventsSayWho) {
  const auto tea = world_.Create(ana_, "tea");
  const auto log = world_.LogOf(tea.id);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0]->body, Body(ChannelCreated{ChannelKind::kPublic, "tea", ""}));
  EXPECT_EQ(log[1]->body, Body(MemberJoined{{ana_.user, "ana"}, Role::kOwner}));
  EXPECT_EQ(tea.member_count, 1U);
  EXPECT_EQ(tea.head.seq, Seq(2));
}

}  // namespace
}  // namespace yap::core
