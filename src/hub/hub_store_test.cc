// The hub over the store and the bus that the simulation uses.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ranges>

#include "bus/memory/faulty_bus.h"
#include "bus/memory/memory_bus.h"
#include "hub/hub_testing.h"
#include "store/memory/memory_store.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

class StoreWorld {
 public:
  explicit StoreWorld(std::uint64_t seed)
      : random_(seed),
        faulty_(bus::NewFaultyBus(
            *bus_, clock_, io_.get_executor(), seed,
            {.drop = 0.2, .repeat = 0.2, .delay = 0.3, .delay_min = 1ms, .delay_max = 400ms})),
        hub_(NewHub({store_->log(), *faulty_, encoder_, clock_, random_, {io_.get_executor()}},
                    {.tail_events_max = 32})) {
    Await(store_->channels().CreateChannel({.id = kChannel, .name = "c"}, deadline()));
  }
  ~StoreWorld() {
    hub_.reset();
    RunFor(1s);
  }

  // What the sequencer does: store, then publish.
  void Append(std::size_t count) {
    const Head head = Await(store_->log().ReadHead(kChannel, deadline())).value();
    std::vector<core::Draft> drafts(count);
    for (auto& draft : drafts) draft.body = core::MessagePosted{"hi", {}};
    Await(store_->log().Append(kChannel, drafts, head.seq, deadline())).value();
    const auto page =
        Await(store_->log().Read(kChannel, head.seq, core::kReadPageMax, deadline())).value();
    faulty_->Publish({.events = page.events});
  }
  std::unique_ptr<Reader> Read(std::uint64_t after) {
    const Head head = Await(store_->log().ReadHead(kChannel, deadline())).value();
    SubscribeOptions options{UserId(5), SessionId(50), {}, {}};
    options.cursors.push_back({kChannel, head, Seq(std::min(after, head.seq.value)), {}});
    return std::make_unique<Reader>(*hub_, std::move(options), io_.get_executor());
  }
  void RunFor(Duration span) { clock_.RunFor(io_, span); }
  void Calm() {
    faulty_->SetFaults({});
    hub_->SuspectBus();
  }

 private:
  static constexpr ChannelId kChannel{7};
  Deadline deadline() const { return Deadline::After(clock_, 5s); }

  template <class T>
  Result<T> Await(Task<T> task) {
    std::optional<Result<T>> out;
    SpawnThen(io_.get_executor(), std::move(task), [&out](Result<T> r) { out = std::move(r); });
    clock_.RunFor(io_, 1s, [&out] { return out.has_value(); });
    return std::move(out).value();
  }

  asio::io_context io_;
  SimClock clock_;
  SeededRandom random_;
  std::unique_ptr<store::Store> store_ = store::OpenMemoryStore();
  std::unique_ptr<core::EventBus> bus_ = bus::NewMemoryBus();
  std::unique_ptr<bus::FaultyBus> faulty_;
  TestEncoder encoder_;
  std::unique_ptr<Hub> hub_;
};

TEST(HubStoreTest, StreamsAreExactOverAFaultyBus) {
  const bool ok = rc::check([](std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    StoreWorld world(seed);
    world.Append(1 + rng() % 60);
    std::vector<std::uint64_t> last{0, rng() % 50, 1000};
    std::vector<std::unique_ptr<Reader>> readers;
    for (const std::uint64_t after : last) readers.push_back(world.Read(after));
    const auto pull_all = [&](std::size_t most) {
      for (auto& reader : readers) {
        for (std::size_t n = 0; n < most && reader->Pull(3000) > 0; ++n) reader->EndPass();
      }
    };
    std::uint64_t total = 0;
    for (int step = 0; step < 20; ++step) {
      world.Append(1 + rng() % 20);
      world.RunFor(std::chrono::milliseconds(rng() % 300));
      pull_all(rng() % 3);
    }
    world.Calm();
    for (int i = 0; i < 10; ++i) {
      world.RunFor(2s);
      pull_all(100);
    }
    for (auto& reader : readers) {
      std::uint64_t seq = 0;
      for (const Frame& frame : reader->frames) {
        if (frame.kind != 'E') continue;
        RC_ASSERT(seq == 0U || frame.seq == seq + 1);
        seq = frame.seq;
      }
      total = std::max(total, seq);
    }
    for (auto& reader : readers) {
      const auto events = std::ranges::count(reader->frames, 'E', &Frame::kind);
      const auto newest =
          std::ranges::find(std::ranges::reverse_view(reader->frames), 'E', &Frame::kind);
      RC_ASSERT(events >= 20);
      RC_ASSERT(newest->seq == total);
    }
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace yap::hub
