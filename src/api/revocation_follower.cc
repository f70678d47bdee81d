#include "api/revocation_follower.h"

#include <atomic>
#include <optional>

#include "api/ask.h"
#include "api/internal_convert.h"
#include "api/limits.h"
#include "api/routing.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/revocations.h"

namespace yap::api {
namespace {

namespace pb = yap::internal::v1;

struct Metrics {
  metrics::Counter failed = metrics::NewCounter("yap_revocation_checks_failed_total",
                                                "Questions for ended sessions without an answer.");
  metrics::Counter closed = metrics::NewCounter(
      "yap_flush_gate_closed_total", "Times that streams had to wait for such an answer.");
};
Metrics& Counters() {
  static Metrics metrics;
  return metrics;
}

class Follower final : public std::enable_shared_from_this<Follower> {
 public:
  explicit Follower(RevocationPorts ports) : ports_(std::move(ports)) {}

  void Start(hub::Hub& hub) {
    hub_ = &hub;
    Spawn(ports_.executor, Run(shared_from_this()));
  }
  void Stop() { stopped_ = true; }

  void Hear(core::RevocationHead head) {
    if (hub_ == nullptr || head.seq == core::Seq() || head.seq.value <= known_) return;
    Ask();
  }
  void Ask() {
    if (!asked_early_.exchange(true)) Spawn(ports_.executor, AskEarly(shared_from_this()));
  }
  bool Ready() const { return ready_; }

 private:
  static asio::awaitable<void> Run(std::shared_ptr<Follower> self) {
    while (!self->stopped_) {
      co_await self->Check();
      co_await SleepFor(self->ports_.clock, kRevocationInterval);
    }
  }

  static asio::awaitable<void> AskEarly(std::shared_ptr<Follower> self) {
    self->asked_early_ = false;
    co_await self->Check();
  }

  // To the head, one at a time: who comes while another asks goes away, since that one goes on to
  // the head of a moment later or the next round does.
  asio::awaitable<void> Check() {
    if (stopped_ || std::exchange(checking_, true)) co_return;
    bool more = true;
    while (more && !stopped_) {
      const MonoTime asked = ports_.clock.Mono();
      const auto page = co_await Read();
      if (!page || stopped_) break;
      co_await Apply(*page);
      more = page->read.seq < page->head;
      if (!more && !stopped_) Fresh(asked);
    }
    checking_ = false;
  }

  asio::awaitable<std::optional<core::RevocationPage>> Read() {
    pb::ReadRevocationsRequest request;
    if (cursor_) {
      request.set_after_seq(cursor_->seq.value);
      request.set_epoch(cursor_->epoch.value);
    }
    auto answer = co_await Ask<pb::ReadRevocationsResponse>(
        ports_.replicas, RouteKey(core::kRevocationLog), "ReadRevocations", std::move(request), {},
        Deadline::After(ports_.clock, kRevocationTimeout));
    if (answer) co_return FromProto(*answer);
    Counters().failed.Add();
    co_return std::nullopt;
  }

  // When this returns no stream of these sessions flushes any more.
  asio::awaitable<void> Apply(core::RevocationPage page) {
    cursor_ = page.read;
    known_ = page.read.seq.value;
    if (page.sessions.empty()) co_return;
    ports_.tokens.Forget(page.sessions);
    hub_.load()->EndSessions(page.sessions);
    for (const auto& executor : ports_.hub_executors) {
      co_await RunOn(executor, ComeBack());
    }
  }

  static Task<void> ComeBack() { co_return Result<>(); }

  void Fresh(MonoTime asked) {
    ready_ = true;
    if (!ports_.gate.Checked(asked)) return;
    Counters().closed.Add();
    hub_.load()->WakeAll();
  }

  const RevocationPorts ports_;
  std::atomic<hub::Hub*> hub_ = nullptr;  // Constant once started.
  std::atomic<bool> stopped_ = false;
  std::atomic<bool> ready_ = false;
  std::atomic<bool> asked_early_ = false;
  std::atomic<std::uint64_t> known_ = 0;

  // The executor's.
  bool checking_ = false;
  std::optional<core::RevocationHead> cursor_;
};

class FollowerHandle final : public RevocationFollower {
 public:
  explicit FollowerHandle(RevocationPorts ports)
      : follower_(std::make_shared<Follower>(std::move(ports))) {}
  ~FollowerHandle() override { follower_->Stop(); }
  void Start(hub::Hub& hub) override { follower_->Start(hub); }
  void Stop() override { follower_->Stop(); }
  void Hear(core::RevocationHead head) override { follower_->Hear(head); }
  void Ask() override { follower_->Ask(); }
  bool Ready() const override { return follower_->Ready(); }

 private:
  const std::shared_ptr<Follower> follower_;
};

}  // namespace

std::unique_ptr<RevocationFollower> NewRevocationFollower(RevocationPorts ports) {
  return std::make_unique<FollowerHandle>(std::move(ports));
}

}  // namespace yap::api
