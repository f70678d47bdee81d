#include "api/gateway_testing.h"

#include "core/revocations.h"

namespace yap::api {
namespace {

using namespace std::chrono_literals;

core::ChannelOptions NoRates() {
  core::ChannelOptions options;
  options.rates = {1e9, 1e9, 1e9, 1e9};
  return options;
}

core::AccountOptions Recorded() {
  core::AccountOptions options;
  options.record_revocations = true;
  options.access_life = 30 * 24h;  // Wall clocks are stepped; refreshing is not what is tested.
  options.registrations_per_hour = 1'000;
  options.logins_per_minute = 1'000;
  return options;
}

}  // namespace

// --- ChatNode ---

ChatNode::ChatNode(asio::io_context& io, SimClock& clock, store::Store& truth, core::EventBus& bus,
                   std::uint64_t seed, Secret key)
    : clock_(clock),
      random_(seed),
      store_(store::NewFaultyStore(truth, clock, seed)),
      bus_(bus::NewFaultyBus(bus, clock, io.get_executor(), seed + 1)),
      journal_(random_.NextId(), core::kJournalChannelsMax),
      log_(store_->log(), journal_),
      counted_(*bus_, core::ProducerId(random_.NextId()), 4) {
  channels_ = core::NewChannels(
      core::ChannelPorts{
          log_, store_->channels(), store_->users(), counted_, clock, random_, {io.get_executor()}},
      NoRates());
  accounts_ =
      core::NewAccounts(core::AccountPorts{store_->users(), store_->sessions(), hasher_, *channels_,
                                           clock, random_, Secret(std::string(32, 't'))},
                        Recorded());
  router_ = NewChatApi(ChatApiPorts{*accounts_, *channels_, log_, journal_, readiness_, clock},
                       {std::move(key), {}});
  Spawn(io.get_executor(), Live(*this));
}

ChatNode::~ChatNode() = default;

asio::awaitable<void> ChatNode::Live(ChatNode& node) {
  while (!node.dead_) {
    const auto deadline = Deadline::After(node.clock_, 10s);
    if (co_await core::EnsureRevocationLog(node.store_->channels(), node.clock_, deadline) &&
        co_await node.channels_->Recover(deadline)) {
      break;
    }
    co_await SleepFor(node.clock_, 500ms);
  }
  node.readiness_.Set(true);
  while (!node.dead_) {
    const auto head =
        co_await core::ReadRevocationHead(node.log_, Deadline::After(node.clock_, 1s));
    node.counted_.Beat(head.value_or(core::RevocationHead{}));
    co_await SleepFor(node.clock_, 1s);
  }
}

void ChatNode::Crash() {
  dead_ = true;
  store_->SetDown(true);
  store_->Crash();
  bus_->SetDown(true);
}

// --- GatewayNode ---

GatewayNode::GatewayNode(asio::io_context& io, SimClock& clock, core::EventBus& bus,
                         const hub::FrameEncoder& encoder, std::uint64_t seed, Secret key,
                         Options options)
    : random_(seed), upstreams_(clock, random_, io.get_executor(), std::move(key)) {
  GatewayOptions wired;
  wired.replicas.services = std::move(options.services);
  wired.hub = options.hub;
  wired.bus_silent = options.bus_silent;
  gateway_ = NewGateway(
      {upstreams_, resolver_, bus, encoder, readiness_, clock, random_, {io.get_executor()}},
      std::move(wired));
}

GatewayNode::~GatewayNode() = default;

// --- Cluster ---

Cluster::Cluster(ClusterOptions options) : random(options.seed), options_(options) {
  chats_.resize(options.chats);
  gateways_.resize(options.gateways);
  for (std::size_t i = 0; i < options.chats; ++i) StartChat(i);
  Run(1s);
  for (std::size_t i = 0; i < options.gateways; ++i) StartGateway(i);
  Run(1s);
}

Cluster::~Cluster() {
  for (auto& chat : chats_) chat->Crash();
  for (auto& gateway : gateways_) {
    if (gateway) gateway->gateway().Stop();
  }
  Run(1min);
  gateways_.clear();
  gateway_graveyard_.clear();
  Run(1s);
}

void Cluster::StartChat(std::size_t i) {
  chats_[i] = std::make_shared<ChatNode>(io, clock, *truth, *bus, random.Next64() >> 1, key_);
}

void Cluster::CrashChat(std::size_t i) {
  chats_[i]->Crash();
  graveyard_.push_back(chats_[i]);
}

void Cluster::StartGateway(std::size_t i) {
  GatewayNode::Options wired{
      .services = {}, .bus_silent = options_.bus_silent, .hub = options_.hub};
  for (std::size_t c = 0; c < chats_.size(); ++c) wired.services.push_back(TargetOf(c));
  gateways_[i] = std::make_unique<GatewayNode>(
      io, clock, *bus, options_.encoder != nullptr ? *options_.encoder : *own_encoder_,
      random.Next64() >> 1, key_, std::move(wired));
  for (std::size_t c = 0; c < chats_.size(); ++c) {
    link(i, c).router = [this, c] { return chats_[c]->router(); };
  }
  gateways_[i]->gateway().Start();
}

// Cut off rather than destroyed: what is under way refers to it.
void Cluster::CrashGateway(std::size_t i) {
  gateways_[i]->gateway().Stop();
  for (std::size_t c = 0; c < chats_.size(); ++c) link(i, c).router = nullptr;
  gateway_graveyard_.push_back(std::move(gateways_[i]));
}

asio::awaitable<Answer<std::string>> Cluster::CallBytes(std::size_t gateway, std::string path,
                                                        std::string request, std::string token,
                                                        edge::Metadata more) {
  if (!token.empty()) more.push_back({"authorization", "Bearer " + token});
  auto call = std::make_shared<LocalCall>(LocalCallOptions{std::move(path),
                                                           std::move(request),
                                                           std::move(more),
                                                           Deadline::After(clock, 10s),
                                                           {.address = "192.0.2.9"}},
                                          io.get_executor());
  auto status = co_await call->Serve(gateways_[gateway]->router());
  if (!status.ok()) co_return std::unexpected(std::move(status));
  co_return call->written.empty() ? std::string() : std::move(call->written.front());
}

}  // namespace yap::api
