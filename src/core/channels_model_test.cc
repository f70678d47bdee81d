// Laws of channels under random work: against a simple model, and, with two servers on a store that
// fails as it pleases, against the log itself.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "core/channels_testing.h"
#include "core/projection.h"
#include "store/memory/faulty_store.h"

namespace yap::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RateLimits kNoRates{1e6, 1e6, 1e6, 1e6};
constexpr std::size_t kPeople = 4;

enum class Op { kSend, kJoin, kLeave, kInvite, kRemove, kBan, kPromote, kDemote, kRead };
constexpr Op kOps[] = {Op::kSend,   Op::kSend, Op::kSend,    Op::kJoin,   Op::kLeave, Op::kInvite,
                       Op::kRemove, Op::kBan,  Op::kPromote, Op::kDemote, Op::kRead};

struct Step {
  Op op = Op::kSend;
  std::size_t who = 0;
  std::size_t whom = 0;
  std::uint64_t number = 0;
};

Step AnyStep() {
  return {*rc::gen::elementOf(std::vector<Op>(std::begin(kOps), std::end(kOps))),
          *rc::gen::inRange<std::size_t>(0, kPeople), *rc::gen::inRange<std::size_t>(0, kPeople),
          *rc::gen::inRange<std::uint64_t>(0, 100)};
}

// A public channel as its users understand it.
class Model {
 public:
  struct Person {
    Role role = Role::kNone;
    bool banned = false;
    std::uint64_t read = 0;  // Messages seen.
  };

  Model() { people[0].role = Role::kOwner; }

  // Whether the step is allowed; if so it is done.
  bool Do(const Step& s, std::uint64_t head) {
    Person& who = people[s.who];
    Person& whom = people[s.whom];
    if (s.op == Op::kJoin) return Join(who, who.banned);
    if (who.role == Role::kNone) return false;
    switch (s.op) {
      case Op::kSend:
        return ++messages, true;
      case Op::kLeave:
        if (IsLastOwner(who) && Members() > 1) return false;
        return who = {}, true;
      case Op::kInvite:
        return Join(whom, whom.banned && who.role < Role::kModerator);
      case Op::kRemove:
      case Op::kBan:
        return Remove(who, whom, s.op == Op::kBan);
      case Op::kPromote:
      case Op::kDemote:
        return SetRole(who, whom, s.op == Op::kPromote ? Role::kModerator : Role::kMember);
      case Op::kRead:
        return s.number <= head;
      default:
        return false;
    }
  }

  std::uint64_t Members() const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(people, [](const Person& p) { return p.role != Role::kNone; }));
  }

  std::array<Person, kPeople> people;
  std::uint64_t messages = 0;

 private:
  bool IsLastOwner(const Person& person) const {
    const auto owners = std::ranges::count(people, Role::kOwner, &Person::role);
    return owners == 1 && person.role == Role::kOwner;
  }
  bool Join(Person& person, bool refused) {
    if (person.role != Role::kNone) return true;
    if (refused) return false;
    person = {Role::kMember, false, messages};
    return true;
  }
  static bool Remove(const Person& who, Person& whom, bool ban) {
    if (who.role < Role::kModerator || &who == &whom) return false;
    if (ban && whom.banned) return true;
    if (whom.role == Role::kNone && !ban) return false;
    if (whom.role >= Role::kModerator && who.role < Role::kOwner) return false;
    whom = {Role::kNone, ban, 0};
    return true;
  }
  bool SetRole(const Person& who, Person& whom, Role role) {
    if (who.role < Role::kOwner || whom.role == Role::kNone) return false;
    if (whom.role != role && IsLastOwner(whom)) return false;
    whom.role = role;
    return true;
  }
};

// A channel and its people; asks the server for what the model was asked.
class Stage {
 public:
  Stage() : world({.rates = kNoRates, .lobby = ""}) {
    for (std::size_t i = 0; i < kPeople; ++i) {
      people.push_back(world.AddUser(fmt::format("user-{}", i)));
    }
    tea = world.Create(people[0], "tea").id;
  }

  asio::awaitable<Result<>> Do(Channels& channels, Step s, Deadline d) {
    const Principal& who = people[s.who];
    const UserRef whom = people[s.whom].user;
    switch (s.op) {
      case Op::kSend:
        co_return Drop(co_await channels.Send(who, world.Message(tea, "x"), d));
      case Op::kJoin:
        co_return Drop(co_await channels.Join(who, tea, {}, d));
      case Op::kLeave:
        co_return Drop(co_await channels.Leave(who, tea, {}, d));
      case Op::kInvite:
        co_return Drop(co_await channels.Invite(who, tea, whom, {}, d));
      case Op::kRemove:
      case Op::kBan:
        co_return Drop(co_await channels.Remove(who, tea, whom, s.op == Op::kBan, {}, d));
      case Op::kPromote:
        co_return Drop(co_await channels.SetRole(who, tea, whom, Role::kModerator, {}, d));
      case Op::kDemote:
        co_return Drop(co_await channels.SetRole(who, tea, whom, Role::kMember, {}, d));
      case Op::kRead:
        co_return Drop(co_await channels.MarkRead(who, tea, Seq(s.number), d));
    }
    co_return Result<>();
  }

  template <class T>
  static Result<> Drop(Result<T> result) {
    if (!result) return Fail(std::move(result).error());
    return {};
  }

  World world;
  std::vector<Principal> people;
  ChannelId tea;
};

void ExpectAsModelled(Stage& stage, const Model& model) {
  auto& channels = stage.world.channels();
  for (std::size_t i = 0; i < kPeople; ++i) {
    const auto& person = model.people[i];
    const auto deadline = stage.world.deadline();
    const auto stored = stage.world.Must(
        stage.world.store().channels().GetMember(stage.tea, stage.people[i].user, deadline));
    RC_ASSERT(stored.role == person.role);
    RC_ASSERT(stored.banned == person.banned);
    auto joined = stage.world.Await(channels.GetJoined(stage.people[i], stage.tea, deadline));
    RC_ASSERT(joined.has_value() == (person.role != Role::kNone));
    if (joined) RC_ASSERT(joined->unread == model.messages - person.read);
    if (joined) RC_ASSERT(joined->joined.channel.member_count == model.Members());
  }
}

// Steps one after the other, each by any of the services, answered as the model says.
void DoAnySteps(Stage& stage, Model& model, const std::vector<Channels*>& services) {
  const int steps = *rc::gen::inRange(1, 40);
  for (int i = 0; i < steps; ++i) {
    const Step step = AnyStep();
    Channels& service = **rc::gen::elementOf(services);
    const auto log = stage.world.LogOf(stage.tea);
    const bool allowed = model.Do(step, log.size());
    auto result = stage.world.Await(stage.Do(service, step, stage.world.deadline()));
    RC_LOG() << "step " << i << ": op " << static_cast<int>(step.op) << " by " << step.who << " on "
             << step.whom << ": " << (result ? "OK" : result.error().reason) << "\n";
    RC_ASSERT(result.has_value() == allowed);
    if (allowed && step.op == Op::kRead && step.number > 0) {
      auto& read = model.people[step.who].read;
      read = std::max(read, log[step.number - 1]->countable);
    }
    if (*rc::gen::arbitrary<bool>()) stage.world.Run(seconds(3));
  }
}

RC_GTEST_PROP(ChannelsModelTest, MembersRolesAndUnreadAreAsTheModelSays, ()) {
  Stage stage;
  Model model;
  DoAnySteps(stage, model, {&stage.world.channels()});
  ExpectAsModelled(stage, model);
  stage.world.Run(seconds(10));
  ExpectAsModelled(stage, model);
}

// Whichever is asked, refusals included: none answers from what it knew before the others wrote.
RC_GTEST_PROP(ChannelsModelTest, SeveralServicesOnOneStoreAnswerAsOne, ()) {
  Stage stage;
  Model model;
  auto& two = stage.world.NewServer();
  auto& three = stage.world.NewServer();
  DoAnySteps(stage, model, {&stage.world.channels(), two.channels.get(), three.channels.get()});
  stage.world.Run(seconds(10));  // Read positions that wait are in the log of one service alone.
  ExpectAsModelled(stage, model);
}

// --- Two servers, a store that fails ---

struct Sent {
  ClientKey key;
  World::Pending<Written> answer;
};

// The log alone must show that every event was allowed when it was written.
void ExpectLawful(const std::vector<EventPtr>& log) {
  std::map<UserId, Role> roles;
  std::set<UserId> banned;
  std::set<std::pair<UserId, ClientKey>> keys;
  std::uint64_t countable = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const Event& e = *log[i];
    RC_ASSERT(e.seq == Seq(i + 1));
    RC_ASSERT(keys.emplace(e.actor.user, e.key).second);
    countable += IsCountable(e.body) ? 1 : 0;
    RC_ASSERT(e.countable == countable);
    if (i > 0) RC_ASSERT(e.time >= log[i - 1]->time);
    if (std::holds_alternative<MessagePosted>(e.body)) RC_ASSERT(roles.contains(e.actor.user));
    if (const auto* b = std::get_if<MemberJoined>(&e.body)) {
      RC_ASSERT(!roles.contains(b->member.user));
      const bool self = b->member == e.actor;
      if (self) RC_ASSERT(!banned.contains(e.actor.user));
      if (!self) RC_ASSERT(roles.contains(e.actor.user));
      roles[b->member.user] = b->role;
      banned.erase(b->member.user);
    }
    if (const auto* b = std::get_if<MemberLeft>(&e.body)) {
      RC_ASSERT(roles.erase(b->member.user) == 1U);
    }
    if (const auto* b = std::get_if<MemberRemoved>(&e.body)) {
      RC_ASSERT(roles[e.actor.user] >= Role::kModerator);
      roles.erase(b->member.user);
      if (b->banned) banned.insert(b->member.user);
    }
    if (const auto* b = std::get_if<MemberRoleChanged>(&e.body)) {
      RC_ASSERT(roles[e.actor.user] == Role::kOwner);
      RC_ASSERT(roles.contains(b->member.user));
      roles[b->member.user] = b->role;
    }
  }
}

// What was acknowledged is in the log, where the answer said; what was refused is not.
void ExpectHonest(const std::vector<EventPtr>& log, std::vector<Sent>& sent) {
  std::map<ClientKey, Seq> stored;
  for (const auto& event : log) stored.emplace(event->key, event->seq);
  for (auto& s : sent) {
    RC_ASSERT(s.answer.ready());
    const auto& answer = s.answer.get();
    if (answer) {
      RC_ASSERT(stored.contains(s.key));
      RC_ASSERT(stored[s.key] == answer->seq);
    } else if (answer.error().code == Errc::kPermissionDenied ||
               answer.error().code == Errc::kResourceExhausted) {
      RC_ASSERT(!stored.contains(s.key));
    }
  }
}

// Every effect of the log is in its inbox, once and in order.
void ExpectEffects(Stage& stage, const std::vector<EventPtr>& log) {
  for (const auto& person : stage.people) {
    std::vector<std::uint64_t> expected;
    for (const auto& event : log) {
      for (const auto& effect : EffectsOf(*event, "tea", ChannelKind::kPublic)) {
        if (effect.user == person.user) expected.push_back(event->seq.value);
      }
    }
    std::vector<std::uint64_t> got;
    for (const auto& event : stage.world.LogOf(stage.world.RecordOf(person).inbox)) {
      if (const auto* b = std::get_if<AddedToChannel>(&event->body))
        got.push_back(b->join_seq.value);
      if (const auto* b = std::get_if<RemovedFromChannel>(&event->body))
        got.push_back(b->seq.value);
    }
    std::ranges::sort(got);  // Two servers deliver independently.
    RC_ASSERT(got == expected);
  }
}

store::StoreFaults AnyFaults() {
  const auto chance = [](int percent) { return *rc::gen::inRange(0, percent) / 100.0; };
  return {.delay_min = milliseconds(0),
          .delay_max = milliseconds(*rc::gen::inRange(0, 20)),
          .fail_before = chance(15),
          .fail_after = chance(15),
          .full = chance(5),
          .conflict = chance(15),
          .short_page = chance(50)};
}

RC_GTEST_PROP(ChannelsFaultTest, TheLogStaysLawfulAndAnswersHonest, ()) {
  Stage stage;
  World& world = stage.world;
  const auto faulty =
      store::NewFaultyStore(world.store(), world.clock(), *rc::gen::arbitrary<std::uint64_t>());
  const auto server = [&] {
    return NewChannels({faulty->log(),
                        faulty->channels(),
                        faulty->users(),
                        world.bus(),
                        world.clock(),
                        world.random(),
                        {world.io().get_executor()}},
                       {.rates = kNoRates, .lobby = ""});
  };
  const std::unique_ptr<Channels> servers[] = {server(), server()};
  faulty->SetFaults(AnyFaults());

  std::vector<Sent> sent;
  const int steps = *rc::gen::inRange(1, 60);
  for (int i = 0; i < steps; ++i) {
    const Step step = AnyStep();
    Channels& channels = *servers[step.number % 2];
    if (step.op == Op::kSend) {
      auto request = world.Message(stage.tea, "x");
      const Principal& who = stage.people[step.who];
      sent.push_back({request.key, world.Start(channels.Send(who, request, world.deadline()))});
    } else {
      world.Start(stage.Do(channels, step, world.deadline()));
    }
    world.Run(milliseconds(*rc::gen::inRange(0, 30)));
  }
  world.Run(seconds(30));
  faulty->SetFaults({});
  world.Run(seconds(30));

  const auto log = world.LogOf(stage.tea);
  ExpectLawful(log);
  ExpectHonest(log, sent);
  world.Must(servers[0]->Recover(world.deadline()));
  ExpectEffects(stage, log);
}

}  // namespace
}  // namespace yap::core
