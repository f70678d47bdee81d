#include "hub/hub.h"

#include <algorithm>

#include "base/check.h"
#include "hub/home.h"
#include "hub/shard.h"
#include "hub/subscriber.h"

namespace yap::hub {

Metrics& TheMetrics() {
  static Metrics all{
      .appended = metrics::NewCounter("yap_hub_events_total", "Events appended to room logs."),
      .reads = metrics::NewCounter("yap_hub_page_reads_total", "Pages read from the store."),
      .read_errors = metrics::NewCounter("yap_hub_read_errors_total",
                                         "Reads of the store that failed and were tried again."),
      .holes = metrics::NewCounter("yap_hub_holes_total",
                                   "Holes seen in what the store answered. An alarm: not one is "
                                   "expected."),
      .fell_off = metrics::NewCounter("yap_hub_fell_off_total",
                                      "Readers too slow for a room log's tail, sent back to the "
                                      "store."),
      .arrivals_dropped = metrics::NewCounter("yap_hub_arrivals_dropped_total",
                                              "Times that the bus was faster than an I/O thread; "
                                              "each makes the heads be compared."),
  };
  return all;
}

namespace {

class HubImpl final : public Hub {
 public:
  HubImpl(HubPorts ports, HubOptions options)
      : env_(std::make_shared<Env>(std::move(ports), options)) {
    YAP_CHECK(env_->threads() > 0);
    for (std::size_t i = 0; i < env_->threads(); ++i) {
      homes_.push_back(std::make_shared<Home>(env_, i));
    }
    const std::vector<std::weak_ptr<Home>> weak(homes_.begin(), homes_.end());
    for (std::size_t i = 0; i < env_->threads(); ++i) {
      shards_.push_back(std::make_shared<Shard>(env_, i, weak));
      homes_[i]->Start();
      shards_[i]->Start();
    }
    subscription_ =
        env_->ports.bus.Subscribe([this](const core::Envelope& envelope) { Hear(envelope); });
  }

  ~HubImpl() override {
    subscription_.reset();
    env_->stopped = true;
    for (auto& home : homes_) home->Stop();
    for (auto& shard : shards_) shard->Stop();
  }

  std::unique_ptr<Subscriber> Subscribe(SubscribeOptions options, asio::any_io_executor executor,
                                        std::function<void()> wake) override {
    const auto& executors = env_->ports.executors;
    const auto found = std::ranges::find(executors, executor);
    YAP_CHECK(found != executors.end(), "a subscriber on a thread the hub does not know");
    return std::make_unique<Stream>(shards_[static_cast<std::size_t>(found - executors.begin())],
                                    std::move(options), std::move(wake));
  }

  void EndPass() override {
    for (auto& shard : shards_) {
      if (shard->IsCurrentThread()) shard->EndPass();
    }
  }

  void EndSessions(const std::vector<core::SessionId>& sessions) override {
    for (auto& shard : shards_) shard->EndSessions(sessions);
  }

  void Learn(std::span<const core::ChannelHead> heads) override {
    std::vector<std::vector<core::ChannelHead>> of_home(homes_.size());
    for (const auto& head : heads) of_home[env_->HomeOf(head.channel)].push_back(head);
    for (std::size_t i = 0; i < homes_.size(); ++i) {
      if (!of_home[i].empty()) homes_[i]->Learn(std::move(of_home[i]));
    }
  }

  void CompareHeads() override {
    for (auto& home : homes_) home->CompareHeads();
  }

  void SuspectBus() override {
    for (auto& home : homes_) home->SuspectBus();
  }

  void WakeAll() override {
    for (auto& shard : shards_) shard->WakeAll();
  }

  void Drain(Duration spread) override {
    for (auto& shard : shards_) shard->Drain(spread);
  }

  Stats GetStats() override {
    return {.rooms = env_->rooms, .subscribers = env_->subscribers, .tail_bytes = env_->tail_bytes};
  }

 private:
  void Hear(const core::Envelope& envelope) {
    if (!envelope.events.empty()) Deliver(envelope.events);
    if (!envelope.heads.empty()) Learn(envelope.heads);
    if (envelope.began_anew) SuspectBus();
  }

  // Each run of events of one channel to the channel's home.
  void Deliver(std::span<const core::EventPtr> events) {
    while (!events.empty()) {
      const core::ChannelId channel = events.front()->channel;
      const auto end = std::ranges::find_if(
          events, [channel](const auto& event) { return event->channel != channel; });
      const auto run = static_cast<std::size_t>(end - events.begin());
      homes_[env_->HomeOf(channel)]->Deliver(events.first(run));
      events = events.subspan(run);
    }
  }

  const std::shared_ptr<Env> env_;
  std::vector<std::shared_ptr<Home>> homes_;
  std::vector<std::shared_ptr<Shard>> shards_;
  std::unique_ptr<core::EventBus::Subscription> subscription_;
};

}  // namespace

std::unique_ptr<Hub> NewHub(HubPorts ports, HubOptions options) {
  return std::make_unique<HubImpl>(std::move(ports), options);
}

}  // namespace yap::hub
