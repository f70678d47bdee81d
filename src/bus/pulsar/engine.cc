#include "bus/pulsar/internal/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/encoding.h"
#include "base/log.h"
#include "base/parallel.h"
#include "bus/pulsar/internal/metrics.h"
#include "bus/pulsar/limits.h"
#include "drivers/error.h"

namespace yap::bus::pulsar {
namespace {

using Part = PulsarBusOptions::Part;

// How often Close looks for attempts that have ended.
constexpr auto kAttemptPause = std::chrono::milliseconds(10);

bool Publishes(const PulsarBusOptions& options) { return options.part != Part::kConsume; }
bool Consumes(const PulsarBusOptions& options) { return options.part != Part::kPublish; }

std::uint32_t PartsOf(const PulsarBusOptions& options) {
  return options.count * ((Publishes(options) ? 1U : 0U) + (Consumes(options) ? 1U : 0U));
}

// What to do next, where the driver's words do not say it.
const char* AdviceFor(std::string_view reason) {
  if (reason == drivers::kHost || reason == drivers::kUnreachable) {
    return "; check the broker's URL and that it runs";
  }
  if (reason == drivers::kTls) {
    return "; check the CA file of the bus, that the broker's certificate is still good and names "
           "this host, and that this port speaks TLS";
  }
  if (reason == drivers::kProtocol) return "; check the port, and whether it wants pulsar+ssl://";
  if (reason == drivers::kAuth) {
    return "; check the token of the bus, and that it may produce and consume in the namespace";
  }
  if (reason == drivers::kNoTopic) {
    return "; create the namespace of the bus on the broker (pulsar-admin namespaces create)";
  }
  return "";
}

std::string NewSubscription(const PulsarBusOptions& options, Random& random) {
  std::array<std::byte, 8> id{};
  random.Fill(id);
  return options.process_name + "-" + ToHex(id);
}

}  // namespace

void Env::Report(const Error& error) {
  const std::string message = error.message + AdviceFor(error.reason);
  last_error.With([&](std::string& last) { last = message; });
  if (!failures.IsNews(error, clock.Mono())) return;
  log::Warning("the bus does not work; gateways ask for what it does not bring",
               {{"reason", error.reason}, {"error", message}});
}

std::string TopicNameOf(const PulsarBusOptions& options, std::uint32_t topic) {
  const bool kept = options.topics == PulsarBusOptions::Topics::kPersistent;
  return fmt::format("{}://{}/{}-{}", kept ? "persistent" : "non-persistent", options.name_space,
                     options.prefix, topic);
}

Engine::Engine(std::shared_ptr<Env> env, const PulsarBusOptions& options, Connect connect)
    : env_(std::move(env)),
      options_(options),
      connect_(std::move(connect)),
      subscription_(NewSubscription(options, env_->random)),
      parts_(PartsOf(options)),
      retry_(env_->random) {}

void Engine::Start() {
  if (closed_) return;
  timer_ = env_->clock.NewTimer(env_->executor);
  env_->suspect = [weak = weak_from_this()](const std::shared_ptr<Link>& link) {
    const auto self = weak.lock();
    if (!self) return;
    // Not at once: whoever calls is part of what is to be destroyed.
    asio::post(self->env_->executor, [self, link] { self->Suspect(link); });
  };
  for (std::uint32_t i = 0; i < options_.count; ++i) {
    const TopicName topic{i, TopicNameOf(options_, i)};
    if (Publishes(options_)) publishers_.push_back(std::make_shared<TopicPublisher>(env_, topic));
    if (!Consumes(options_)) continue;
    consumers_.push_back(std::make_shared<TopicConsumer>(env_, topic, subscription_, handlers_));
  }
  ConnectAgain();
}

void Engine::Publish(const core::Envelope& envelope) {
  YAP_CHECK(envelope.topic < options_.count && envelope.heads.size() < kEnvelopeHeadsMax);
  const PublishQueue::Pushed pushed = queue_.Push(OwnedEnvelope(envelope));
  if (pushed.dropped) {
    BusMetrics().dropped.Add();
    SendFailures("queue_full").Add();
  }
  if (pushed.first) {
    asio::post(env_->executor, [self = shared_from_this()] { self->Drain(); });
  }
}

void Engine::Drain() {
  const PublishQueue::Waiting waiting = queue_.TakeAll();
  BusMetrics().heads_lost.Add(static_cast<double>(waiting.heads_lost));
  if (publishers_.empty()) return;
  for (const OwnedEnvelope& envelope : waiting.envelopes) {
    publishers_[envelope.topic]->Publish(envelope);
  }
  for (const auto& [topic, heads] : waiting.dropped) {
    publishers_[topic]->TellHeads(heads.Some(kHeadsWaitingMax));
  }
}

Task<> Engine::Close(std::shared_ptr<Engine> self, Deadline deadline) {
  self->Drain();
  self->closed_ = true;
  if (self->timer_) self->timer_->Cancel();
  std::vector<Task<>> closing;
  for (auto& p : self->publishers_) closing.push_back(TopicPublisher::Close(p, deadline));
  for (auto& c : self->consumers_) closing.push_back(TopicConsumer::Close(c, deadline));
  const std::size_t all = closing.size();
  const Result<> closed = co_await AwaitAllOk(std::move(closing), all);
  self->publishers_.clear();
  self->consumers_.clear();
  self->link_.reset();
  // What still tries cannot be broken off, and its answer needs the executor.
  while (self->env_->attempts > 0) co_await SleepFor(self->env_->clock, kAttemptPause);
  co_return closed;
}

// --- The connection ---

void Engine::ConnectAgain() {
  if (std::exchange(connecting_, true) || closed_) return;
  Spawn(env_->executor, ConnectOnce(shared_from_this()));
}

asio::awaitable<void> Engine::ConnectOnce(std::shared_ptr<Engine> self) {
  const Attempt attempt(self->env_);
  auto link = co_await self->connect_(Deadline{self->env_->In(kOpenLimit)});
  self->connecting_ = false;
  if (!self->closed_) self->Connected(std::move(link));
}

void Engine::Connected(Result<std::shared_ptr<Link>> link) {
  if (!link) {
    env_->Report(link.error());
    said_connected_ = false;
    timer_->Arm(env_->In(retry_.Next()), [this] { ConnectAgain(); });
    return;
  }
  retry_.Reset();
  BusMetrics().connects.Add();
  // Not each time where nothing can be opened over it, which is reported itself.
  if (!std::exchange(said_connected_, true)) {
    log::Info("connected to the bus", {{"url", options_.url}, {"subscription", subscription_}});
  }
  Use(*link);
}

void Engine::Use(const std::shared_ptr<Link>& link) {
  link_ = link;
  for (const auto& consumer : consumers_) consumer->Use(link);
  for (const auto& publisher : publishers_) publisher->Use(link);
}

void Engine::Suspect(const std::shared_ptr<Link>& link) {
  if (closed_ || !link || link != link_) return;
  Use(nullptr);
  timer_->Arm(env_->In(retry_.Next()), [this] { ConnectAgain(); });
}

}  // namespace yap::bus::pulsar
