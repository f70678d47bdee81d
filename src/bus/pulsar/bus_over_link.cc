#include <atomic>
#include <utility>

#include "bus/pulsar/internal/engine.h"

namespace yap::bus::pulsar {
namespace {

// How often Ready looks.
constexpr auto kReadyPause = std::chrono::milliseconds(20);

class PulsarBusImpl final : public PulsarBus {
 public:
  PulsarBusImpl(asio::any_io_executor executor, std::shared_ptr<Engine> engine)
      : executor_(std::move(executor)), engine_(std::move(engine)) {
    asio::post(executor_, [engine = engine_] { engine->Start(); });
  }
  // What belongs to the executor's thread ends there.
  ~PulsarBusImpl() override {
    asio::post(executor_, [engine = std::move(engine_)] {});
  }

  void Publish(const core::Envelope& envelope) override {
    if (!closed_) engine_->Publish(envelope);
  }
  std::unique_ptr<Subscription> Subscribe(Handler handler) override {
    return engine_->handlers().Add(std::move(handler));
  }

  bool connected() const override { return engine_->connected(); }
  Task<> Ready(Deadline deadline) override { return WaitReady(engine_, deadline); }
  Task<> Close(Deadline deadline) override {
    closed_ = true;
    return RunOn(executor_, Engine::Close(engine_, deadline));
  }

 private:
  static std::string WhyNot(const Env& env) {
    auto last = env.last_error.With([](const std::string& error) { return error; });
    return last.empty() ? "the broker does not answer in time; look into its log" : last;
  }
  static Task<> WaitReady(std::shared_ptr<Engine> engine, Deadline deadline) {
    const Env& env = engine->env();
    while (!engine->connected()) {
      if (deadline.Expired(env.clock)) {
        co_return Fail(Errc::kDeadlineExceeded, "BUS_NOT_CONNECTED", WhyNot(env));
      }
      co_await SleepFor(env.clock, kReadyPause);
    }
    co_return Result<>();
  }

  const asio::any_io_executor executor_;
  std::shared_ptr<Engine> engine_;
  std::atomic<bool> closed_ = false;
};

}  // namespace

std::unique_ptr<PulsarBus> NewPulsarBus(PulsarBusOptions options, Secret key, Connect connect,
                                        asio::any_io_executor executor, Clock& clock,
                                        Random& random) {
  auto env = std::make_shared<Env>(executor, clock, random, std::move(key));
  auto engine = std::make_shared<Engine>(std::move(env), options, std::move(connect));
  return std::make_unique<PulsarBusImpl>(std::move(executor), std::move(engine));
}

}  // namespace yap::bus::pulsar
