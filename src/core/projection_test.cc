#include "core/projection.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "core/event_testing.h"

namespace yap::core {
namespace {

const Actor kAna{UserId(7), "ana"};
const Actor kBo{UserId(8), "bo"};

Event At(Seq seq, Body body) {
  Event e;
  e.channel = ChannelId(5);
  e.seq = seq;
  e.actor = kAna;
  e.countable = 3;
  e.body = std::move(body);
  return e;
}

template <class T>
T Only(const std::vector<Projection>& projections) {
  EXPECT_EQ(projections.size(), 1U);
  return std::get<T>(projections.at(0));
}

TEST(ProjectionTest, JoiningSetsTheMemberAndWhereReadingStarts) {
  const auto set = Only<SetMember>(ProjectionsOf(At(Seq(4), MemberJoined{kBo, Role::kOwner})));
  EXPECT_EQ(set.member, kBo);
  EXPECT_EQ(set.role, Role::kOwner);
  EXPECT_EQ(set.seq, Seq(4));
  EXPECT_EQ(set.countable, 3U);
  EXPECT_TRUE(set.joined);
}

TEST(ProjectionTest, ARoleChangeIsNoJoin) {
  const auto set =
      Only<SetMember>(ProjectionsOf(At(Seq(4), MemberRoleChanged{kBo, Role::kModerator})));
  EXPECT_EQ(set.role, Role::kModerator);
  EXPECT_FALSE(set.joined);
}

TEST(ProjectionTest, LeavingAndRemovalDropTheMember) {
  EXPECT_FALSE(Only<DropMember>(ProjectionsOf(At(Seq(4), MemberLeft{kBo}))).banned);
  EXPECT_FALSE(Only<DropMember>(ProjectionsOf(At(Seq(4), MemberRemoved{kBo, false}))).banned);
  const auto ban = Only<DropMember>(ProjectionsOf(At(Seq(4), MemberRemoved{kBo, true})));
  EXPECT_TRUE(ban.banned);
  EXPECT_EQ(ban.user, kBo.user);
  EXPECT_EQ(ban.username, "bo");
  EXPECT_EQ(ban.seq, Seq(4));
}

TEST(ProjectionTest, OnlyWhatChangedIsSetOnTheChannel) {
  const auto topic = Only<SetChannel>(ProjectionsOf(At(Seq(4), ChannelChanged{"new", {}})));
  EXPECT_EQ(topic.topic, "new");
  EXPECT_EQ(topic.kind, std::nullopt);
  const auto created = Only<SetChannel>(
      ProjectionsOf(At(Seq(1), ChannelCreated{ChannelKind::kPrivate, "name", "first"})));
  EXPECT_EQ(created.topic, "first");
  EXPECT_EQ(created.kind, ChannelKind::kPrivate);
}

TEST(ProjectionTest, AReadPositionIsItsActorsAndOfTheChannelItNames) {
  const auto read = Only<SetRead>(ProjectionsOf(At(Seq(4), ReadMoved{ChannelId(9), Seq(2), 1})));
  EXPECT_EQ(read.user, kAna.user);
  EXPECT_EQ(read.channel, ChannelId(9));
  EXPECT_EQ(read.seq, Seq(2));
  EXPECT_EQ(read.countable, 1U);
}

TEST(ProjectionTest, EffectsTellTheMemberConcernedAndNotTheActor) {
  const auto added = EffectsOf(At(Seq(4), MemberJoined{kBo}), "tea", ChannelKind::kPrivate);
  ASSERT_EQ(added.size(), 1U);
  EXPECT_EQ(added[0].user, kBo.user);
  EXPECT_EQ(added[0].body,
            Body(AddedToChannel{ChannelId(5), "tea", ChannelKind::kPrivate, Seq(4)}));

  const std::pair<Body, RemovalCause> causes[] = {
      {MemberLeft{kBo}, RemovalCause::kLeft},
      {MemberRemoved{kBo, false}, RemovalCause::kRemoved},
      {MemberRemoved{kBo, true}, RemovalCause::kBanned}};
  for (const auto& [body, cause] : causes) {
    const auto gone = EffectsOf(At(Seq(4), body), "tea", ChannelKind::kPublic);
    ASSERT_EQ(gone.size(), 1U);
    EXPECT_EQ(gone[0].user, kBo.user);
    EXPECT_EQ(gone[0].body, Body(RemovedFromChannel{ChannelId(5), "tea", Seq(4), cause}));
  }
}

RC_GTEST_PROP(ProjectionTest, EffectsAreReplayableAndAnnounced, ()) {
  const auto event = *AnyEvent();
  const auto first = EffectsOf(event, "name", ChannelKind::kPublic);
  const auto again = EffectsOf(event, "name", ChannelKind::kPublic);
  RC_ASSERT(first.empty() == !HasEffects(event.body));
  RC_ASSERT(first.size() == again.size());
  std::set<UserId> users;
  for (std::size_t i = 0; i < first.size(); ++i) {
    RC_ASSERT(first[i].key == again[i].key);
    RC_ASSERT(users.insert(first[i].user).second);
  }
}

RC_GTEST_PROP(ProjectionTest, EffectKeysDifferByChannelAndSeq,
              (ChannelId channel, Seq seq, ChannelId other_channel, Seq other_seq)) {
  RC_PRE(channel != other_channel || seq != other_seq);
  Event a = At(seq, MemberJoined{kBo});
  Event b = At(other_seq, MemberLeft{kBo});
  a.channel = channel;
  b.channel = other_channel;
  RC_ASSERT(EffectsOf(a, "", ChannelKind::kPublic)[0].key !=
            EffectsOf(b, "", ChannelKind::kPublic)[0].key);
}

}  // namespace
}  // namespace yap::core
