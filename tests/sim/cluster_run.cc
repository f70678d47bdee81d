// One seed of a cluster: set the scene, let it live among faults, heal it, judge it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>

#include "sim/cluster.h"
#include "sim/cluster_actors.h"

namespace yap::sim {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals only.

constexpr std::size_t kChats = 2;
constexpr std::size_t kGateways = 2;

// Tails so short that readers fall off them all the time.
hub::HubOptions ShortTails() {
  hub::HubOptions options;
  options.tail_events_max = 8;
  options.tail_bytes_max = 1024;
  options.room_linger = 2s;
  return options;
}

class ClusterRun {
 public:
  explicit ClusterRun(const Options& options)
      : options_(options),
        random_(options.seed),
        cluster_({.chats = kChats,
                  .gateways = kGateways,
                  .bus_silent = false,
                  .seed = options.seed,
                  .hub = ShortTails(),
                  .encoder = encoder_.get()}),
        stage_{cluster_, random_, history_, std::vector<int>(kGateways, 0), false, false, {}} {}

  // Nobody is under way any more when what they use goes.
  ~ClusterRun() {
    stage_.closing = stage_.over = true;
    cluster_.Run(1min);
  }
  ClusterRun(const ClusterRun&) = delete;
  ClusterRun& operator=(const ClusterRun&) = delete;

  std::string Judge() {
    if (!SetScene()) return "the scene could not be set";
    Cast();
    const int acts = 2 + static_cast<int>(random_.Below(4));
    for (int act = 0; act < acts; ++act) Act();
    if (!Heal()) return fmt::format("did not heal: {}", Progress());
    return Verdict();
  }

 private:
  // --- The scene: three who stay, and one whose sessions end.
  bool SetScene() {
    bool ready = false;
    Spawn(cluster_.io.get_executor(), Populate(ready));
    return cluster_.RunUntil(60s, [&] { return ready; });
  }

  asio::awaitable<void> Populate(bool& ready) {
    const auto deadline = Deadline::After(cluster_.clock, 60s);
    auto& accounts = cluster_.chat(0).accounts();
    for (int i = 0; i < 4; ++i) {
      core::RegisterRequest request;
      request.username = fmt::format("user{}", i);
      request.password = Secret("three small green boats");
      request.peer = {.text = "192.0.2.1"};
      auto made = co_await accounts.Register(std::move(request), deadline);
      if (!made) co_return;
      accounts_.push_back(
          {made->user.id, made->user.name, std::string(made->tokens.access_token.Reveal()), {}});
    }
    auto& channels = cluster_.chat(0).channels();
    for (int i = 0; i < 2; ++i) {
      auto made = co_await channels.Create(
          Who(0), {.name = fmt::format("channel{}", i), .topic = {}}, deadline);
      if (!made) co_return;
      channels_.push_back(made->id);
      for (std::size_t u = 1; u < accounts_.size(); ++u) {
        if (!co_await channels.Join(Who(u), made->id, {}, deadline)) co_return;
      }
    }
    ready = true;
  }

  core::Principal Who(std::size_t i) const {
    return {accounts_[i].user, accounts_[i].name, core::SessionId(1), false};
  }
  static bool IsFickle(std::size_t user) { return user == 3; }

  void Cast() {
    auto executor = cluster_.io.get_executor();
    for (const auto channel : channels_) {
      for (std::size_t u = 0; u < accounts_.size(); ++u) {
        auto& reader = readers_.emplace_back(stage_, fmt::format("reader{}/{}", u, channel.value),
                                             accounts_[u], channel);
        Spawn(executor, reader.Run());
        if (IsFickle(u)) continue;
        auto& sender = senders_.emplace_back(stage_, accounts_[u], channel);
        Spawn(executor, sender.Run());
      }
    }
    Spawn(executor, fickle_.emplace(stage_, accounts_[3]).Run());
  }

  // --- The faults.
  double Chance(double most) { return most * static_cast<double>(random_.Below(1001)) / 1000.0; }

  void SetFaults(bool none) {
    for (std::size_t c = 0; c < kChats; ++c) {
      store::StoreFaults store;
      bus::BusFaults bus;
      if (!none) {
        store.delay_max = std::chrono::milliseconds(random_.Below(30));
        store.fail_before = Chance(0.05);
        store.fail_after = Chance(0.05);
        store.conflict = Chance(0.05);
        store.short_page = Chance(0.3);
        bus = {Chance(0.3), Chance(0.2), Chance(0.3), 0ms,
               std::chrono::milliseconds(random_.Below(3000))};
      }
      cluster_.chat(c).store().SetFaults(store);
      cluster_.chat(c).bus().SetFaults(bus);
      for (std::size_t g = 0; g < kGateways; ++g) SetLink(g, c, none);
    }
  }

  void SetLink(std::size_t g, std::size_t c, bool none) {
    api::LocalFaults faults;
    if (!none) {
      faults.lose_request = Chance(0.05);
      faults.lose_reply = Chance(0.05);
      faults.delay_max = std::chrono::milliseconds(random_.Below(100));
      const auto cut = random_.Below(10);
      faults.down = cut == 0;
      faults.silent = cut == 1;
    }
    cluster_.link(g, c).faults = faults;
  }

  void Act() {
    SetFaults(false);
    cluster_.Run(stage_.Some(500ms, 8s));
    if (random_.Below(2) == 0) CrashChat(random_.Below(kChats));
    if (random_.Below(4) == 0) CrashGateway(random_.Below(kGateways));
    if (random_.Below(4) == 0) cluster_.clock.StepWall(stage_.Some(-1h, 1h));
  }

  void CrashChat(std::size_t i) {
    cluster_.CrashChat(i);
    cluster_.Run(stage_.Some(0ms, 3s));
    cluster_.StartChat(i);
  }

  void CrashGateway(std::size_t i) {
    ++stage_.lives[i];
    cluster_.Run(200ms);  // Its clients notice.
    cluster_.CrashGateway(i);
    cluster_.Run(stage_.Some(0ms, 2s));
    cluster_.StartGateway(i);
    ++stage_.lives[i];
  }

  // --- The end: everything works again, nobody sends: every reader must reach the head.
  bool Heal() {
    SetFaults(true);
    stage_.closing = true;
    for (auto& reader : readers_) reader.Hurry();
    return cluster_.RunUntil(10min, [this] { return Settled(); });
  }

  bool Settled() {
    if (!std::ranges::all_of(senders_, &ClusterSender::done)) return false;
    ReadHeads();
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const auto head = heads_[i / accounts_.size()];
      if (IsFickle(i % accounts_.size())) continue;
      if (head == core::Seq() || readers_[i].last() < head) return false;
    }
    return true;
  }

  void ReadHeads() {
    if (std::exchange(reading_, true)) return;
    Spawn(cluster_.io.get_executor(), [](ClusterRun& run) -> asio::awaitable<void> {
      for (std::size_t c = 0; c < run.channels_.size(); ++c) {
        auto head = co_await run.cluster_.truth->log().ReadHead(
            run.channels_[c], Deadline::After(run.cluster_.clock, 1s));
        if (head) run.heads_[c] = head->seq;
      }
      co_await SleepFor(run.cluster_.clock, 100ms);
      run.reading_ = false;
    }(*this));
  }

  std::string Progress() {
    std::string out;
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      out += fmt::format(" reader {} at {} of {}", i, readers_[i].last().value,
                         heads_[i / accounts_.size()].value);
    }
    for (const auto& sender : senders_) out += sender.done() ? " done" : " waiting";
    return out;
  }

  std::string Verdict() {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      const auto channel = channels_[i / accounts_.size()];
      if (IsFickle(i % accounts_.size())) continue;
      history_.ReadTo(fmt::format("reader{}/{}", i % accounts_.size(), channel.value),
                      fmt::format("{}", channel.value), heads_[i / accounts_.size()].value);
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
  SeededRandom random_;
  const std::unique_ptr<hub::FrameEncoder> encoder_ = NewTextEncoder();
  checker::History history_;
  std::vector<Account> accounts_;
  std::vector<core::ChannelId> channels_;
  std::array<core::Seq, 2> heads_{};
  bool reading_ = false;
  std::deque<ClusterSender> senders_;
  std::deque<ClusterReader> readers_;
  std::optional<Fickle> fickle_;
  api::Cluster cluster_;
  ClusterStage stage_;
};

}  // namespace

std::string RunClusterSeed(const Options& options) { return ClusterRun(options).Judge(); }

}  // namespace yap::sim
