// bus_probe: publishes at a steady rate through one bus on Pulsar and listens through another, as a
// chat-service and a gateway would, and tells as JSON Lines what came: a line a second, then a
// summary. For measuring (docs/bus.md) and for tests that hurt the broker meanwhile
// (tests/live/pulsar_faults.py). Exit 0 when every channel was heard to its end.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/io_threads.h"
#include "base/random.h"
#include "bus/pulsar/pulsar_bus.h"
#include "core/counted_bus.h"
#include "crypto/secret_file.h"

namespace {

using namespace std::chrono_literals;  // NOLINT: literals only.
using yap::core::ChannelId;
using yap::core::EventPtr;
using yap::core::Seq;

struct Options {
  std::string url;
  std::string topics = "persistent";
  std::string prefix;
  std::string ca_file;
  std::string token_file;
  std::uint32_t count = 4;
  std::uint64_t channels = 8;
  double rate = 200;
  double seconds = 10;
  double settle = 5;  // Between the last event and the summary.
  double ready = 30;  // How long to wait for the broker; 0: not at all.
  std::size_t bytes = 100;
  double warm_up = 1;  // Events of the first seconds are not measured.
};

// What the listener heard, and when it was said.
struct Heard {
  std::map<std::uint64_t, std::uint64_t> known;  // How far each channel goes, as far as was told.
  std::map<std::uint64_t, std::uint64_t> last;   // The highest event of each channel.
  std::vector<std::vector<bool>> seen;           // By channel - 1 and seq - 1.
  std::vector<double> latencies_ms;
  std::uint64_t events = 0;
  std::uint64_t again = 0;
  std::uint64_t overtaken = 0;  // First seen after a later one.
  std::uint64_t heads = 0;
  std::uint64_t began_anew = 0;
  std::uint64_t heartbeats = 0;
  yap::MonoTime last_heard = std::chrono::steady_clock::now();
  double silence_ms = 0;
};

std::int64_t Micros(yap::MonoTime at) {
  return std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
}
double Millis(yap::Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

// The event's shown time carries when it was published.
EventPtr MakeEvent(std::uint64_t channel, std::uint64_t seq, std::size_t bytes) {
  auto event = std::make_shared<yap::core::Event>();
  event->channel = ChannelId(channel);
  event->seq = Seq(seq);
  event->epoch = yap::core::Epoch(1);
  event->time = yap::WallTime(std::chrono::microseconds(Micros(std::chrono::steady_clock::now())));
  event->body = yap::core::MessagePosted{std::string(bytes, 'x'), Seq()};
  return event;
}

void HearEvent(Heard& h, const yap::core::Event& event, yap::MonoTime now) {
  const std::uint64_t channel = event.channel.value;
  const std::uint64_t seq = event.seq.value;
  auto& seen = h.seen[channel - 1];
  if (seen.size() < seq) seen.resize(seq);
  if (seen[seq - 1]) {
    ++h.again;
    return;
  }
  seen[seq - 1] = true;
  ++h.events;
  h.overtaken += seq < h.last[channel] ? 1 : 0;
  h.last[channel] = std::max(h.last[channel], seq);
  h.known[channel] = std::max(h.known[channel], seq);
  const auto said = event.time.time_since_epoch().count();
  h.latencies_ms.push_back(static_cast<double>(Micros(now) - said) / 1000);
}

void Hear(Heard& h, const yap::core::Envelope& envelope) {
  const auto now = std::chrono::steady_clock::now();
  if (envelope.began_anew) {
    ++h.began_anew;
    return;
  }
  h.silence_ms = std::max(h.silence_ms, Millis(now - h.last_heard));
  h.last_heard = now;
  h.heartbeats += envelope.events.empty() && envelope.heads.empty() ? 1 : 0;
  for (const auto& event : envelope.events) HearEvent(h, *event, now);
  for (const auto& head : envelope.heads) {
    ++h.heads;
    auto& known = h.known[head.channel.value];
    known = std::max(known, head.seq.value);
  }
}

double Quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

class Probe {
 public:
  explicit Probe(const Options& options)
      : options_(options),
        key_file_(std::filesystem::temp_directory_path() /
                  fmt::format("bus-probe-{:x}", yap::SystemRandom().NextId())) {
    heard_.With([&](Heard& h) { h.seen.resize(options.channels); });
  }
  ~Probe() { std::filesystem::remove(key_file_); }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // The process's exit code.
  int Run() {
    if (!yap::ReadOrCreateKeyFile(key_file_, yap::SystemRandom())) return 2;
    auto chat = Open(yap::bus::PulsarBusOptions::Part::kPublish);
    auto gateway = Open(yap::bus::PulsarBusOptions::Part::kConsume);
    if (!chat || !gateway) return 2;
    auto subscription = gateway->Subscribe(
        [this](const yap::core::Envelope& e) { heard_.With([&](Heard& h) { Hear(h, e); }); });
    if (options_.ready > 0 && !(Wait(*chat) && Wait(*gateway))) return 2;
    Publish(*chat, *gateway);
    std::this_thread::sleep_for(std::chrono::duration<double>(options_.settle));
    const bool whole = Summarise();
    subscription.reset();
    Close(*gateway);
    Close(*chat);
    return whole ? 0 : 1;
  }

 private:
  std::unique_ptr<yap::bus::PulsarBus> Open(yap::bus::PulsarBusOptions::Part part) {
    yap::bus::PulsarBusOptions o;
    o.url = options_.url;
    o.ca_file = options_.ca_file;
    o.token_file = options_.token_file;
    o.key_file = key_file_;
    o.prefix = options_.prefix.empty() ? key_file_.filename().string() : options_.prefix;
    o.count = options_.count;
    o.part = part;
    if (options_.topics == "non-persistent") {
      o.topics = yap::bus::PulsarBusOptions::Topics::kNonPersistent;
    }
    auto bus = yap::bus::OpenPulsarBus(o, threads_.executor(threads_used_++), yap::SystemClock(),
                                       yap::SystemRandom());
    if (bus) return *std::move(bus);
    fmt::print(stderr, "bus_probe: {}\n", bus.error().message);
    return nullptr;
  }

  yap::Deadline In(double seconds) {
    return yap::Deadline::After(yap::SystemClock(),
                                yap::Duration(static_cast<std::int64_t>(seconds * 1e9)));
  }
  bool Wait(yap::bus::PulsarBus& bus) {
    const auto ready = SpawnFuture(threads_.executor(2), bus.Ready(In(options_.ready))).get();
    if (!ready) fmt::print(stderr, "bus_probe: {}\n", ready.error().message);
    return ready.has_value();
  }
  void Close(yap::bus::PulsarBus& bus) {
    const auto closed = SpawnFuture(threads_.executor(2), bus.Close(In(5))).get();
    if (!closed) fmt::print(stderr, "bus_probe: {}\n", closed.error().message);
  }

  void Publish(yap::core::EventBus& bus, const yap::bus::PulsarBus& gateway) {
    yap::core::CountedBus counted(bus, yap::core::ProducerId(yap::SystemRandom().NextId()),
                                  options_.count);
    const auto begin = std::chrono::steady_clock::now();
    const auto total = static_cast<std::uint64_t>(options_.rate * options_.seconds);
    auto tick = begin + 1s;
    for (std::uint64_t n = 0; n < total; ++n) {
      const auto due = begin + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                   std::chrono::duration<double>(double(n) / options_.rate));
      std::this_thread::sleep_until(due);
      const EventPtr event =
          MakeEvent(n % options_.channels + 1, n / options_.channels + 1, options_.bytes);
      const auto called = std::chrono::steady_clock::now();
      counted.Publish({.events = {&event, 1}});
      slowest_publish_ms_ =
          std::max(slowest_publish_ms_, Millis(std::chrono::steady_clock::now() - called));
      ++published_[n % options_.channels + 1];
      if (due < tick) continue;
      tick += 1s;
      counted.Beat({});
      Tell(gateway);
    }
  }

  void Tell(const yap::bus::PulsarBus& gateway) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    heard_.With([&](Heard& h) {
      fmt::print(R"({{"at":{:.3f},"events":{},"heads":{},"consuming":{}}})"
                 "\n",
                 std::chrono::duration<double>(now).count(), h.events, h.heads,
                 gateway.connected());
      if (std::chrono::steady_clock::now() < warm_) h.latencies_ms.clear();
    });
    (void)std::fflush(stdout);
  }

  // Whether the end of every channel was heard of.
  bool Summarise() {
    return heard_.With([&](Heard& h) {
      std::uint64_t published = 0;
      std::uint64_t tails = 0;
      for (const auto& [channel, seq] : published_) {
        published += seq;
        tails += h.known[channel] < seq ? 1 : 0;
      }
      fmt::print(
          R"({{"published":{},"events":{},"again":{},"overtaken":{},"heads":{},"heartbeats":{},)"
          R"("began_anew":{},"lost_tails":{},"silence_ms":{:.0f},"publish_max_ms":{:.2f},)"
          R"("p50_ms":{:.2f},"p90_ms":{:.2f},"p99_ms":{:.2f},"p999_ms":{:.2f}}})"
          "\n",
          published, h.events, h.again, h.overtaken, h.heads, h.heartbeats, h.began_anew, tails,
          h.silence_ms, slowest_publish_ms_, Quantile(h.latencies_ms, 0.5),
          Quantile(h.latencies_ms, 0.9), Quantile(h.latencies_ms, 0.99),
          Quantile(h.latencies_ms, 0.999));
      return tails == 0;
    });
  }

  const Options options_;
  const std::filesystem::path key_file_;
  const yap::MonoTime warm_ = In(options_.warm_up).at;
  yap::IoThreads threads_{3};
  std::size_t threads_used_ = 0;
  std::map<std::uint64_t, std::uint64_t> published_;  // The last seq of each channel.
  double slowest_publish_ms_ = 0;
  yap::Guarded<Heard> heard_;
};

int Main(int argc, char** argv) {
  CLI::App app("Publishes through a real Pulsar and tells what came, as JSON Lines.");
  Options o;
  app.add_option("--url", o.url, "pulsar://host:port")->required();
  app.add_option("--topics", o.topics)->check(CLI::IsMember({"persistent", "non-persistent"}));
  app.add_option("--ca-file", o.ca_file, "for pulsar+ssl")->envname("YAP_TEST_PULSAR_CA_FILE");
  app.add_option("--token-file", o.token_file)->envname("YAP_TEST_PULSAR_TOKEN_FILE");
  app.add_option("--prefix", o.prefix, "of the topics' names; default: a new one");
  app.add_option("--count", o.count, "topics");
  app.add_option("--channels", o.channels)->check(CLI::Range(1, 10'000));
  app.add_option("--rate", o.rate, "events a second");
  app.add_option("--seconds", o.seconds);
  app.add_option("--settle", o.settle, "seconds between the last event and the summary");
  app.add_option("--ready", o.ready, "seconds to wait for the broker first");
  app.add_option("--bytes", o.bytes, "of an event's text");
  app.add_option("--warm-up", o.warm_up, "seconds that are not measured");
  CLI11_PARSE(app, argc, argv);
  return Probe(o).Run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Main(argc, argv);
  } catch (const std::exception& e) {
    std::fputs(e.what(), stderr);
    return 2;
  }
}
