// What the parts of a delivery cost, each alone: framing an event (once per message), appending it
// to the log of its channel (once per message), giving what is new to a cursor (once per subscriber
// and pass), checking a token (once per call). hub_bench has the broadcast as a whole.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "api/frame_encoder.h"
#include "base/random.h"
#include "core/session_cache.h"
#include "core/tokens.h"
#include "hub/room_log.h"

namespace yap {
namespace {

constexpr std::size_t kLogBytesMax = std::size_t{1024} * 1024;
constexpr std::size_t kLogEventsMax = 1024;

core::Event MakeEvent(core::Seq seq, std::size_t text_bytes) {
  core::Event event;
  event.channel = core::ChannelId(7);
  event.seq = seq;
  event.epoch = core::Epoch(1);
  event.time = SystemClock().Now();
  event.actor = {core::UserId(1), "ada"};
  SystemRandom().Fill(event.key);
  event.body = core::MessagePosted{std::string(text_bytes, 'x'), {}};
  return event;
}

void BM_Frame(benchmark::State& state) {
  const auto encoder = api::NewFrameEncoder();
  const core::Event event = MakeEvent(core::Seq(1), static_cast<std::size_t>(state.range(0)));
  std::string out;
  for ([[maybe_unused]] auto _ : state) {
    out.clear();
    encoder->Event(event, out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(out.size()));
}
BENCHMARK(BM_Frame)->Arg(128)->Arg(16 * 1024);

void BM_LogAppend(benchmark::State& state) {
  hub::RoomLog log({.bytes_max = kLogBytesMax, .events_max = kLogEventsMax},
                   {core::Seq(), core::Epoch(1), 0, {}});
  core::Event event = MakeEvent(core::Seq(), 128);
  std::string framed;
  api::NewFrameEncoder()->Event(event, framed);
  for ([[maybe_unused]] auto _ : state) {
    event.seq = event.seq.Next();
    log.Append(event, framed);
  }
}
BENCHMARK(BM_LogAppend);

class CountingSink final : public hub::Sink {
 public:
  void Share(std::span<const char> bytes) override { total += bytes.size(); }
  void Copy(std::span<const char> bytes) override { total += bytes.size(); }
  std::size_t total = 0;
};

// So many new messages, from the look at the log to the ranges of its bytes.
void BM_CursorFlush(benchmark::State& state) {
  hub::RoomLog log({.bytes_max = kLogBytesMax, .events_max = kLogEventsMax},
                   {core::Seq(), core::Epoch(1), 0, {}});
  core::Event event = MakeEvent(core::Seq(), 128);
  std::string framed;
  api::NewFrameEncoder()->Event(event, framed);
  for (int i = 0; i < 2 * state.range(0); ++i) {
    event.seq = event.seq.Next();
    log.Append(event, framed);
  }
  hub::RoomLog::Picture picture;
  std::vector<std::shared_ptr<const hub::Segment>> dropped;
  const core::Seq cursor(static_cast<std::uint64_t>(state.range(0)));
  CountingSink sink;
  for ([[maybe_unused]] auto _ : state) {
    log.Refresh(picture, dropped);
    const hub::LogSlice& slice = picture.slice;
    slice.Share(slice.Behind(cursor).pos, slice.tail.pos, sink);
  }
  const auto expected = static_cast<std::size_t>(state.iterations() * state.range(0));
  if (sink.total != expected * framed.size()) state.SkipWithError("not every byte was given");
}
BENCHMARK(BM_CursorFlush)->Arg(1)->Arg(32)->Arg(256);

// One of so many tokens that were used within the last second.
void BM_TokenCheck(benchmark::State& state) {
  core::SessionCache cache({.life = std::chrono::hours(1)});
  const MonoTime now = SystemClock().Mono();
  std::vector<Secret> tokens;
  for (int i = 0; i < state.range(0); ++i) {
    tokens.push_back(core::MintAccessToken(SystemRandom()));
    cache.Put(*core::AccessTokenHash(tokens.back().Reveal()), {}, cache.Ask(now));
  }
  std::size_t next = 0;
  for ([[maybe_unused]] auto _ : state) {
    const Secret& token = tokens[next++ % tokens.size()];
    if (!cache.Find(*core::AccessTokenHash(token.Reveal()), now)) {
      state.SkipWithError("a good token was refused");
    }
  }
}
BENCHMARK(BM_TokenCheck)->Arg(1)->Arg(10'000);

}  // namespace
}  // namespace yap

BENCHMARK_MAIN();
