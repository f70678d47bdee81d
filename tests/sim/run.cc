// One seed: set the scene, let it live among faults, heal it, judge it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <set>

#include "sim/actors.h"
#include "sim/world.h"

namespace yap::sim {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals only.

// From "hardly any" to "hardly anything works", by the seed.
Faults DrawFaults(Random& random) {
  const auto chance = [&](double most) {
    return most * static_cast<double>(random.Below(1001)) / 1000.0;
  };
  Faults faults;
  faults.store.delay_max = std::chrono::milliseconds(random.Below(40));
  faults.store.fail_before = chance(0.10);
  faults.store.fail_after = chance(0.10);
  faults.store.full = chance(0.02);
  faults.store.conflict = chance(0.10);
  faults.store.short_page = chance(0.5);
  faults.bus = {chance(0.3), chance(0.2), chance(0.3), 0ms,
                std::chrono::milliseconds(random.Below(5000))};
  return faults;
}

class Run {
 public:
  explicit Run(const Options& options)
      : options_(options),
        random_(options.seed),
        stage_{io_, clock_, random_, history_, [this] { return Any(); }, false, {}} {}
  ~Run() {
    for (auto& server : graveyard_) server->Abandon();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Faults that need two writers on one log are drawn for every fourth seed.
  std::string Judge() {
    const std::size_t servers = random_.Below(4) == 0 ? 2 : 1;
    servers_.resize(servers);
    truth_ = store::OpenMemoryStore(
        {.writers = servers > 1 ? core::Writers::kOthersToo : core::Writers::kThisProcess});
    if (!SetScene()) return "the scene could not be set";
    Live();
    if (!Heal()) return fmt::format("did not heal: {}", Progress());
    return Verdict();
  }

 private:
  std::shared_ptr<Server> Any() {
    const auto& server = servers_[random_.Below(servers_.size())];
    return server && !server->dead() ? server : nullptr;
  }

  void StartServer(std::size_t i, const Faults& faults) {
    servers_[i] = std::make_shared<Server>(io_, clock_, *truth_, faults, random_.Next64() >> 1);
  }

  // Users, channels and their members, made while nothing fails.
  bool SetScene() {
    for (std::size_t i = 0; i < servers_.size(); ++i) StartServer(i, {});
    bool ready = false;
    Spawn(io_.get_executor(), Populate(ready));
    return clock_.RunFor(io_, 60s, [&] { return ready; });
  }

  asio::awaitable<void> Populate(bool& ready) {
    auto& channels = servers_[0]->channels();
    const auto deadline = Deadline::After(clock_, 60s);
    if (!co_await channels.Recover(deadline)) co_return;
    for (int i = 0; i < 4; ++i) {
      core::UserRecord user{.id = core::UserId(random_.NextId()),
                            .name = fmt::format("user{}", i),
                            .inbox = core::ChannelId(random_.NextId()),
                            .create_time = clock_.Now()};
      users_.push_back(PrincipalOf(user.id, user.name));
      if (!co_await truth_->users().CreateUser(user, deadline)) co_return;
      if (!co_await channels.EnsureUserChannels(user, deadline)) co_return;
    }
    for (int i = 0; i < 2; ++i) {
      auto made = co_await channels.Create(
          users_[0], {.name = fmt::format("channel{}", i), .topic = {}}, deadline);
      if (!made) co_return;
      channels_.push_back(made->id);
      for (std::size_t u = 1; u < users_.size(); ++u) {
        if (!co_await channels.Join(users_[u], made->id, {}, deadline)) co_return;
      }
    }
    ready = true;
  }

  // user3 comes and goes in the first channel; the others stay.
  void Cast() {
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      for (std::size_t u = 0; u < users_.size(); ++u) {
        auto& sender = senders_.emplace_back(stage_, users_[u], channels_[c]);
        Spawn(io_.get_executor(), sender.Run());
        auto& reader = readers_.emplace_back(stage_, fmt::format("reader{}/{}", u, c), users_[u],
                                             channels_[c]);
        Spawn(io_.get_executor(), reader.Run());
      }
    }
    auto& restless = restless_.emplace_back(stage_, users_[0], users_[3], channels_[0]);
    Spawn(io_.get_executor(), restless.Run());
    for (const auto channel : channels_) {
      auto& stranger = strangers_.emplace_back(stage_, users_[1], channel);
      Spawn(io_.get_executor(), stranger.Run());
    }
  }

  void Live() {
    Cast();
    const int acts = 2 + static_cast<int>(random_.Below(4));
    for (int act = 0; act < acts; ++act) {
      const auto faults = DrawFaults(random_);
      for (auto& server : servers_) server->SetFaults(faults);
      clock_.RunFor(io_, stage_.Some(500ms, 6s));
      if (random_.Below(2) == 0) CrashOne(faults);
      if (random_.Below(4) == 0) clock_.StepWall(stage_.Some(-24h, 24h));
    }
  }

  void CrashOne(const Faults& faults) {
    const std::size_t i = random_.Below(servers_.size());
    servers_[i]->Crash();
    graveyard_.push_back(servers_[i]);  // Its coroutines end before it does.
    clock_.RunFor(io_, stage_.Some(0ms, 2s));
    StartServer(i, faults);
    Spawn(io_.get_executor(), RecoverServer(servers_[i]));
  }

  asio::awaitable<void> RecoverServer(std::shared_ptr<Server> server) {
    recovering_.insert(server.get());
    while (!server->dead()) {
      if (co_await server->channels().Recover(Deadline::After(clock_, 10s))) {
        recovering_.erase(server.get());
        co_return;
      }
      co_await SleepFor(clock_, 500ms);
    }
  }

  // Everything works again, nobody sends: every reader must reach the head of what it may read.
  bool Heal() {
    for (auto& server : servers_) server->SetFaults({});
    stage_.closing = true;
    for (auto& reader : readers_) reader.Hurry();
    return clock_.RunFor(io_, 10min, [this] { return Settled(); });
  }

  bool Settled() {
    if (!std::ranges::all_of(senders_, &Sender::done)) return false;
    if (!std::ranges::all_of(strangers_, &Stranger::done)) return false;
    const auto recovers = [this](const auto& server) { return recovering_.contains(server.get()); };
    if (std::ranges::any_of(servers_, recovers)) return false;
    ReadHeads();
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const std::size_t channel = i / users_.size();
      if (IsRestless(i)) continue;
      if (heads_[channel].value == 0 || readers_[i].last() < heads_[channel]) return false;
    }
    return true;
  }
  bool IsRestless(std::size_t reader) const { return reader == 3; }

  void ReadHeads() {
    if (reading_) return;
    reading_ = true;
    Spawn(io_.get_executor(), [](Run& run) -> asio::awaitable<void> {
      for (std::size_t c = 0; c < run.channels_.size(); ++c) {
        auto head =
            co_await run.truth_->log().ReadHead(run.channels_[c], Deadline::After(run.clock_, 1s));
        if (head) run.heads_[c] = head->seq;
      }
      co_await SleepFor(run.clock_, 100ms);
      run.reading_ = false;
    }(*this));
  }

  std::string Progress() {
    std::string out;
    for (std::size_t c = 0; c < channels_.size(); ++c) {
      out += fmt::format("channel {} head {};", channels_[c].value, heads_[c].value);
    }
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      out += fmt::format(" reader {} at {}", i, readers_[i].last().value);
    }
    for (std::size_t i = 0; i < senders_.size(); ++i) {
      out += fmt::format(" sender {} {}", i, senders_[i].done() ? "done" : "waiting");
    }
    return out;
  }

  std::string Verdict() {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      if (IsRestless(i)) continue;
      const std::size_t channel = i / users_.size();
      history_.ReadTo(fmt::format("reader{}/{}", i % users_.size(), channel),
                      fmt::format("{}", channels_[channel].value), heads_[channel].value);
    }
    const auto verdict = history_.Check();
    if (options_.verbose) fmt::print("seed {}: {}\n", options_.seed, verdict.Summary());
    std::string found;
    if (verdict.stored == 0) found += "nothing was stored, so nothing was tested\n";
    for (const auto& violation : stage_.violations) found += violation + "\n";
    for (const auto& finding : verdict.findings) found += finding + "\n";
    return found;
  }

  const Options options_;
  asio::io_context io_;
  SimClock clock_;
  SeededRandom random_;
  std::unique_ptr<store::Store> truth_;
  checker::History history_;
  Stage stage_;
  std::vector<std::shared_ptr<Server>> servers_;
  std::vector<std::shared_ptr<Server>> graveyard_;
  std::set<const Server*> recovering_;  // Started, and not yet as far as Recover.
  std::vector<core::Principal> users_;
  std::vector<core::ChannelId> channels_;
  std::array<core::Seq, 2> heads_{};
  bool reading_ = false;
  std::deque<Sender> senders_;
  std::deque<Reader> readers_;
  std::deque<Restless> restless_;
  std::deque<Stranger> strangers_;
};

}  // namespace

std::string RunSeed(const Options& options) { return Run(options).Judge(); }

}  // namespace yap::sim
