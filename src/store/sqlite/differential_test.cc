// Any story told to the store in memory and to SQLite gets the same answers from both.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "store/memory/memory_store.h"
#include "store/sqlite/internal/shim_vfs.h"
#include "store/sqlite/internal/sqlite_testing.h"

namespace yap::store::sqlite {
namespace {

using namespace core;  // NOLINT: the ports under test.

// One step of a story, made of random bytes.
struct Step {
  std::uint8_t what = 0;
  std::uint8_t channel = 0;
  std::uint8_t user = 0;
  std::uint8_t key = 0;
  std::uint8_t number = 0;
  bool stale = false;
};

constexpr std::uint64_t kChannelCount = 3;

Body BodyOf(const Step& step, std::uint64_t head) {
  const Actor user = User(1 + step.user % 4);
  switch (step.what % 9) {
    case 0:
    case 1:
      return MessagePosted{"text " + std::to_string(step.number % 3), Seq()};
    case 2:
      return MemberJoined{user, Role::kMember};
    case 3:
      return MemberLeft{user};
    case 4:
      return MemberRemoved{user, step.number % 2 == 0};
    case 5:
      return MemberRoleChanged{user, Role::kModerator};
    case 6:
      return ChannelChanged{"topic " + std::to_string(step.number), std::nullopt};
    case 7:
      return ChannelChanged{std::nullopt,
                            step.number % 2 == 0 ? ChannelKind::kPublic : ChannelKind::kPrivate};
    default:
      return ReadMoved{ChannelId(1 + step.number % kChannelCount), Seq(head), step.number};
  }
}

std::vector<Draft> DraftsOf(const Step& step, std::uint64_t head) {
  std::vector<Draft> drafts;
  for (std::size_t i = 0; i <= step.number % 3; ++i) {
    Draft draft = DraftOf(User(1 + step.user % 4), BodyOf(step, head));
    if (step.key % 8 != 0) draft.key = KeyOf((step.key + i) % 8 + 1);
    draft.fingerprint = DigestOf(step.number % 2);
    drafts.push_back(std::move(draft));
  }
  return drafts;
}

// What a store answers, as text: easy to compare and to read when it differs.
class Teller {
 public:
  Teller(Store& store, Runner& runner) : store_(store), runner_(runner) {}

  std::string Tell(const Step& step) {
    const ChannelId channel(1 + step.channel % kChannelCount);
    if (step.what % 11 == 10) {
      return Said(Run(store_.channels().MarkEffectsDone(channel, Seq(step.number % 9), Soon())));
    }
    const std::uint64_t head = Run(store_.log().ReadHead(channel, Soon()))->seq.value;
    const Seq expected(step.stale ? head / 2 : head);
    const auto appended = Run(store_.log().Append(channel, DraftsOf(step, head), expected, Soon()));
    std::string out = Said(appended);
    if (!appended) return out;
    for (const Appended& a : *appended) {
      out += fmt::format(" {}@{}#{}", static_cast<int>(a.outcome), a.seq.value, a.countable);
    }
    return out;
  }

  // Everything that can be read.
  std::string TellAll() {
    std::string out;
    for (std::uint64_t id = 1; id <= kChannelCount; ++id) out += TellChannel(ChannelId(id));
    for (std::uint64_t user = 1; user <= 4; ++user) out += TellUser(UserId(user));
    for (const auto& c : *Run(store_.channels().ListPublic("", "", 99, Soon())))
      out += c.name + ",";
    for (const auto id : *Run(store_.channels().ListPendingEffects(99, Soon()))) {
      out += fmt::format("pending {},", id.value);
    }
    return out;
  }

 private:
  template <class T>
  Result<T> Run(Task<T> task) {
    return runner_.Run(std::move(task));
  }
  template <class T>
  static std::string Said(const Result<T>& result) {
    return result ? "ok" : result.error().reason;
  }

  std::string TellChannel(ChannelId id) {
    const auto snapshot = Run(store_.channels().LoadChannel(id, Soon()));
    if (!snapshot) return "none\n";
    const ChannelRecord& c = snapshot->channel;
    std::string out =
        fmt::format("{} kind {} topic {} members {} head {}#{} effects {}/{}:", c.name,
                    static_cast<int>(c.kind), c.topic, c.member_count, c.head.seq.value,
                    c.head.countable, c.effects_done.value, c.effects_last.value);
    for (const MemberRecord& m : snapshot->members) {
      out += fmt::format(" {} role {} banned {} joined {};", m.username, static_cast<int>(m.role),
                         m.banned, m.joined_seq.value);
    }
    for (const EventPtr& event : Run(store_.log().Read(id, Seq(), 1000, Soon()))->events) {
      out += fmt::format(" {}:{}:{}:{}", event->seq.value, event->actor.username, event->countable,
                         event->body.index());
    }
    return out + "\n";
  }

  std::string TellUser(UserId user) {
    std::string out;
    for (const auto& j : *Run(store_.channels().ListJoined(user, ChannelId(), 99, Soon()))) {
      out += fmt::format("{} in {} role {} joined {} read {}#{}\n", user.value, j.channel.id.value,
                         static_cast<int>(j.role), j.joined_seq.value, j.read_seq.value,
                         j.read_countable);
    }
    return out;
  }

  Store& store_;
  Runner& runner_;
};

}  // namespace
}  // namespace yap::store::sqlite

template <>
struct rc::Arbitrary<yap::store::sqlite::Step> {
  using Step = yap::store::sqlite::Step;
  static Gen<Step> arbitrary() {
    return gen::build<Step>(
        gen::set(&Step::what), gen::set(&Step::channel), gen::set(&Step::user),
        gen::set(&Step::key), gen::set(&Step::number),
        gen::set(&Step::stale, gen::map(gen::inRange(0, 10), [](int n) { return n == 0; })));
  }
};

namespace yap::store::sqlite {
namespace {

RC_GTEST_PROP(DifferentialTest, SqliteAnswersAsMemoryDoes, (const std::vector<Step>& story)) {
  const TempDir directory;
  const ShimVfs shim;  // For its sync that takes no time.
  Runner runner;
  const auto memory = OpenMemoryStore();
  const auto sqlite =
      OpenSqliteStore({.path = directory.path() / "yap.db", .vfs = shim.name()}).value();
  for (Store* store : {memory.get(), sqlite.get()}) {
    for (std::uint64_t id = 1; id <= kChannelCount; ++id) {
      const auto made = runner.Run(
          store->channels().CreateChannel(ChannelOf(id, "c" + std::to_string(id)), Soon()));
      RC_ASSERT(made.has_value());
    }
  }
  Teller a(*memory, runner);
  Teller b(*sqlite, runner);
  for (const Step& step : story) RC_ASSERT(a.Tell(step) == b.Tell(step));
  RC_ASSERT(a.TellAll() == b.TellAll());
}

}  // namespace
}  // namespace yap::store::sqlite
