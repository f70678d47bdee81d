// What every store's directory must do: channels and their members. core/directory.h says it in
// words; accounts_contract_test.cc has the users and sessions.
#include <algorithm>
#include <set>

#include "store/contract.h"

namespace yap::store {
namespace {

using namespace core;  // NOLINT: the ports under test.

using DirectoryContractTest = StoreContractTest;

std::vector<std::string> NamesOf(const std::vector<ChannelRecord>& records) {
  std::vector<std::string> names;
  names.reserve(records.size());
  for (const ChannelRecord& record : records) names.push_back(record.name);
  return names;
}
std::vector<std::string> NamesOf(const std::vector<MemberRecord>& members) {
  std::vector<std::string> names;
  names.reserve(members.size());
  for (const MemberRecord& member : members) names.push_back(member.username);
  return names;
}

// --- Creation ---

TEST_P(DirectoryContractTest, CreatedChannelIsFoundByIdAndName) {
  const ChannelRecord wanted = ChannelOf(7, "general", ChannelKind::kPrivate);
  const auto made = Run(channels().CreateChannel(wanted, Soon()));
  ASSERT_TRUE(made && made->created);
  Reopen();
  for (const auto& found : {Run(channels().GetChannel(ChannelId(7), Soon())),
                            Run(channels().FindChannel("general", Soon()))}) {
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->id, wanted.id);
    EXPECT_EQ(found->name, wanted.name);
    EXPECT_EQ(found->kind, wanted.kind);
    EXPECT_EQ(found->topic, wanted.topic);
    EXPECT_EQ(found->creator, wanted.creator);
    EXPECT_EQ(found->request_id, wanted.request_id);
    EXPECT_EQ(found->create_time, wanted.create_time);
    EXPECT_EQ(found->member_count, 0U);
    EXPECT_EQ(found->head.seq, Seq());
    EXPECT_EQ(found->head.epoch, made->channel.head.epoch);
  }
}

TEST_P(DirectoryContractTest, UnknownChannelsAreNotFound) {
  EXPECT_EQ(Run(channels().GetChannel(ChannelId(4), Soon())).error().reason, "CHANNEL_NOT_FOUND");
  EXPECT_EQ(Run(channels().FindChannel("none", Soon())).error().reason, "CHANNEL_NOT_FOUND");
  EXPECT_EQ(Run(channels().LoadChannel(ChannelId(4), Soon())).error().reason, "CHANNEL_NOT_FOUND");
}

TEST_P(DirectoryContractTest, TakenNameAnswersTheChannelThatHasIt) {
  NewChannel(1, ChannelKind::kPublic, "general");
  AppendNext(ChannelId(1), {Joined(1)});
  const auto second = Run(channels().CreateChannel(ChannelOf(2, "general"), Soon()));
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->created);
  EXPECT_EQ(second->channel.id, ChannelId(1));
  EXPECT_EQ(second->channel.member_count, 1U);
  EXPECT_FALSE(Run(channels().GetChannel(ChannelId(2), Soon())));
}

TEST_P(DirectoryContractTest, TakenIdIsRefused) {
  NewChannel(1, ChannelKind::kPublic, "general");
  const auto second = Run(channels().CreateChannel(ChannelOf(1, "other"), Soon()));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kAlreadyExists);
  EXPECT_FALSE(Run(channels().FindChannel("other", Soon())));
}

TEST_P(DirectoryContractTest, CreationRaceHasOneWinnerWhomAllAreTold) {
  Runner& threads = Threads();
  for (std::uint64_t round = 0; round < 10; ++round) {
    const std::string name = "race-" + std::to_string(round);
    std::vector<std::future<Result<ChannelCreation>>> tries;
    tries.reserve(kThreads);
    for (std::size_t t = 0; t < kThreads; ++t) {
      tries.push_back(
          threads.Start(channels().CreateChannel(ChannelOf(100 * round + t + 1, name), Soon()), t));
    }
    int created = 0;
    std::set<ChannelId> told;
    for (auto& attempt : tries) {
      const auto made = attempt.get();
      ASSERT_TRUE(made) << made.error().message;
      created += made->created ? 1 : 0;
      told.insert(made->channel.id);
    }
    EXPECT_EQ(created, 1);
    EXPECT_EQ(told.size(), 1U);
    EXPECT_EQ(Run(channels().FindChannel(name, Soon()))->id, *told.begin());
  }
}

// --- Listing public channels ---

TEST_P(DirectoryContractTest, ListPublicShowsPublicChannelsWithEventsByName) {
  NewChannel(3, ChannelKind::kPublic, "beta");
  NewChannel(1, ChannelKind::kPublic, "alpha");
  NewChannel(2, ChannelKind::kPrivate, "secret");
  NewChannel(4, ChannelKind::kPublic, "empty");
  NewChannel(5, ChannelKind::kDirect, "direct:1:2");
  for (const std::uint64_t id : {1, 2, 3, 5}) AppendNext(ChannelId(id), {Joined(1)});
  EXPECT_EQ(NamesOf(*Run(channels().ListPublic("", "", 10, Soon()))),
            (std::vector<std::string>{"alpha", "beta"}));
}

TEST_P(DirectoryContractTest, ListPublicPagesAndFiltersByPrefix) {
  std::uint64_t id = 1;
  for (const std::string name : {"dev", "dev-ops", "dev-web", "de", "devil", "ops", "a_b", "axb"}) {
    NewChannel(id, ChannelKind::kPublic, name);
    AppendNext(ChannelId(id++), {Message(0)});
  }
  const auto list = [&](const std::string& prefix, const std::string& after, std::size_t limit) {
    return NamesOf(*Run(channels().ListPublic(prefix, after, limit, Soon())));
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(list("dev", "", 10), (Names{"dev", "dev-ops", "dev-web", "devil"}));
  EXPECT_EQ(list("dev", "", 2), (Names{"dev", "dev-ops"}));
  EXPECT_EQ(list("dev", "dev-ops", 2), (Names{"dev-web", "devil"}));
  EXPECT_EQ(list("dev", "devil", 2), Names{});
  EXPECT_EQ(list("dev", "zzz", 2), Names{});
  EXPECT_EQ(list("a_", "", 10), (Names{"a_b"}));  // No wildcard.
  EXPECT_EQ(list("%", "", 10), Names{});
  EXPECT_EQ(list("", "dev-web", 10), (Names{"devil", "ops"}));
}

TEST_P(DirectoryContractTest, ChangedTopicAndKindShowAtOnce) {
  NewChannel(1, ChannelKind::kPublic, "general");
  AppendNext(ChannelId(1), {DraftOf(User(1), ChannelChanged{"new topic", std::nullopt})});
  EXPECT_EQ(Run(channels().GetChannel(ChannelId(1), Soon()))->topic, "new topic");
  AppendNext(ChannelId(1), {DraftOf(User(1), ChannelChanged{{}, ChannelKind::kPrivate})});
  const auto record = Run(channels().GetChannel(ChannelId(1), Soon()));
  EXPECT_EQ(record->kind, ChannelKind::kPrivate);
  EXPECT_EQ(record->topic, "new topic");
  EXPECT_TRUE(Run(channels().ListPublic("", "", 10, Soon()))->empty());
}

// --- Members ---

TEST_P(DirectoryContractTest, MembersFollowTheLog) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Joined(1, Role::kOwner), Message(0), Joined(2)});
  auto second = Run(channels().GetMember(channel, UserId(2), Soon()));
  EXPECT_EQ(second->role, Role::kMember);
  EXPECT_EQ(second->joined_seq, Seq(3));
  EXPECT_EQ(second->username, "user2");
  EXPECT_EQ(Run(channels().GetChannel(channel, Soon()))->member_count, 2U);

  AppendNext(channel, {DraftOf(User(1), MemberRoleChanged{User(2), Role::kModerator})});
  second = Run(channels().GetMember(channel, UserId(2), Soon()));
  EXPECT_EQ(second->role, Role::kModerator);
  EXPECT_EQ(second->joined_seq, Seq(3));

  AppendNext(channel, {Left(2)});
  second = Run(channels().GetMember(channel, UserId(2), Soon()));
  EXPECT_EQ(second->role, Role::kNone);
  EXPECT_FALSE(second->banned);
  EXPECT_EQ(Run(channels().GetChannel(channel, Soon()))->member_count, 1U);

  AppendNext(channel, {Joined(2)});
  EXPECT_EQ(Run(channels().GetMember(channel, UserId(2), Soon()))->joined_seq, Seq(6));
}

TEST_P(DirectoryContractTest, AccessIsTheChannelItsHeadAndTheMember) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Joined(1, Role::kOwner), Message(0), Joined(2)});
  const auto access = [&](std::uint64_t user) {
    return Run(channels().GetAccess(channel, UserId(user), Soon()));
  };
  EXPECT_EQ(access(1)->member.role, Role::kOwner);
  EXPECT_EQ(access(2)->member.joined_seq, Seq(3));
  EXPECT_EQ(access(2)->channel.head.seq, Seq(3));
  EXPECT_EQ(access(2)->channel.name, Run(channels().GetChannel(channel, Soon()))->name);
  EXPECT_EQ(access(9)->member.role, Role::kNone);
  EXPECT_EQ(access(9)->member.user, UserId(9));

  AppendNext(channel, {Left(2)});
  EXPECT_EQ(access(2)->member.role, Role::kNone);
  EXPECT_EQ(access(2)->channel.head.seq, Seq(4));
  const auto none = Run(channels().GetAccess(ChannelId(404), UserId(1), Soon()));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "CHANNEL_NOT_FOUND");
}

TEST_P(DirectoryContractTest, WhoNeverWasMemberHasNoRoleAndNoError) {
  const ChannelId channel = NewChannel(1);
  for (const ChannelId id : {channel, ChannelId(404)}) {
    const auto stranger = Run(channels().GetMember(id, UserId(9), Soon()));
    ASSERT_TRUE(stranger);
    EXPECT_EQ(stranger->role, Role::kNone);
    EXPECT_EQ(stranger->user, UserId(9));
    EXPECT_FALSE(stranger->banned);
  }
}

TEST_P(DirectoryContractTest, BanLastsUntilTheUserIsMemberAgain) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Joined(1), Joined(2), Removed(2, true)});
  auto banned = Run(channels().GetMember(channel, UserId(2), Soon()));
  EXPECT_EQ(banned->role, Role::kNone);
  EXPECT_TRUE(banned->banned);
  EXPECT_EQ(banned->username, "user2");
  EXPECT_EQ(NamesOf(*Run(channels().ListMembers(channel, "", 10, Soon()))),
            std::vector<std::string>{"user1"});
  EXPECT_TRUE(Run(channels().ListJoined(UserId(2), ChannelId(), 10, Soon()))->empty());
  Reopen();
  const auto snapshot = Run(channels().LoadChannel(channel, Soon()));
  EXPECT_EQ(snapshot->members.size(), 2U);  // Banned ones included.
  EXPECT_EQ(snapshot->channel.member_count, 1U);

  AppendNext(channel, {Joined(2)});
  banned = Run(channels().GetMember(channel, UserId(2), Soon()));
  EXPECT_FALSE(banned->banned);
  EXPECT_EQ(Run(channels().GetChannel(channel, Soon()))->member_count, 2U);
}

// A stranger can be banned before ever joining; the count must not suffer.
TEST_P(DirectoryContractTest, BanningAStrangerLeavesTheCountAlone) {
  const ChannelId channel = NewChannel(1);
  AppendNext(channel, {Joined(1), Removed(2, true), Removed(2, true), Left(3)});
  EXPECT_EQ(Run(channels().GetChannel(channel, Soon()))->member_count, 1U);
  EXPECT_TRUE(Run(channels().GetMember(channel, UserId(2), Soon()))->banned);
}

TEST_P(DirectoryContractTest, ListMembersPagesByUsername) {
  const ChannelId channel = NewChannel(1);
  std::vector<Draft> drafts;
  for (const std::uint64_t user : {5, 3, 9, 1, 7}) drafts.push_back(Joined(user));
  AppendNext(channel, drafts);
  const auto list = [&](const std::string& after, std::size_t limit) {
    return NamesOf(*Run(channels().ListMembers(channel, after, limit, Soon())));
  };
  EXPECT_EQ(list("", 2), (std::vector<std::string>{"user1", "user3"}));
  EXPECT_EQ(list("user3", 2), (std::vector<std::string>{"user5", "user7"}));
  EXPECT_EQ(list("user7", 2), (std::vector<std::string>{"user9"}));
  EXPECT_TRUE(list("user9", 2).empty());
}

// --- Joined channels and read positions ---

TEST_P(DirectoryContractTest, ListJoinedPagesByIdWithoutTheInbox) {
  for (const std::uint64_t id : {4, 2, 9, 6}) {
    NewChannel(id);
    AppendNext(ChannelId(id), {Joined(1)});
  }
  NewChannel(3, ChannelKind::kInbox, "inbox:1");
  AppendNext(ChannelId(3), {Joined(1)});
  NewChannel(5);
  AppendNext(ChannelId(5), {Joined(1), Left(1)});
  const auto list = [&](std::uint64_t after, std::size_t limit) {
    std::vector<std::uint64_t> ids;
    const auto joined = Run(channels().ListJoined(UserId(1), ChannelId(after), limit, Soon()));
    for (const JoinedRecord& record : *joined) ids.push_back(record.channel.id.value);
    return ids;
  };
  EXPECT_EQ(list(0, 3), (std::vector<std::uint64_t>{2, 4, 6}));
  EXPECT_EQ(list(6, 3), (std::vector<std::uint64_t>{9}));
  EXPECT_TRUE(Run(channels().ListJoined(UserId(2), ChannelId(), 10, Soon()))->empty());
}

TEST_P(DirectoryContractTest, ReadPositionStartsAtTheJoinAndOnlyGoesForward) {
  const ChannelId channel = NewChannel(1);
  const ChannelId inbox = NewChannel(2, ChannelKind::kInbox, "inbox:1");
  AppendNext(channel, {Message(0), Message(0), Joined(1), Message(0), Message(0)});
  const auto position = [&] {
    const auto joined = Run(channels().ListJoined(UserId(1), ChannelId(), 10, Soon()));
    return std::pair(joined->at(0).read_seq.value, joined->at(0).read_countable);
  };
  using Position = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(position(), Position(3, 2));
  AppendNext(inbox, {DraftOf(User(1), ReadMoved{channel, Seq(5), 4})});
  EXPECT_EQ(position(), Position(5, 4));
  AppendNext(inbox, {DraftOf(User(1), ReadMoved{channel, Seq(4), 3})});
  EXPECT_EQ(position(), Position(5, 4));
  AppendNext(channel, {DraftOf(User(1), MemberRoleChanged{User(1), Role::kOwner})});
  EXPECT_EQ(position(), Position(5, 4));
  AppendNext(channel, {Left(1), Joined(1)});
  EXPECT_EQ(position(), Position(8, 4));
}

TEST_P(DirectoryContractTest, ReadPositionOfNobodyIsIgnored) {
  const ChannelId inbox = NewChannel(2, ChannelKind::kInbox, "inbox:1");
  NewChannel(1);
  AppendNext(inbox, {DraftOf(User(1), ReadMoved{ChannelId(1), Seq(5), 4}),
                     DraftOf(User(1), ReadMoved{ChannelId(404), Seq(5), 4})});
  EXPECT_TRUE(Run(channels().ListJoined(UserId(1), ChannelId(), 10, Soon()))->empty());
  EXPECT_EQ(Read(inbox).events.size(), 2U);
}

TEST_P(DirectoryContractTest, DirectChannelTellsThePeer) {
  const ChannelId direct = NewChannel(1, ChannelKind::kDirect, "direct:1:2");
  AppendNext(direct, {Joined(1), Joined(2)});
  EXPECT_EQ(Run(channels().ListJoined(UserId(1), ChannelId(), 9, Soon()))->at(0).peer, User(2));
  EXPECT_EQ(Run(channels().ListJoined(UserId(2), ChannelId(), 9, Soon()))->at(0).peer, User(1));
  const ChannelId open = NewChannel(2);
  AppendNext(open, {Joined(3), Joined(4)});
  EXPECT_EQ(Run(channels().ListJoined(UserId(3), ChannelId(), 9, Soon()))->at(0).peer, Actor());
}

// --- Snapshots and effects ---

// Members and head come from one moment, however fast others write.
TEST_P(DirectoryContractTest, SnapshotIsOfOneMoment) {
  const ChannelId channel = NewChannel(1);
  Runner& threads = Threads();
  auto writer = threads.Start(
      [](EventLog& events, ChannelId id) -> Task<void> {
        for (std::uint64_t seq = 0; seq < 100; ++seq) {
          YAP_CO_TRY_VOID(
              co_await events.Append(id, std::vector{Joined(seq + 1)}, Seq(seq), Soon()));
        }
        co_return Result<>();
      }(log(), channel),
      0);
  while (writer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    const auto snapshot = threads.Start(channels().LoadChannel(channel, Soon()), 1).get();
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->members.size(), snapshot->channel.head.seq.value);
    EXPECT_EQ(snapshot->channel.member_count, snapshot->channel.head.seq.value);
  }
  EXPECT_TRUE(writer.get());
}

TEST_P(DirectoryContractTest, EffectsArePendingUntilMarkedDone) {
  const ChannelId quiet = NewChannel(1);
  const ChannelId busy = NewChannel(2);
  const ChannelId other = NewChannel(3);
  const auto pending = [&](std::size_t limit) {
    auto ids = *Run(channels().ListPendingEffects(limit, Soon()));
    std::ranges::sort(ids);
    return ids;
  };
  AppendNext(quiet, {Message(1)});
  AppendNext(busy, {Message(1), Joined(1), Message(2)});
  AppendNext(other, {Joined(1)});
  EXPECT_EQ(pending(10), (std::vector{busy, other}));
  EXPECT_EQ(pending(1).size(), 1U);
  EXPECT_EQ(Run(channels().GetChannel(busy, Soon()))->effects_last, Seq(2));

  EXPECT_TRUE(Run(channels().MarkEffectsDone(busy, Seq(1), Soon())));
  EXPECT_EQ(pending(10), (std::vector{busy, other}));
  EXPECT_TRUE(Run(channels().MarkEffectsDone(busy, Seq(3), Soon())));
  Reopen();
  EXPECT_EQ(pending(10), std::vector{other});
  EXPECT_TRUE(Run(channels().MarkEffectsDone(busy, Seq(2), Soon())));  // Never back.
  EXPECT_EQ(Run(channels().GetChannel(busy, Soon()))->effects_done, Seq(3));
  AppendNext(busy, {Left(1)});
  EXPECT_EQ(pending(10), (std::vector{busy, other}));
}

INSTANTIATE_TEST_SUITE_P(Adapters, DirectoryContractTest, ::testing::ValuesIn(StoreAdapters()),
                         StoreAdapterName);

}  // namespace
}  // namespace yap::store
