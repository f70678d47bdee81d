#include "core/channels.h"

#include <algorithm>

#include "core/channels_testing.h"

namespace yap::core {
namespace {

class ChannelsTest : public testing::Test {
 protected:
  ChannelsTest() : ana_(world_.AddUser("ana")), bo_(world_.AddUser("bo")) {
    world_.Run(std::chrono::seconds(1));
  }

  Channels& channels() { return world_.channels(); }
  Deadline deadline() { return world_.deadline(); }
  std::string JoinReason(const Principal& who, ChannelRef channel) {
    return world_.ReasonOf(channels().Join(who, std::move(channel), {}, deadline()));
  }
  std::string SendReason(const Principal& who, ChannelRef channel) {
    return world_.ReasonOf(
        channels().Send(who, world_.Message(std::move(channel), "hi"), deadline()));
  }
  std::string ReadReason(const Principal& who, ChannelRef channel) {
    return world_.ReasonOf(channels().AuthorizeRead(who, std::move(channel), deadline()));
  }

  World world_{{.rates = {1e6, 1e6, 1e6, 1e6}}};
  Principal ana_;
  Principal bo_;
};

TEST_F(ChannelsTest, CreatorOwnsAndTheFirstEventsSayWho) {
  const auto tea = world_.Create(ana_, "tea");
  const auto log = world_.LogOf(tea.id);
  ASSERT_EQ(log.size(), 2U);
  EXPECT_EQ(log[0]->body, Body(ChannelCreated{ChannelKind::kPublic, "tea", ""}));
  EXPECT_EQ(log[1]->body, Body(MemberJoined{{ana_.user, "ana"}, Role::kOwner}));
  EXPECT_EQ(tea.member_count, 1U);
  EXPECT_EQ(tea.head.seq, Seq(2));
}

TEST_F(ChannelsTest, ANameIsGivenOnceAndARepeatAnswersTheSame) {
  CreateChannelRequest request{"tea", "all about it", ChannelKind::kPrivate, Key(7)};
  const auto first = world_.Must(channels().Create(ana_, request, deadline()));
  const auto again = world_.Must(channels().Create(ana_, request, deadline()));
  EXPECT_EQ(first.id, again.id);
  EXPECT_EQ(again.head.seq, Seq(2));
  EXPECT_EQ(again.topic, "all about it");
  request.request_id = Key(8);
  EXPECT_EQ(world_.ReasonOf(channels().Create(ana_, request, deadline())), "NAME_TAKEN");
  EXPECT_EQ(world_.ReasonOf(channels().Create(bo_, request, deadline())), "NAME_TAKEN");
}

TEST_F(ChannelsTest, ACreationThatACrashCutShortIsFinishedByItsCreatorAlone) {
  world_.log().faults = {TapLog::Fault::kFull};
  CreateChannelRequest request{"tea", "", ChannelKind::kPublic, Key(7)};
  const auto cut = world_.Await(channels().Create(ana_, request, deadline()));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Errc::kUnavailable) << "the name is taken: that is something stored";
  EXPECT_EQ(JoinReason(bo_, "tea"), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(world_.ReasonOf(channels().Get(bo_, "tea", deadline())), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(world_.ReasonOf(channels().Create(bo_, request, deadline())), "NAME_TAKEN");
  request.request_id = {};
  const auto tea = world_.Must(channels().Create(ana_, request, deadline()));
  EXPECT_EQ(tea.head.seq, Seq(2));
  EXPECT_EQ(JoinReason(bo_, "tea"), "OK");
}

TEST_F(ChannelsTest, BadNamesTopicsAndKindsNameTheirField) {
  const auto error = [&](CreateChannelRequest request) {
    auto result = world_.Await(channels().Create(ana_, std::move(request), deadline()));
    return result ? "OK" : result.error().field + " " + result.error().reason;
  };
  EXPECT_EQ(error({"Tea", "", ChannelKind::kPublic, {}}), "name NAME_INVALID");
  EXPECT_EQ(error({"tea", "a\nb", ChannelKind::kPublic, {}}), "topic TEXT_FORBIDDEN_CHARACTER");
  EXPECT_EQ(error({"tea", std::string(600, 'x'), ChannelKind::kPublic, {}}), "topic TEXT_TOO_LONG");
  EXPECT_EQ(error({"tea", "", ChannelKind::kInbox, {}}), "visibility FIELD_INVALID");
}

using Metadata = std::vector<std::pair<std::string, std::string>>;
std::string TextOf(const ChannelRef& ref) {
  const auto* name = std::get_if<std::string>(&ref);
  return name != nullptr ? *name : std::to_string(std::get<ChannelId>(ref).value);
}

TEST_F(ChannelsTest, AStrangerLearnsNothingOfAPrivateChannel) {
  const auto attic = world_.Create(ana_, "attic", ChannelKind::kPrivate);
  for (const ChannelRef& ref : {ChannelRef(attic.id), ChannelRef("attic")}) {
    const ChannelRef missing =
        std::holds_alternative<ChannelId>(ref) ? ChannelRef(ChannelId(42)) : ChannelRef("nowhere");
    const auto same = [&](auto call) {
      auto hidden = world_.Await(call(ref)).error();
      auto absent = world_.Await(call(missing)).error();
      EXPECT_EQ(hidden.reason, "CHANNEL_NOT_FOUND");
      EXPECT_EQ(hidden.reason, absent.reason);
      EXPECT_EQ(hidden.message, absent.message);
      // Each with the words of the question: the id behind a name is news, too.
      EXPECT_EQ(hidden.metadata, Metadata({{"channel", TextOf(ref)}}));
      EXPECT_EQ(absent.metadata, Metadata({{"channel", TextOf(missing)}}));
    };
    same([&](ChannelRef r) { return channels().Get(bo_, r, deadline()); });
    same([&](ChannelRef r) { return channels().GetJoined(bo_, r, deadline()); });
    same([&](ChannelRef r) { return channels().ListMembers(bo_, r, {}, deadline()); });
    same([&](ChannelRef r) { return channels().Join(bo_, r, {}, deadline()); });
    same([&](ChannelRef r) { return channels().Leave(bo_, r, {}, deadline()); });
    same([&](ChannelRef r) { return channels().Send(bo_, world_.Message(r, "x"), deadline()); });
    same([&](ChannelRef r) { return channels().AuthorizeRead(bo_, r, deadline()); });
    same([&](ChannelRef r) { return channels().MarkRead(bo_, r, Seq(1), deadline()); });
    same([&](ChannelRef r) { return channels().Invite(bo_, r, "bo", {}, deadline()); });
    same([&](ChannelRef r) { return channels().Update(bo_, r, "t", {}, {}, deadline()); });
  }
}

TEST_F(ChannelsTest, APublicChannelIsSeenByAllAndReadByMembers) {
  const auto tea = world_.Create(ana_, "tea");
  EXPECT_EQ(world_.Must(channels().Get(bo_, "tea", deadline())).id, tea.id);
  EXPECT_EQ(SendReason(bo_, tea.id), "NOT_A_MEMBER");
  EXPECT_EQ(ReadReason(bo_, tea.id), "NOT_A_MEMBER");
  EXPECT_EQ(world_.ReasonOf(channels().ListMembers(bo_, tea.id, {}, deadline())), "NOT_A_MEMBER");
  EXPECT_EQ(world_.ReasonOf(channels().GetJoined(bo_, tea.id, deadline())), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(JoinReason(bo_, tea.id), "OK");
  EXPECT_EQ(SendReason(bo_, tea.id), "OK");
  EXPECT_EQ(ReadReason(bo_, tea.id), "OK");
}

TEST_F(ChannelsTest, JoiningTwiceAnswersWhereOneJoined) {
  const auto tea = world_.Create(ana_, "tea");
  const auto first = world_.Must(channels().Join(bo_, tea.id, Key(1), deadline()));
  world_.clock().Advance(std::chrono::seconds(5));
  const auto again = world_.Must(channels().Join(bo_, tea.id, Key(2), deadline()));
  EXPECT_EQ(again.seq, first.seq);
  EXPECT_EQ(again.time, first.time);
  EXPECT_TRUE(again.already);
  EXPECT_FALSE(first.already);
  EXPECT_EQ(world_.LogOf(tea.id).size(), 3U);
}

TEST_F(ChannelsTest, ARepeatedWriteAnswersAsTheFirstWhateverHappenedSince) {
  const auto tea = world_.Create(ana_, "tea");
  const auto joined = world_.Must(channels().Join(bo_, tea.id, Key(1), deadline()));
  const auto left = world_.Must(channels().Leave(bo_, tea.id, Key(2), deadline()));
  EXPECT_EQ(world_.Must(channels().Leave(bo_, tea.id, Key(2), deadline())).seq, left.seq);
  EXPECT_EQ(world_.Must(channels().Join(bo_, tea.id, Key(1), deadline())).seq, joined.seq);
  EXPECT_EQ(world_.ReasonOf(channels().Join(bo_, tea.id, Key(2), deadline())), "KEY_REUSED");
  EXPECT_EQ(world_.LogOf(tea.id).size(), 4U);
  EXPECT_EQ(SendReason(bo_, tea.id), "NOT_A_MEMBER");
}

TEST_F(ChannelsTest, TheInvitedHearOfItInTheirInbox) {
  const auto attic = world_.Create(ana_, "attic", ChannelKind::kPrivate);
  const auto written = world_.Must(channels().Invite(ana_, "attic", "bo", {}, deadline()));
  world_.Run(std::chrono::seconds(1));
  const auto added = world_.InboxOf<AddedToChannel>(bo_);
  ASSERT_FALSE(added.empty());
  EXPECT_EQ(added.back(), (AddedToChannel{attic.id, "attic", ChannelKind::kPrivate, written.seq}));
  EXPECT_EQ(SendReason(bo_, "attic"), "OK");
}

TEST_F(ChannelsTest, TheBannedAreOutUntilAModeratorInvites) {
  const auto tea = world_.Create(ana_, "tea");
  world_.Must(channels().Join(bo_, "tea", {}, deadline()));
  const auto banned = world_.Must(channels().Remove(ana_, "tea", "bo", true, {}, deadline()));
  EXPECT_EQ(JoinReason(bo_, "tea"), "BANNED");
  EXPECT_EQ(SendReason(bo_, "tea"), "BANNED");
  EXPECT_EQ(ReadReason(bo_, "tea"), "BANNED");
  world_.Run(std::chrono::seconds(1));
  EXPECT_EQ(world_.InboxOf<RemovedFromChannel>(bo_).back(),
            (RemovedFromChannel{tea.id, "tea", banned.seq, RemovalCause::kBanned}));
  world_.Must(channels().Invite(ana_, "tea", bo_.user, {}, deadline()));
  EXPECT_EQ(SendReason(bo_, "tea"), "OK");
}

TEST_F(ChannelsTest, WhoIsUnknownIsNamed) {
  world_.Create(ana_, "tea");
  auto result = world_.Await(channels().Invite(ana_, "tea", "zed", {}, deadline()));
  EXPECT_EQ(result.error().reason, "USER_NOT_FOUND");
  EXPECT_EQ(result.error().metadata.at(0), std::pair(std::string("user"), std::string("zed")));
}

TEST_F(ChannelsTest, UpdatesAreCheckedAndTold) {
  const auto tea = world_.Create(ana_, "tea");
  EXPECT_EQ(world_.ReasonOf(channels().Update(ana_, "tea", {}, {}, {}, deadline())),
            "FIELD_REQUIRED");
  EXPECT_EQ(
      world_.ReasonOf(channels().Update(ana_, "tea", {}, ChannelKind::kDirect, {}, deadline())),
      "FIELD_INVALID");
  world_.Must(channels().Update(ana_, "tea", "Cafe\u0301", ChannelKind::kPrivate, {}, deadline()));
  const auto changed = world_.Must(channels().Get(ana_, "tea", deadline()));
  EXPECT_EQ(changed.topic, "Caf\u00e9");
  EXPECT_EQ(changed.kind, ChannelKind::kPrivate);
  EXPECT_EQ(JoinReason(bo_, "tea"), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(world_.LogOf(tea.id).size(), 3U);
}

TEST_F(ChannelsTest, TwoUsersHaveOneDirectChannel) {
  auto one = world_.Start(channels().OpenDirect(ana_, "bo", {}, deadline()));
  auto two = world_.Start(channels().OpenDirect(bo_, ana_.user, {}, deadline()));
  world_.Run(std::chrono::seconds(1));
  const auto& direct = one.get().value().joined;
  EXPECT_EQ(two.get().value().joined.channel.id, direct.channel.id);
  EXPECT_EQ(direct.channel.kind, ChannelKind::kDirect);
  EXPECT_EQ(direct.peer, (Actor{bo_.user, "bo"}));
  EXPECT_EQ(two.get().value().joined.peer, (Actor{ana_.user, "ana"}));
  EXPECT_EQ(world_.LogOf(direct.channel.id).size(), 3U);
  EXPECT_EQ(SendReason(ana_, direct.channel.id), "OK");
  EXPECT_EQ(SendReason(bo_, direct.channel.id), "OK");

  const auto cleo = world_.AddUser("cleo");
  EXPECT_EQ(ReadReason(cleo, direct.channel.id), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ReadReason(cleo, direct.channel.name), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(ReadReason(ana_, direct.channel.name), "CHANNEL_NOT_FOUND") << "a name of the server";
  EXPECT_EQ(world_.ReasonOf(channels().Leave(ana_, direct.channel.id, {}, deadline())),
            "DIRECT_CHANNEL_FIXED");
  EXPECT_EQ(world_.ReasonOf(channels().OpenDirect(ana_, "ana", {}, deadline())), "TARGET_IS_SELF");
}

TEST_F(ChannelsTest, AnInboxIsItsUsersAlone) {
  const auto grant = world_.Must(channels().AuthorizeInbox(ana_, deadline()));
  EXPECT_EQ(grant.kind, ChannelKind::kInbox);
  EXPECT_EQ(grant.channel, world_.RecordOf(ana_).inbox);
  EXPECT_EQ(world_.Must(channels().AuthorizeRead(ana_, grant.channel, deadline())).channel,
            grant.channel);
  EXPECT_FALSE(
      world_.Must(channels().List(ana_, {grant.channel, After{}}, deadline())).events.empty());
  EXPECT_EQ(ReadReason(bo_, grant.channel), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(SendReason(bo_, grant.channel), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(SendReason(ana_, grant.channel), "INBOX_FIXED");
  EXPECT_EQ(world_.ReasonOf(channels().MarkRead(ana_, grant.channel, Seq(1), deadline())),
            "INBOX_FIXED");
  const auto name = fmt::format("inbox:{}", ana_.user.value);
  EXPECT_EQ(ReadReason(ana_, name), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(SendReason(ana_, name), "CHANNEL_NOT_FOUND");
}

TEST_F(ChannelsTest, EveryNewUserIsInTheLobbyAndWhoLeftStaysOut) {
  EXPECT_EQ(SendReason(bo_, "lobby"), "OK");
  world_.Must(channels().EnsureUserChannels(world_.RecordOf(bo_), deadline()));
  world_.Must(channels().Leave(bo_, "lobby", {}, deadline()));
  world_.Must(channels().EnsureUserChannels(world_.RecordOf(bo_), deadline()));
  EXPECT_EQ(SendReason(bo_, "lobby"), "NOT_A_MEMBER");
  world_.Must(channels().AdminRemove("lobby", "ana", true, deadline()));
  world_.Must(channels().EnsureUserChannels(world_.RecordOf(ana_), deadline()));
  EXPECT_EQ(SendReason(ana_, "lobby"), "BANNED");
}

TEST_F(ChannelsTest, TheOperatorNeedsNoRole) {
  world_.Create(ana_, "attic", ChannelKind::kPrivate);
  world_.Must(channels().Invite(ana_, "attic", "bo", {}, deadline()));
  EXPECT_EQ(world_.Must(channels().AdminGet("attic", deadline())).name, "attic");
  world_.Must(channels().AdminSetRole("attic", "bo", Role::kOwner, deadline()));
  world_.Must(channels().AdminRemove("attic", "ana", false, deadline()));
  EXPECT_EQ(ReadReason(ana_, "attic"), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(world_.Must(channels().GetMember(bo_, "attic", "bo", deadline())).role, Role::kOwner);
  EXPECT_EQ(world_.ReasonOf(channels().AdminGet("nowhere", deadline())), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(world_.ReasonOf(channels().AdminSetRole("attic", "bo", Role::kNone, deadline())),
            "FIELD_INVALID");
}

TEST_F(ChannelsTest, ListsComeInPagesWithoutHolesOrDoubles) {
  for (int i = 0; i < 7; ++i) world_.Create(ana_, fmt::format("room-{}", i));
  world_.Create(ana_, "other");
  std::vector<std::string> names;
  PageRequest page{.size = 3, .token = ""};
  do {
    const auto part = world_.Must(channels().ListPublic("room-", page, deadline()));
    EXPECT_LE(part.items.size(), 3U);
    for (const auto& channel : part.items) names.push_back(channel.name);
    page.token = part.next_page_token;
  } while (!page.token.empty());
  EXPECT_EQ(names, (std::vector<std::string>{"room-0", "room-1", "room-2", "room-3", "room-4",
                                             "room-5", "room-6"}));
  page = {.size = 4, .token = ""};
  std::size_t joined = 0;
  do {
    const auto part = world_.Must(channels().ListJoined(ana_, page, deadline()));
    joined += part.items.size();
    page.token = part.next_page_token;
  } while (!page.token.empty());
  EXPECT_EQ(joined, 9U) << "eight rooms and the lobby";
}

TEST_F(ChannelsTest, MembersComeInPagesToMembers) {
  world_.Create(ana_, "tea");
  for (const auto* name : {"cleo", "dan", "eve"}) {
    world_.Must(channels().Join(world_.AddUser(name), "tea", {}, deadline()));
  }
  std::vector<std::string> names;
  PageRequest page{.size = 2, .token = ""};
  do {
    const auto part = world_.Must(channels().ListMembers(ana_, "tea", page, deadline()));
    for (const auto& member : part.items) names.push_back(member.username);
    page.token = part.next_page_token;
  } while (!page.token.empty());
  EXPECT_EQ(names, (std::vector<std::string>{"ana", "cleo", "dan", "eve"}));
  page.token = "AAAA";
  EXPECT_EQ(world_.ReasonOf(channels().ListMembers(ana_, "tea", page, deadline())),
            "PAGE_TOKEN_INVALID");
  const auto stranger = world_.Must(channels().GetMember(ana_, "tea", "bo", deadline()));
  EXPECT_EQ(stranger.role, Role::kNone);
  EXPECT_EQ(stranger.username, "bo");
}

TEST_F(ChannelsTest, AUserIsInABoundedNumberOfChannels) {
  const auto deep = [&](const std::string& name) {
    ChannelRecord record;
    record.id = ChannelId(world_.random().NextId());
    record.name = name;
    world_.Must(world_.store().channels().CreateChannel(record, deadline()));
    const Draft draft{{}, {}, {}, MemberJoined{{bo_.user, "bo"}, Role::kMember}, {}};
    world_.Must(world_.store().log().Append(record.id, {draft}, Seq(), deadline()));
  };
  for (std::size_t i = 1; i < kJoinedChannelsMax; ++i) deep(fmt::format("x{}", i));
  world_.Create(ana_, "tea");
  EXPECT_EQ(JoinReason(bo_, "tea"), "TOO_MANY_CHANNELS");
  EXPECT_EQ(JoinReason(bo_, "lobby"), "OK") << "there already";
  EXPECT_EQ(
      world_.ReasonOf(channels().Create(bo_, {"mine", "", ChannelKind::kPublic, {}}, deadline())),
      "TOO_MANY_CHANNELS");
  EXPECT_EQ(world_.ReasonOf(channels().Invite(ana_, "tea", "bo", {}, deadline())),
            "TOO_MANY_CHANNELS");
  EXPECT_EQ(world_.ReasonOf(channels().OpenDirect(ana_, "bo", {}, deadline())),
            "TOO_MANY_CHANNELS");
  world_.Must(channels().Leave(bo_, "lobby", {}, deadline()));
  EXPECT_EQ(JoinReason(bo_, "tea"), "OK");
}

}  // namespace
}  // namespace yap::core
