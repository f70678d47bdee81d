#include "store/memory/faulty_store.h"

#include <utility>

#include "base/check.h"
#include "store/errors.h"

namespace yap::store {
namespace {

using namespace core;  // NOLINT: an adapter of core's ports speaks of nothing else.

enum class Kind : std::uint8_t { kRead, kWrite, kAppend };

std::unexpected<Error> Unreachable(const char* why) {
  return Fail(Errc::kUnavailable, reason::kStoreUnavailable, why);
}

// Draws what happens to a call and keeps the count.
class Plan {
 public:
  Plan(Clock& clock, std::uint64_t seed, StoreFaults faults)
      : clock_(clock), random_(seed), faults_(faults) {}

  void SetFaults(const StoreFaults& faults) { faults_ = faults; }
  void SetDown(bool down) { down_ = down; }
  void Crash() { ++life_; }
  const FaultyStore::Stats& stats() const { return stats_; }

  // `call` starts the inner call; it is called at most once.
  template <class T, class Call>
  Task<T> Run(Kind kind, Call call) {
    const std::uint64_t life = life_;
    ++stats_.calls;
    co_await Delay();
    YAP_CO_TRY_VOID(Before(kind, life));
    Result<T> result = co_await call();
    co_await Delay();
    YAP_CO_TRY_VOID(After(life));
    co_return result;
  }

  void MaybeCut(EventPage& page) {
    if (page.events.size() < 2 || !Draw(faults_.short_page)) return;
    ++stats_.short_pages;
    page.events.resize(1 + random_.Below(page.events.size() - 1));
  }

 private:
  bool Draw(double chance) {
    constexpr std::uint64_t kSteps = 1'000'000;
    return static_cast<double>(random_.Below(kSteps)) < chance * static_cast<double>(kSteps);
  }

  asio::awaitable<void> Delay() {
    if (faults_.delay_max <= Duration::zero()) co_return;
    const auto span = static_cast<std::uint64_t>((faults_.delay_max - faults_.delay_min).count());
    co_await SleepFor(
        clock_, faults_.delay_min + Duration(static_cast<Duration::rep>(random_.Below(span + 1))));
  }

  Result<> Crashed() {
    ++stats_.crashed;
    return Unreachable("the store crashed (injected)");
  }

  Result<> Before(Kind kind, std::uint64_t life) {
    if (life != life_) return Crashed();
    if (down_ || Draw(faults_.fail_before)) {
      ++stats_.failed_before;
      return Unreachable("the store cannot be reached (injected)");
    }
    if (kind != Kind::kRead && Draw(faults_.full)) {
      ++stats_.full;
      return StoreFull();
    }
    if (kind == Kind::kAppend && Draw(faults_.conflict)) {
      ++stats_.conflicts;
      return Fail(Errc::kConflict, "HEAD_MOVED", "the head moved (injected)");
    }
    return {};
  }

  Result<> After(std::uint64_t life) {
    if (life != life_) return Crashed();
    if (!Draw(faults_.fail_after)) return {};
    ++stats_.failed_after;
    if (Draw(0.5)) return Unreachable("the store's answer was lost (injected)");
    return Fail(Errc::kDeadlineExceeded, reason::kDeadline,
                "the store's answer came late (injected)");
  }

  Clock& clock_;
  SeededRandom random_;
  StoreFaults faults_;
  bool down_ = false;
  std::uint64_t life_ = 0;
  FaultyStore::Stats stats_;
};

// The decorators, one per port: every call goes through the plan.
class FaultyLog final : public EventLog {
 public:
  FaultyLog(EventLog& inner, Plan& plan) : in_(inner), plan_(plan) {}

  Writers writers() const override { return in_.writers(); }
  Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                     Seq expected_head, Deadline d) override {
    return plan_.Run<std::vector<Appended>>(
        Kind::kAppend, [=, this, drafts = std::move(drafts)]() mutable {
          return in_.Append(channel, std::move(drafts), expected_head, d);
        });
  }
  Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit, Deadline d) override {
    YAP_CO_TRY(EventPage page, co_await plan_.Run<EventPage>(Kind::kRead, [=, this] {
      return in_.Read(channel, after, limit, d);
    }));
    plan_.MaybeCut(page);
    co_return page;
  }
  Task<Head> ReadHead(ChannelId channel, Deadline d) override {
    return plan_.Run<Head>(Kind::kRead, [=, this] { return in_.ReadHead(channel, d); });
  }
  Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key, Seq since,
                                        Deadline d) override {
    return plan_.Run<std::optional<KeyMatch>>(
        Kind::kRead, [=, this] { return in_.FindKey(channel, user, key, since, d); });
  }

 private:
  EventLog& in_;
  Plan& plan_;
};

class FaultyUsers final : public UserStore {
 public:
  FaultyUsers(UserStore& inner, Plan& plan) : in_(inner), plan_(plan) {}

  Task<void> CreateUser(UserRecord user, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.CreateUser(user, d); });
  }
  Task<UserRecord> GetUser(UserId id, Deadline d) override {
    return plan_.Run<UserRecord>(Kind::kRead, [=, this] { return in_.GetUser(id, d); });
  }
  Task<UserRecord> FindUser(std::string name, Deadline d) override {
    return plan_.Run<UserRecord>(Kind::kRead, [=, this] { return in_.FindUser(name, d); });
  }
  Task<void> UpdateUser(UserRecord user, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.UpdateUser(user, d); });
  }
  Task<std::vector<UserRecord>> ListUsers(std::string after_name, std::size_t limit,
                                          Deadline d) override {
    return plan_.Run<std::vector<UserRecord>>(
        Kind::kRead, [=, this] { return in_.ListUsers(after_name, limit, d); });
  }
  Task<void> CreateInvite(InviteRecord invite, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.CreateInvite(invite, d); });
  }
  Task<void> UseInvite(Digest code_hash, WallTime now, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.UseInvite(code_hash, now, d); });
  }
  Task<void> ReturnInvite(Digest code_hash, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.ReturnInvite(code_hash, d); });
  }
  Task<void> WithdrawInvite(Digest code_hash, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.WithdrawInvite(code_hash, d); });
  }
  Task<std::vector<InviteRecord>> ListInvites(Deadline d) override {
    return plan_.Run<std::vector<InviteRecord>>(Kind::kRead,
                                                [=, this] { return in_.ListInvites(d); });
  }

 private:
  UserStore& in_;
  Plan& plan_;
};

class FaultySessions final : public SessionStore {
 public:
  FaultySessions(SessionStore& inner, Plan& plan) : in_(inner), plan_(plan) {}

  Task<std::vector<SessionId>> CreateSession(SessionRecord session, std::size_t per_user_max,
                                             Deadline d) override {
    return plan_.Run<std::vector<SessionId>>(
        Kind::kWrite, [=, this] { return in_.CreateSession(session, per_user_max, d); });
  }
  Task<SessionRecord> GetSession(SessionId id, Deadline d) override {
    return plan_.Run<SessionRecord>(Kind::kRead, [=, this] { return in_.GetSession(id, d); });
  }
  Task<void> AdvanceSession(SessionId id, std::uint64_t expected, WallTime used,
                            std::string address, Deadline d) override {
    return plan_.Run<void>(
        Kind::kWrite, [=, this] { return in_.AdvanceSession(id, expected, used, address, d); });
  }
  Task<std::vector<SessionRecord>> ListSessions(UserId user, Deadline d) override {
    return plan_.Run<std::vector<SessionRecord>>(Kind::kRead,
                                                 [=, this] { return in_.ListSessions(user, d); });
  }
  Task<void> DeleteSessions(std::vector<SessionId> ids, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.DeleteSessions(ids, d); });
  }
  Task<void> PutAccess(AccessRecord access, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite, [=, this] { return in_.PutAccess(access, d); });
  }
  Task<AccessRecord> FindAccess(Digest token_hash, Deadline d) override {
    return plan_.Run<AccessRecord>(Kind::kRead,
                                   [=, this] { return in_.FindAccess(token_hash, d); });
  }
  Task<std::vector<SessionId>> Sweep(WallTime now, WallTime idle_since, WallTime created_before,
                                     Deadline d) override {
    return plan_.Run<std::vector<SessionId>>(
        Kind::kWrite, [=, this] { return in_.Sweep(now, idle_since, created_before, d); });
  }

 private:
  SessionStore& in_;
  Plan& plan_;
};

class FaultyChannels final : public ChannelStore {
 public:
  FaultyChannels(ChannelStore& inner, Plan& plan) : in_(inner), plan_(plan) {}

  Task<ChannelCreation> CreateChannel(ChannelRecord channel, Deadline d) override {
    return plan_.Run<ChannelCreation>(Kind::kWrite,
                                      [=, this] { return in_.CreateChannel(channel, d); });
  }
  Task<ChannelRecord> GetChannel(ChannelId id, Deadline d) override {
    return plan_.Run<ChannelRecord>(Kind::kRead, [=, this] { return in_.GetChannel(id, d); });
  }
  Task<ChannelRecord> FindChannel(std::string name, Deadline d) override {
    return plan_.Run<ChannelRecord>(Kind::kRead, [=, this] { return in_.FindChannel(name, d); });
  }
  Task<std::vector<ChannelRecord>> ListPublic(std::string prefix, std::string after_name,
                                              std::size_t limit, Deadline d) override {
    return plan_.Run<std::vector<ChannelRecord>>(
        Kind::kRead, [=, this] { return in_.ListPublic(prefix, after_name, limit, d); });
  }
  Task<std::vector<JoinedRecord>> ListJoined(UserId user, ChannelId after, std::size_t limit,
                                             Deadline d) override {
    return plan_.Run<std::vector<JoinedRecord>>(
        Kind::kRead, [=, this] { return in_.ListJoined(user, after, limit, d); });
  }
  Task<std::vector<MemberRecord>> ListMembers(ChannelId channel, std::string after_name,
                                              std::size_t limit, Deadline d) override {
    return plan_.Run<std::vector<MemberRecord>>(
        Kind::kRead, [=, this] { return in_.ListMembers(channel, after_name, limit, d); });
  }
  Task<MemberRecord> GetMember(ChannelId channel, UserId user, Deadline d) override {
    return plan_.Run<MemberRecord>(Kind::kRead,
                                   [=, this] { return in_.GetMember(channel, user, d); });
  }
  Task<ChannelAccess> GetAccess(ChannelId channel, UserId user, Deadline d) override {
    return plan_.Run<ChannelAccess>(Kind::kRead,
                                    [=, this] { return in_.GetAccess(channel, user, d); });
  }
  Task<ChannelSnapshot> LoadChannel(ChannelId channel, Deadline d) override {
    return plan_.Run<ChannelSnapshot>(Kind::kRead,
                                      [=, this] { return in_.LoadChannel(channel, d); });
  }
  Task<std::vector<ChannelId>> ListPendingEffects(std::size_t limit, Deadline d) override {
    return plan_.Run<std::vector<ChannelId>>(
        Kind::kRead, [=, this] { return in_.ListPendingEffects(limit, d); });
  }
  Task<void> MarkEffectsDone(ChannelId channel, Seq seq, Deadline d) override {
    return plan_.Run<void>(Kind::kWrite,
                           [=, this] { return in_.MarkEffectsDone(channel, seq, d); });
  }

 private:
  ChannelStore& in_;
  Plan& plan_;
};

class FaultyStoreImpl final : public FaultyStore {
 public:
  FaultyStoreImpl(Store& inner, Clock& clock, std::uint64_t seed, const StoreFaults& faults)
      : plan_(clock, seed, faults),
        log_(inner.log(), plan_),
        users_(inner.users(), plan_),
        sessions_(inner.sessions(), plan_),
        channels_(inner.channels(), plan_) {}

  EventLog& log() override { return log_; }
  UserStore& users() override { return users_; }
  SessionStore& sessions() override { return sessions_; }
  ChannelStore& channels() override { return channels_; }

  void SetFaults(const StoreFaults& faults) override { plan_.SetFaults(faults); }
  void SetDown(bool down) override { plan_.SetDown(down); }
  void Crash() override { plan_.Crash(); }
  const Stats& stats() const override { return plan_.stats(); }

 private:
  Plan plan_;
  FaultyLog log_;
  FaultyUsers users_;
  FaultySessions sessions_;
  FaultyChannels channels_;
};

}  // namespace

std::unique_ptr<FaultyStore> NewFaultyStore(Store& inner, Clock& clock, std::uint64_t seed,
                                            StoreFaults faults) {
  YAP_CHECK(faults.delay_min <= faults.delay_max);
  return std::make_unique<FaultyStoreImpl>(inner, clock, seed, faults);
}

}  // namespace yap::store
