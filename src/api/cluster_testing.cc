#include "api/cluster_testing.h"

#include <algorithm>

#include "api/identity.h"

namespace yap::api {

// --- LocalCall ---

asio::awaitable<edge::Status> LocalCall::Serve(edge::Router& router) {
  edge::Handler* handler = router.Find(options_.path);
  if (handler == nullptr) {
    co_return edge::Status{edge::Code::kUnimplemented, "no such method", {}};
  }
  const auto self = shared_from_this();  // Who called may be gone before the answer.
  auto status = co_await handler->Serve(self);
  if (streaming_) status = co_await StreamEnd();
  ended_ = true;
  for (auto& fn : std::exchange(on_end_, {})) fn();
  co_return status;
}

void LocalCall::End(edge::Status status) {
  ended_ = true;
  if (auto done = std::exchange(stream_done_, nullptr)) done(std::move(status));
}

std::optional<std::string_view> LocalCall::Get(std::string_view name) const {
  const auto found = std::ranges::find(options_.metadata, name, &edge::Header::name);
  if (found == options_.metadata.end()) return std::nullopt;
  return found->value;
}

Task<std::optional<std::string>> LocalCall::Read() {
  if (std::exchange(read_, true)) co_return std::nullopt;
  co_return options_.request;
}

Task<void> LocalCall::Write(std::string message) {
  written.push_back(std::move(message));
  co_return Result<>();
}

void LocalCall::StreamFrom(std::unique_ptr<edge::ByteSource> source) {
  streaming_ = true;
  if (!ended_) source_ = std::move(source);
}

asio::awaitable<edge::Status> LocalCall::StreamEnd() {
  if (ended_) co_return edge::Status{edge::Code::kCancelled, {}, {}};
  auto status = co_await FromCallback<edge::Status>(
      [this](Callback<edge::Status> done) { stream_done_ = std::move(done); });
  source_.reset();
  co_return *status;
}

std::function<void()> LocalCall::Waker() {
  return [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_wake();
  };
}

// --- LocalUpstreams ---

class LocalUpstreams::LocalUpstream final : public Upstream {
 public:
  LocalUpstream(LocalUpstreams& all, LocalService& service) : all_(all), service_(service) {}

  asio::awaitable<UpstreamReply> Call(UpstreamCall call) override {
    auto reply = co_await FromCallback<UpstreamReply>([&](Callback<UpstreamReply> done) {
      auto pending =
          std::make_shared<Pending>(all_.clock_.NewTimer(all_.executor_), std::move(done));
      pending->timer->Arm(call.deadline.at,
                          [pending] { pending->Answer(std::unexpected(UpstreamTooLate())); });
      Spawn(all_.executor_, Carry(all_, service_, std::move(pending), std::move(call)));
    });
    co_return *std::move(reply);
  }

 private:
  struct Pending {
    Pending(std::unique_ptr<Timer> t, Callback<UpstreamReply> d)
        : timer(std::move(t)), done(std::move(d)) {}
    void Answer(UpstreamReply reply) {
      auto call = std::exchange(done, nullptr);
      if (!call) return;
      call(std::move(reply));
      timer->Cancel();
    }
    std::unique_ptr<Timer> timer;
    Callback<UpstreamReply> done;
  };

  static bool Draw(LocalUpstreams& all, double chance) {
    constexpr std::uint64_t kSteps = 1'000'000;
    return static_cast<double>(all.random_.Below(kSteps)) < chance * static_cast<double>(kSteps);
  }

  static asio::awaitable<void> Delay(LocalUpstreams& all, const LocalService& service) {
    const auto most = static_cast<std::uint64_t>(service.faults.delay_max.count());
    if (most == 0) co_return;
    co_await SleepFor(all.clock_, Duration(static_cast<Duration::rep>(all.random_.Below(most))));
  }

  static asio::awaitable<void> Carry(LocalUpstreams& all, LocalService& service,
                                     std::shared_ptr<Pending> pending, UpstreamCall call) {
    if (service.faults.silent) co_return;
    co_await Delay(all, service);
    edge::Router* router = service.router ? service.router() : nullptr;
    if (router == nullptr || service.faults.down || Draw(all, service.faults.lose_request)) {
      co_return pending->Answer(std::unexpected(UpstreamUnavailable()));
    }
    ++service.calls;
    const bool lost = Draw(all, service.faults.lose_reply);
    auto reply = co_await Serve(all, *router, std::move(call));
    co_await Delay(all, service);
    // Who has died meanwhile answers nothing.
    const bool alive = service.router && service.router() == router;
    if (lost || service.faults.down || !alive) reply = std::unexpected(UpstreamUnavailable());
    pending->Answer(std::move(reply));
  }

  static asio::awaitable<UpstreamReply> Serve(LocalUpstreams& all, edge::Router& router,
                                              UpstreamCall call) {
    edge::Metadata metadata;
    metadata.push_back({std::string(kIdentityHeader), call.identity});
    if (!all.key_.empty()) {
      metadata.push_back({std::string(kProofHeader), ProofOf(all.key_, call.path, call.identity)});
    }
    auto local = std::make_shared<LocalCall>(
        LocalCallOptions{
            std::move(call.path), std::move(call.request), std::move(metadata), call.deadline, {}},
        all.executor_);
    auto status = co_await local->Serve(router);
    if (std::ranges::find(local->trailers, kRefusedTrailer, &edge::Header::name) !=
        local->trailers.end()) {
      co_return std::unexpected(UpstreamUnavailable());
    }
    if (!status.ok()) co_return std::unexpected(UpstreamFailure{std::move(status), true});
    co_return local->written.empty() ? std::string() : std::move(local->written.front());
  }

  LocalUpstreams& all_;
  LocalService& service_;
};

std::shared_ptr<Upstream> LocalUpstreams::Open(std::string target, std::string) {
  return std::make_shared<LocalUpstream>(*this, services_[target]);
}

}  // namespace yap::api
