// What a process that dies between a log and its projections leaves to the others; and races on
// names and sessions.
#include <algorithm>
#include <atomic>

#include "store/scylla/internal/scylla_testing.h"

namespace yap::store::scylla {
namespace {

using namespace core;  // NOLINT: the ports under test.
using Outcome = Appended::Outcome;

// A process that dies at `point`, once it is armed: all that it does from there on fails.
class CrashLiveTest : public ScyllaLiveTest {
 protected:
  std::unique_ptr<Store> OpenDying(HookPoint point) {
    return OpenStore({.bucket_bits = 4, .hook = [this, point](HookPoint at) -> Result<> {
                        dead_ = dead_ || (armed_ && at == point);
                        if (!dead_) return {};
                        return Fail(Errc::kUnavailable, "DEAD", "by the test");
                      }});
  }
  Role RoleIn(Store& store, ChannelId channel, std::uint64_t user) {
    const auto member = Run(store.channels().GetMember(channel, UserId(user), Soon()));
    EXPECT_TRUE(member) << member.error().message;
    return member ? member->role : Role::kNone;
  }
  bool Lists(Store& store, std::uint64_t user, ChannelId channel) {
    const auto joined = Run(store.channels().ListJoined(UserId(user), ChannelId(), 9, Soon()));
    return std::ranges::any_of(*joined, [&](const auto& j) { return j.channel.id == channel; });
  }

  std::atomic<bool> armed_ = false;
  std::atomic<bool> dead_ = false;
};

TEST_F(CrashLiveTest, RemovedMemberIsNoneThoughTheRemoverDiedBeforeProjecting) {
  const std::uint64_t user = NewId();
  const auto dying = OpenDying(HookPoint::kBeforeProjection);
  const ChannelId channel = NewChannel(*dying);
  Fill(*dying, channel, {Joined(1, Role::kOwner), Joined(user)});
  const auto other = OpenStore();
  EXPECT_EQ(RoleIn(*other, channel, user), Role::kMember);

  armed_ = true;
  EXPECT_FALSE(Run(dying->log().Append(channel, {Removed(user, false)}, Seq(2), Soon())));
  EXPECT_EQ(RoleIn(*other, channel, user), Role::kNone);
  EXPECT_FALSE(Lists(*other, user, channel));
  const auto snapshot = Run(OpenStore()->channels().LoadChannel(channel, Soon()));
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->members.size(), 1U);
  EXPECT_EQ(snapshot->channel.member_count, 1U);
  EXPECT_EQ(snapshot->channel.head.seq, Seq(3));
}

TEST_F(CrashLiveTest, RetriedJoinFindsItsFirstSeqAndIsProjected) {
  const std::uint64_t user = NewId();
  Draft join = Joined(user);
  join.key = KeyOf(5);
  for (const HookPoint point :
       {HookPoint::kAfterBatch, HookPoint::kBeforeProjection, HookPoint::kBeforeCheckpoint}) {
    armed_ = dead_ = false;
    const auto dying = OpenDying(point);
    const ChannelId channel = NewChannel(*dying);
    Fill(*dying, channel, {Joined(1, Role::kOwner)});
    armed_ = true;
    EXPECT_FALSE(Run(dying->log().Append(channel, {join}, Seq(1), Soon())));

    const auto other = OpenStore();
    const auto again = Run(other->log().Append(channel, {join}, Seq(1), Soon()));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->front().outcome, Outcome::kDuplicate);
    EXPECT_EQ(again->front().seq, Seq(2));
    EXPECT_TRUE(Lists(*other, user, channel));
    EXPECT_EQ(RoleIn(*other, channel, user), Role::kMember);
  }
}

TEST_F(CrashLiveTest, WhoFindsAJoinByItsKeyFindsItProjected) {
  const std::uint64_t user = NewId();
  Draft join = Joined(user);
  join.key = KeyOf(5);
  const auto dying = OpenDying(HookPoint::kBeforeProjection);
  const ChannelId channel = NewChannel(*dying);
  armed_ = true;
  EXPECT_FALSE(Run(dying->log().Append(channel, {join}, Seq(), Soon())));
  const auto other = OpenStore();
  const auto found = Run(other->log().FindKey(channel, UserId(user), KeyOf(5), Seq(), Soon()));
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->seq, Seq(1));
  EXPECT_TRUE(Lists(*other, user, channel));
}

TEST_F(CrashLiveTest, EffectsOfADeadProcessArePending) {
  const auto dying = OpenDying(HookPoint::kAfterBatch);
  const ChannelId channel = NewChannel(*dying);
  armed_ = true;
  EXPECT_FALSE(Run(dying->log().Append(channel, {Joined(NewId())}, Seq(), Soon())));
  const auto other = OpenStore();
  const auto pending = Run(other->channels().ListPendingEffects(1'000, Soon()));
  ASSERT_TRUE(pending);
  EXPECT_EQ(std::ranges::count(*pending, channel), 1);
  EXPECT_TRUE(Run(other->channels().MarkEffectsDone(channel, Seq(1), Soon())));
  EXPECT_EQ(std::ranges::count(*Run(other->channels().ListPendingEffects(1'000, Soon())), channel),
            0);
}

TEST_F(CrashLiveTest, MarkOfAnAppendThatLostIsNotPending) {
  const auto store = OpenStore();
  const ChannelId channel = NewChannel(*store);
  Fill(*store, channel, {Message(1), Message(2)});
  const auto stale = OpenStore();
  EXPECT_TRUE(Run(stale->log().ReadHead(channel, Soon())));
  Fill(*store, channel, {Message(3)});
  EXPECT_EQ(Run(stale->log().Append(channel, {Joined(NewId())}, Seq(2), Soon())).error().reason,
            "HEAD_MOVED");
  EXPECT_EQ(std::ranges::count(*Run(store->channels().ListPendingEffects(1'000, Soon())), channel),
            0);
}

// All of them can be lost: the log has everything.
TEST_F(CrashLiveTest, ProjectionsAreMadeAgainFromTheLog) {
  const auto writer = OpenStore();
  const ChannelId channel = NewChannel(*writer);
  std::vector<Draft> drafts;
  const std::uint64_t first = NewId();
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    drafts.push_back(n % 20 == 0 ? Joined(first + n) : Message(n + 1));
    if (n % 60 == 1) drafts.back() = Left(first + n - 1);
  }
  Fill(*writer, channel, drafts);
  const auto before = Run(writer->channels().LoadChannel(channel, Soon()));
  ASSERT_TRUE(before);
  EXPECT_EQ(before->members.size(), 33U);  // 50 came, 17 left.
  EXPECT_EQ(before->channel.member_count, 33U);
  for (const std::string table :
       {"member", "member_by_name", "channel_of_user", "channel_state", "public_channel"}) {
    TestKeyspace::Shared().Truncate(table);
  }
  const auto reader = OpenStore();
  EXPECT_EQ(RoleIn(*reader, channel, first), Role::kNone);
  EXPECT_EQ(RoleIn(*reader, channel, first + 20), Role::kMember);
  const auto after = Run(reader->channels().LoadChannel(channel, Soon()));
  ASSERT_TRUE(after);
  EXPECT_EQ(after->members.size(), 33U);
  EXPECT_EQ(Run(reader->channels().ListMembers(channel, "", 100, Soon()))->size(), 33U);
  EXPECT_TRUE(Lists(*reader, first + 20, channel));
  EXPECT_FALSE(Lists(*reader, first, channel));
}

// --- Races ---

constexpr std::size_t kRacers = 8;

TEST_F(CrashLiveTest, OneNameHasOneUserHoweverManyAsk) {
  const auto one = OpenStore();
  const auto two = OpenStore();
  for (int round = 0; round < 10; ++round) {
    const std::string name = "race" + std::to_string(NewId());
    std::vector<std::future<Result<>>> tries;
    std::vector<UserId> ids;
    for (std::size_t t = 0; t < kRacers; ++t) {
      UserRecord user;
      user.id = UserId(NewId());
      user.name = name;
      user.inbox = ChannelId(NewId());
      ids.push_back(user.id);
      Store& store = t % 2 == 0 ? *one : *two;
      tries.push_back(runner_.Start(store.users().CreateUser(user, Soon()), t % 4));
    }
    std::vector<UserId> winners;
    for (std::size_t t = 0; t < kRacers; ++t) {
      const auto made = tries[t].get();
      if (made) winners.push_back(ids[t]);
      if (!made) EXPECT_EQ(made.error().reason, "NAME_TAKEN");
      EXPECT_EQ(Run(one->users().GetUser(ids[t], Soon())).has_value(), made.has_value());
    }
    ASSERT_EQ(winners.size(), 1U);
    EXPECT_EQ(Run(two->users().FindUser(name, Soon()))->id, winners[0]);
  }
}

SessionRecord NewSession(std::uint64_t user, std::int64_t created) {
  SessionRecord session;
  session.id = SessionId(SystemRandom().NextId());
  session.user = UserId(user);
  session.create_time = session.last_used_time = TimeAt(created);
  return session;
}

TEST_F(CrashLiveTest, EachCounterIsRefreshedOnce) {
  const auto one = OpenStore();
  const auto two = OpenStore();
  const SessionRecord session = NewSession(NewId(), 100);
  ASSERT_TRUE(Run(one->sessions().CreateSession(session, 10, Soon())));
  for (std::uint64_t counter = 1; counter <= 10; ++counter) {
    std::vector<std::future<Result<>>> tries;
    for (std::size_t t = 0; t < kRacers; ++t) {
      Store& store = t % 2 == 0 ? *one : *two;
      tries.push_back(runner_.Start(
          store.sessions().AdvanceSession(session.id, counter, TimeAt(200), "a", Soon()), t % 4));
    }
    EXPECT_EQ(std::ranges::count_if(tries, [](auto& f) { return f.get().has_value(); }), 1);
  }
  EXPECT_EQ(Run(two->sessions().GetSession(session.id, Soon()))->counter, 11U);
}

// What was read before the session's end cannot bring it back.
TEST_F(CrashLiveTest, RefreshOfAnEndedSessionLosesWhicheverProcessEndedIt) {
  const auto one = OpenStore();
  const auto two = OpenStore();
  const SessionRecord session = NewSession(NewId(), 100);
  ASSERT_TRUE(Run(one->sessions().CreateSession(session, 10, Soon())));
  ASSERT_TRUE(Run(two->sessions().GetSession(session.id, Soon())));
  ASSERT_TRUE(Run(one->sessions().DeleteSessions({session.id}, Soon())));
  EXPECT_EQ(
      Run(two->sessions().AdvanceSession(session.id, 1, TimeAt(200), "a", Soon())).error().code,
      Errc::kNotFound);
  EXPECT_FALSE(Run(one->sessions().GetSession(session.id, Soon())));
}

TEST_F(CrashLiveTest, LoginsAtOnceKeepTheCap) {
  const auto store = OpenStore();
  const std::uint64_t user = NewId();
  std::vector<std::future<Result<std::vector<SessionId>>>> tries;
  for (std::size_t t = 0; t < kRacers; ++t) {
    tries.push_back(runner_.Start(
        store->sessions().CreateSession(NewSession(user, 100 + static_cast<int>(t)), 3, Soon()),
        t % 4));
  }
  std::size_t made = 0;
  for (auto& attempt : tries) made += attempt.get() ? 1U : 0U;
  EXPECT_GE(made, 3U);
  EXPECT_EQ(Run(store->sessions().ListSessions(UserId(user), Soon()))->size(), 3U);
}

}  // namespace
}  // namespace yap::store::scylla
