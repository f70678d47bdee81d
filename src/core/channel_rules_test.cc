#include "core/channel_rules.h"

#include <gtest/gtest.h>

#include <map>

namespace yap::core {
namespace {

// The people of the tables. `m` and `n` are members, `q` was banned, `s` was never there.
const std::map<char, Actor> kPeople = {
    {'o', {UserId(1), "olga"}},  {'p', {UserId(2), "paul"}}, {'d', {UserId(3), "dora"}},
    {'e', {UserId(4), "emil"}},  {'m', {UserId(5), "mara"}}, {'n', {UserId(6), "nils"}},
    {'q', {UserId(7), "quinn"}}, {'s', {UserId(8), "sam"}},  {'!', {UserId(0), ""}}};

MemberRecord Record(char who, Role role, bool banned = false) {
  const Actor& actor = kPeople.at(who);
  return {actor.user, actor.username, role, banned, banned ? Seq() : Seq(actor.user.value)};
}

ChannelState StateOf(ChannelKind kind, std::vector<MemberRecord> members, Seq head = Seq(20)) {
  ChannelSnapshot snapshot;
  snapshot.channel.id = ChannelId(77);
  snapshot.channel.kind = kind;
  snapshot.channel.name = "tea";
  snapshot.channel.topic = "leaves";
  snapshot.channel.creator = UserId(1);
  snapshot.channel.head.seq = head;
  snapshot.members = std::move(members);
  return ChannelState(std::move(snapshot));
}

// Two owners, two moderators, two members, one banned.
ChannelState Full(ChannelKind kind) {
  return StateOf(
      kind, {Record('o', Role::kOwner), Record('p', Role::kOwner), Record('d', Role::kModerator),
             Record('e', Role::kModerator), Record('m', Role::kMember), Record('n', Role::kMember),
             Record('q', Role::kNone, true)});
}
ChannelState OneOwner(ChannelKind kind = ChannelKind::kPublic) {
  return StateOf(kind, {Record('o', Role::kOwner), Record('m', Role::kMember)});
}

// "written", "already N", or the reason of the refusal.
std::string RulingOf(char who, Action action, const ChannelState& state, RuleLimits limits = {}) {
  const auto authority = who == '!' ? Authority::kServer : Authority::kRole;
  const Command command{kPeople.at(who), authority, std::move(action)};
  const auto ruling = Judge(command, state, limits);
  if (!ruling) return ruling.error().reason;
  if (const auto* already = std::get_if<AlreadySo>(&*ruling)) {
    return "already " + std::to_string(already->seq.value);
  }
  return "written";
}

struct Row {
  char who;
  Action action;
  std::string public_channel;
  std::string private_channel;
};

void Check(const std::vector<Row>& table) {
  const auto open = Full(ChannelKind::kPublic);
  const auto closed = Full(ChannelKind::kPrivate);
  for (std::size_t i = 0; i < table.size(); ++i) {
    const auto& row = table[i];
    EXPECT_EQ(RulingOf(row.who, row.action, open), row.public_channel) << "row " << i << " public";
    EXPECT_EQ(RulingOf(row.who, row.action, closed), row.private_channel)
        << "row " << i << " private";
  }
}

const Actor& P(char who) { return kPeople.at(who); }

TEST(ChannelRulesTest, SpeakingIsForMembers) {
  Check({{'o', PostMessage{"hi"}, "written", "written"},
         {'m', PostMessage{"hi"}, "written", "written"},
         {'q', PostMessage{"hi"}, "BANNED", "CHANNEL_NOT_FOUND"},
         {'s', PostMessage{"hi"}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"},
         {'m', PostMessage{"hi", Seq(3), false}, "REPLY_TARGET_INVALID", "REPLY_TARGET_INVALID"},
         {'s', PostMessage{"hi", Seq(3), false}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"}});
}

TEST(ChannelRulesTest, JoiningIsForPublicChannels) {
  Check({{'s', JoinChannel{}, "written", "CHANNEL_NOT_FOUND"},
         {'q', JoinChannel{}, "BANNED", "CHANNEL_NOT_FOUND"},
         {'m', JoinChannel{}, "already 5", "already 5"},
         {'m', JoinChannel{false}, "already 5", "already 5"},
         {'s', JoinChannel{false}, "TOO_MANY_CHANNELS", "CHANNEL_NOT_FOUND"}});
}

TEST(ChannelRulesTest, LeavingIsForEveryMember) {
  Check({{'o', LeaveChannel{}, "written", "written"},
         {'m', LeaveChannel{}, "written", "written"},
         {'q', LeaveChannel{}, "BANNED", "CHANNEL_NOT_FOUND"},
         {'s', LeaveChannel{}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"}});
}

TEST(ChannelRulesTest, InvitingTakesMoreInPrivateChannelsAndForTheBanned) {
  Check({{'m', InviteMember{P('s')}, "written", "ROLE_TOO_LOW"},
         {'d', InviteMember{P('s')}, "written", "written"},
         {'m', InviteMember{P('q')}, "BANNED", "ROLE_TOO_LOW"},
         {'d', InviteMember{P('q')}, "written", "written"},
         {'o', InviteMember{P('n')}, "already 6", "already 6"},
         {'o', InviteMember{P('s'), false}, "TOO_MANY_CHANNELS", "TOO_MANY_CHANNELS"},
         {'s', InviteMember{P('q')}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"}});
}

TEST(ChannelRulesTest, RemovingGoesDownTheRanks) {
  Check({{'d', RemoveMember{P('m')}, "written", "written"},
         {'d', RemoveMember{P('e')}, "ROLE_TOO_LOW", "ROLE_TOO_LOW"},
         {'d', RemoveMember{P('o')}, "ROLE_TOO_LOW", "ROLE_TOO_LOW"},
         {'o', RemoveMember{P('d')}, "written", "written"},
         {'o', RemoveMember{P('p')}, "written", "written"},
         {'m', RemoveMember{P('n')}, "ROLE_TOO_LOW", "ROLE_TOO_LOW"},
         {'o', RemoveMember{P('o')}, "TARGET_IS_SELF", "TARGET_IS_SELF"},
         {'d', RemoveMember{P('s')}, "MEMBER_NOT_FOUND", "MEMBER_NOT_FOUND"},
         {'d', RemoveMember{P('m'), true}, "written", "written"},
         // Ahead of a visit, where the channel is no secret.
         {'d', RemoveMember{P('s'), true}, "written", "MEMBER_NOT_FOUND"},
         {'d', RemoveMember{P('q'), true}, "already 20", "already 20"},
         {'d', RemoveMember{P('q')}, "MEMBER_NOT_FOUND", "MEMBER_NOT_FOUND"},
         {'s', RemoveMember{P('m')}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"},
         {'!', RemoveMember{P('o')}, "written", "written"}});
}

TEST(ChannelRulesTest, RolesAreForOwnersToGive) {
  Check({{'o', SetMemberRole{P('m'), Role::kModerator}, "written", "written"},
         {'o', SetMemberRole{P('m'), Role::kMember}, "already 20", "already 20"},
         {'o', SetMemberRole{P('o'), Role::kMember}, "written", "written"},
         {'d', SetMemberRole{P('m'), Role::kModerator}, "ROLE_TOO_LOW", "ROLE_TOO_LOW"},
         {'o', SetMemberRole{P('s'), Role::kMember}, "MEMBER_NOT_FOUND", "MEMBER_NOT_FOUND"},
         {'s', SetMemberRole{P('m'), Role::kOwner}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"},
         {'!', SetMemberRole{P('m'), Role::kOwner}, "written", "written"}});
}

TEST(ChannelRulesTest, ChangingTheChannelTakesARole) {
  Check({{'m', ChangeChannel{"new", {}}, "ROLE_TOO_LOW", "ROLE_TOO_LOW"},
         {'d', ChangeChannel{"new", {}}, "written", "written"},
         {'d', ChangeChannel{"leaves", {}}, "already 20", "already 20"},
         {'d', ChangeChannel{"new", ChannelKind::kPrivate}, "ROLE_TOO_LOW", "ROLE_TOO_LOW"},
         {'o', ChangeChannel{{}, ChannelKind::kPrivate}, "written", "already 20"},
         {'o', ChangeChannel{{}, ChannelKind::kPublic}, "already 20", "written"},
         {'s', ChangeChannel{"new", {}}, "NOT_A_MEMBER", "CHANNEL_NOT_FOUND"}});
}

TEST(ChannelRulesTest, OnlyWhatChangesIsWritten) {
  const auto state = Full(ChannelKind::kPublic);
  const Command command{P('o'), Authority::kRole, ChangeChannel{"leaves", ChannelKind::kPrivate}};
  const auto bodies = std::get<std::vector<Body>>(Judge(command, state, {}).value());
  ASSERT_EQ(bodies.size(), 1U);
  EXPECT_EQ(bodies[0], Body(ChannelChanged{std::nullopt, ChannelKind::kPrivate}));
}

TEST(ChannelRulesTest, TheLastOwnerStaysUnlessAlone) {
  const auto two = OneOwner();
  EXPECT_EQ(RulingOf('o', LeaveChannel{}, two), "LAST_OWNER");
  EXPECT_EQ(RulingOf('o', SetMemberRole{P('o'), Role::kModerator}, two), "LAST_OWNER");
  EXPECT_EQ(RulingOf('m', LeaveChannel{}, two), "written");
  const auto alone = StateOf(ChannelKind::kPrivate, {Record('o', Role::kOwner)});
  EXPECT_EQ(RulingOf('o', LeaveChannel{}, alone), "written");
  EXPECT_EQ(RulingOf('o', SetMemberRole{P('o'), Role::kMember}, alone), "LAST_OWNER");
  // The operator can give it a new one.
  EXPECT_EQ(RulingOf('!', SetMemberRole{P('o'), Role::kMember}, two), "written");
}

TEST(ChannelRulesTest, AChannelHasABound) {
  const auto state = OneOwner();
  EXPECT_EQ(RulingOf('s', JoinChannel{}, state, {.members_max = 2}), "CHANNEL_FULL");
  EXPECT_EQ(RulingOf('o', InviteMember{P('s')}, state, {.members_max = 2}), "CHANNEL_FULL");
  EXPECT_EQ(RulingOf('m', JoinChannel{}, state, {.members_max = 2}), "already 5");
  EXPECT_EQ(RulingOf('s', JoinChannel{}, state, {.members_max = 3}), "written");
}

TEST(ChannelRulesTest, ADirectChannelIsFixedAndHidden) {
  const auto state =
      StateOf(ChannelKind::kDirect, {Record('m', Role::kMember), Record('n', Role::kMember)});
  EXPECT_EQ(RulingOf('m', PostMessage{"hi"}, state), "written");
  const Action fixed[] = {LeaveChannel{}, InviteMember{P('s')}, RemoveMember{P('n')},
                          SetMemberRole{P('n'), Role::kOwner}, ChangeChannel{"x", {}}};
  for (const auto& action : fixed) {
    EXPECT_EQ(RulingOf('m', action, state), "DIRECT_CHANNEL_FIXED");
    EXPECT_EQ(RulingOf('!', action, state), "DIRECT_CHANNEL_FIXED");
    EXPECT_EQ(RulingOf('s', action, state), "CHANNEL_NOT_FOUND");
  }
  EXPECT_EQ(RulingOf('s', JoinChannel{}, state), "CHANNEL_NOT_FOUND");
  EXPECT_EQ(RulingOf('m', JoinChannel{}, state), "already 5");
}

TEST(ChannelRulesTest, AnInboxIsWrittenByTheServerAlone) {
  const auto state = StateOf(ChannelKind::kInbox, {}, Seq(0));  // Of olga.
  const Action any[] = {PostMessage{"x"}, JoinChannel{}, LeaveChannel{}, ChangeChannel{"x", {}}};
  for (const auto& action : any) {
    EXPECT_EQ(RulingOf('o', action, state), "INBOX_FIXED");
    EXPECT_EQ(RulingOf('m', action, state), "CHANNEL_NOT_FOUND");
  }
  EXPECT_EQ(RulingOf('!', DeliverEvent{SessionRevoked{SessionId(1)}}, state), "written");
}

TEST(ChannelRulesTest, AChannelWithoutAnEventIsThereForNobody) {
  const auto state = StateOf(ChannelKind::kPublic, {}, Seq(0));
  EXPECT_EQ(RulingOf('s', JoinChannel{}, state), "CHANNEL_NOT_FOUND");
  const FoundChannel found{{ChannelKind::kPublic, "tea", ""}, {{P('o'), Role::kOwner}}};
  EXPECT_EQ(RulingOf('o', found, state), "written");
  EXPECT_EQ(RulingOf('o', found, OneOwner()), "already 1");
}

TEST(ChannelRulesTest, ErrorsSayWhatToDoNext) {
  const Command stranger{P('s'), Authority::kRole, PostMessage{"hi"}};
  const auto error = Judge(stranger, Full(ChannelKind::kPublic), {}).error();
  EXPECT_EQ(error.code, Errc::kPermissionDenied);
  EXPECT_NE(error.message.find("yap join tea"), std::string::npos) << error.message;
  // To a stranger a private channel's error holds nothing of the channel.
  const auto hidden = Judge(stranger, Full(ChannelKind::kPrivate), {}).error();
  EXPECT_EQ(hidden.code, Errc::kNotFound);
  EXPECT_EQ(hidden.message.find("tea"), std::string::npos);
  EXPECT_TRUE(hidden.metadata.empty());
}

// They are stored: with another number a replay would be taken for a reused key.
TEST(ChannelRulesTest, FingerprintsOfDeliveriesStayAsTheyAre) {
  const std::pair<Body, std::string> kinds[] = {
      {MessagePosted{}, "deliver 0"},      {MemberJoined{}, "deliver 1"},
      {MemberLeft{}, "deliver 2"},         {MemberRemoved{}, "deliver 3"},
      {MemberRoleChanged{}, "deliver 4"},  {ChannelCreated{}, "deliver 5"},
      {ChannelChanged{}, "deliver 6"},     {AddedToChannel{}, "deliver 7"},
      {RemovedFromChannel{}, "deliver 8"}, {ReadMoved{}, "deliver 9"},
      {SessionRevoked{}, "deliver 10"}};
  EXPECT_EQ(std::size(kinds), std::variant_size_v<Body>);
  for (const auto& [body, text] : kinds) {
    EXPECT_EQ(FingerprintOf(DeliverEvent{body}), Sha256(text)) << text;
  }
}

TEST(ChannelRulesTest, AFingerprintIsOfTheRequest) {
  const Action actions[] = {PostMessage{"a"},
                            PostMessage{"b"},
                            PostMessage{"a", Seq(1)},
                            PostMessage{"1 a"},
                            JoinChannel{},
                            LeaveChannel{},
                            InviteMember{P('m')},
                            InviteMember{P('n')},
                            RemoveMember{P('m'), false},
                            RemoveMember{P('m'), true},
                            SetMemberRole{P('m'), Role::kMember},
                            SetMemberRole{P('m'), Role::kOwner},
                            ChangeChannel{{}, ChannelKind::kPublic},
                            ChangeChannel{"", {}},
                            ChangeChannel{"x", {}}};
  for (const auto& a : actions) {
    for (const auto& b : actions) {
      EXPECT_EQ(FingerprintOf(a) == FingerprintOf(b), &a == &b);
    }
  }
  // What the server found out on the way is none of it.
  EXPECT_EQ(FingerprintOf(PostMessage{"a", Seq(1), true}),
            FingerprintOf(PostMessage{"a", Seq(1), false}));
  EXPECT_EQ(FingerprintOf(JoinChannel{true}), FingerprintOf(JoinChannel{false}));
}

}  // namespace
}  // namespace yap::core
