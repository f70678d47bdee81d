#include "core/channel_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/event_testing.h"
#include "core/limits.h"

namespace yap::core {
namespace {

constexpr std::uint64_t kUsers = 4;

ChannelSnapshot Empty() {
  ChannelSnapshot snapshot;
  snapshot.channel.id = ChannelId(9);
  snapshot.channel.name = "tea";
  return snapshot;
}

// A body about one of few users, so that they meet each other's traces.
Body AnyBodyOfFew() {
  const Actor who{UserId(*rc::gen::inRange<std::uint64_t>(1, kUsers + 1)), "u"};
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return MemberJoined{who, *rc::gen::element(Role::kMember, Role::kOwner)};
    case 1:
      return MemberLeft{who};
    case 2:
      return MemberRemoved{who, *rc::gen::arbitrary<bool>()};
    case 3:
      return MemberRoleChanged{who, *rc::gen::element(Role::kMember, Role::kOwner)};
    case 4:
      return ChannelChanged{*AnyMaybeText(), *AnyMaybeKind()};
    default:
      return MessagePosted{"hi", Seq()};
  }
}

Event Next(const ChannelState& state, Body body) {
  Event event;
  event.channel = state.id();
  event.seq = state.head().seq.Next();
  event.countable = state.head().countable + (IsCountable(body) ? 1 : 0);
  event.body = std::move(body);
  return event;
}

void ExpectSame(const ChannelState& a, const ChannelState& b) {
  RC_ASSERT(a.head().seq == b.head().seq);
  RC_ASSERT(a.head().countable == b.head().countable);
  RC_ASSERT(a.kind() == b.kind());
  RC_ASSERT(a.topic() == b.topic());
  RC_ASSERT(a.member_count() == b.member_count());
  RC_ASSERT(a.owner_count() == b.owner_count());
  for (std::uint64_t user = 1; user <= kUsers; ++user) {
    const auto* x = a.Find(UserId(user));
    const auto* y = b.Find(UserId(user));
    RC_ASSERT((x == nullptr) == (y == nullptr));
    if (x != nullptr) RC_ASSERT(*x == *y);
  }
}

RC_GTEST_PROP(ChannelStateTest, RevertingTheLastEventsIsExact, ()) {
  ChannelState state(Empty());
  for (int i = *rc::gen::inRange(0, 20); i > 0; --i) state.Fold(Next(state, AnyBodyOfFew()));
  const ChannelState before = state;
  std::vector<ChannelState::Change> changes;
  for (int i = *rc::gen::inRange(1, 20); i > 0; --i) {
    changes.push_back(state.Fold(Next(state, AnyBodyOfFew())));
  }
  for (; !changes.empty(); changes.pop_back()) state.Revert(std::move(changes.back()));
  ExpectSame(state, before);
}

RC_GTEST_PROP(ChannelStateTest, CountsAreOfThoseWhoAreIn, ()) {
  ChannelState state(Empty());
  for (int i = *rc::gen::inRange(0, 40); i > 0; --i) state.Fold(Next(state, AnyBodyOfFew()));
  std::size_t members = 0;
  std::size_t owners = 0;
  for (std::uint64_t user = 1; user <= kUsers; ++user) {
    members += state.RoleOf(UserId(user)) != Role::kNone ? 1 : 0;
    owners += state.RoleOf(UserId(user)) == Role::kOwner ? 1 : 0;
    RC_ASSERT(!(state.IsBanned(UserId(user)) && state.RoleOf(UserId(user)) != Role::kNone));
  }
  RC_ASSERT(state.member_count() == members);
  RC_ASSERT(state.owner_count() == owners);
}

TEST(ChannelStateTest, JoiningAgainStartsAnew) {
  ChannelState state(Empty());
  const Actor ana{UserId(1), "ana"};
  state.Fold(Next(state, MemberJoined{ana}));
  state.Fold(Next(state, MemberRemoved{ana, true}));
  EXPECT_TRUE(state.IsBanned(ana.user));
  state.Fold(Next(state, MemberJoined{ana}));
  EXPECT_FALSE(state.IsBanned(ana.user));
  EXPECT_EQ(state.Find(ana.user)->joined_seq, Seq(3));
  state.Fold(Next(state, MemberRoleChanged{ana, Role::kOwner}));
  EXPECT_EQ(state.Find(ana.user)->joined_seq, Seq(3));
}

TEST(ShownTimeTest, FollowsTheClockButNeitherBackNorFarAhead) {
  const WallTime now(std::chrono::hours(1000));
  EXPECT_EQ(ShownTime(now, now - std::chrono::seconds(1)), now);
  EXPECT_EQ(ShownTime(now, now + std::chrono::minutes(4)), now + std::chrono::minutes(4));
  EXPECT_EQ(ShownTime(now, now + std::chrono::hours(24)), now + kTimeAheadMax);
}

}  // namespace
}  // namespace yap::core
