// Contract line C3 under everything that can go wrong on the way: no gap, no duplicate, no reorder,
// whatever the bus loses, doubles, delays and reorders, whatever the windows are, however slow the
// readers and however short the tails.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "hub/hub_testing.h"

namespace yap::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kChannels = 4;

// A reader and what it must have got.
struct Client {
  std::map<std::uint64_t, std::uint64_t> last;   // By channel: the last event it has.
  std::map<std::uint64_t, std::uint64_t> grant;  // By channel: the head it was let in at.
  std::map<std::uint64_t, int> caught_up;
  std::unique_ptr<Reader> reader;
};

class Course {
 public:
  explicit Course(std::uint64_t seed)
      : rng_(seed), world_(std::make_unique<HubWorld>(SomeOptions(), seed)) {
    world_->bus.faults = {.drop = 0.1, .twice = 0.1, .late = 0.2};
    world_->log.Change([&](auto& s) {
      s.page_events_max = 1 + Below(30);
      s.latency = Below(2) * 5ms;
    });
  }

  void Steps(int count) {
    for (int i = 0; i < count; ++i) Step();
  }

  // From here on nothing goes wrong; everybody must get everything.
  void Finish() {
    world_->bus.faults = {};
    world_->log.Change([](auto& s) { s.failures = 0; });
    world_->bus.Release();
    world_->hub->SuspectBus();
    for (int quiet = 0; quiet < 3;) {
      world_->RunFor(3s);
      std::size_t taken = 0;
      for (auto& client : clients_) {
        while (const std::size_t n = client.reader->Pull(5000)) {
          taken += n;
          Check(client);
        }
      }
      quiet = taken > 0 ? 0 : quiet + 1;
    }
    for (auto& client : clients_) CheckComplete(client);
  }

 private:
  std::uint64_t Below(std::uint64_t bound) { return rng_() % bound; }

  HubOptions SomeOptions() {
    HubOptions options;
    options.tail_bytes_max = std::array<std::size_t, 3>{300, 5000, 1024 * 1024}[Below(3)];
    options.tail_events_max = std::array<std::size_t, 3>{1, 16, 1024}[Below(3)];
    options.all_tails_bytes_max = Below(3) == 0 ? 20'000 : 256 * 1024 * 1024;
    // Seldom enough that a beat does not look like news in Finish.
    options.heartbeat_interval = 1h;
    options.room_linger = 2s;
    return options;
  }

  void Step() {
    switch (Below(10)) {
      case 0:
      case 1:
      case 2:
        return Append();
      case 3:
      case 4:
      case 5:
        return PullSome();
      case 6:
        return Come();
      case 7:
        world_->Run();
        return;
      case 8:
        world_->RunFor(std::chrono::milliseconds(Below(400)));
        return;
      default:
        return Seldom();
    }
  }

  void Seldom() {
    switch (Below(6)) {
      case 0:
        world_->bus.Release();
        return;
      case 1:
        world_->hub->SuspectBus();
        return;
      case 2:
        world_->log.Change([&](auto& s) { s.failures = static_cast<int>(Below(3)); });
        return;
      case 3:
        world_->log.Change([&](auto& s) {
          s.missing = {{ChannelId(1 + Below(kChannels)), Seq(1 + Below(50))}};
          s.missing_reads = 2;
        });
        return;
      case 4:
        world_->RunFor(std::chrono::seconds(Below(5)));
        return;
      default:
        return Return();
    }
  }

  void Append() {
    const std::uint64_t channel = 1 + Below(kChannels);
    const std::uint64_t count = 1 + Below(20);
    for (std::uint64_t i = 0; i < count; ++i) {
      world_->Say(channel, std::string(Below(10) == 0 ? Below(2000) : Below(40), 'x'));
    }
  }

  void PullSome() {
    if (clients_.empty()) return;
    Client& client = clients_[Below(clients_.size())];
    const std::uint64_t pulls = Below(4);
    for (std::uint64_t i = 0; i <= pulls; ++i) client.reader->Pull(Below(2) ? Below(70) : 4000);
    Check(client);
  }

  void Come() {
    if (clients_.size() >= 6) return;
    Client client;
    for (std::uint64_t channel = 1; channel <= kChannels; ++channel) {
      const std::uint64_t head = world_->log.HeadNow(ChannelId(channel)).seq.value;
      if (Below(3) == 0) continue;
      client.last[channel] = Below(2) ? head : Below(head + 1);
    }
    Subscribe(client);
    clients_.push_back(std::move(client));
  }

  // A client loses its connection, in the middle of whatever it was, and resumes.
  void Return() {
    if (clients_.empty()) return;
    Client& client = clients_[Below(clients_.size())];
    Check(client);
    Subscribe(client);
  }

  void Subscribe(Client& client) {
    SubscribeOptions options{UserId(5), SessionId(50), {}, {}};
    for (const auto& [channel, last] : client.last) {
      options.cursors.push_back(world_->From(channel, last));
      client.grant[channel] = options.cursors.back().grant_head.seq.value;
      client.caught_up[channel] = 0;
    }
    // Between being let in and subscribing things go on.
    if (Below(2)) Append();
    client.reader.reset();
    client.reader = world_->Read(options);
  }

  void Check(Client& client) {
    client.reader->EndPass();
    for (const Frame& frame : std::exchange(client.reader->frames, {})) Check(client, frame);
  }

  void Check(Client& client, const Frame& frame) {
    if (frame.kind == 'E') {
      std::uint64_t& last = client.last.at(frame.channel);
      RC_ASSERT(frame.seq == last + 1);
      last = frame.seq;
      const auto event = world_->log.Get(ChannelId(frame.channel), Seq(frame.seq));
      RC_ASSERT(frame.text == std::get<core::MessagePosted>(event->body).text);
    } else if (frame.kind == 'C') {
      RC_ASSERT(client.last.at(frame.channel) == client.grant.at(frame.channel));
      RC_ASSERT(frame.seq == client.grant.at(frame.channel));
      RC_ASSERT(++client.caught_up[frame.channel] == 1);
    } else {
      RC_ASSERT((frame.kind == 'H' || frame.kind == 'B'));
    }
  }

  void CheckComplete(const Client& client) {
    RC_ASSERT(client.reader->unfinished() == 0U);
    for (const auto& [channel, last] : client.last) {
      RC_ASSERT(last == world_->log.HeadNow(ChannelId(channel)).seq.value);
      RC_ASSERT(client.caught_up.at(channel) == 1);
    }
  }

  std::mt19937_64 rng_;
  std::unique_ptr<HubWorld> world_;
  std::vector<Client> clients_;
};

TEST(HubPropertyTest, EveryStreamIsExactWhateverHappens) {
  const bool ok = rc::check([](std::uint64_t seed) {
    Course course(seed);
    course.Steps(*rc::gen::inRange(20, 400));
    course.Finish();
  });
  EXPECT_TRUE(ok);
}

// Removals at random places: a stream ends exactly behind the first one after its grant.
TEST(HubPropertyTest, RemovalEndsExactlyBehindItsEvent) {
  const bool ok = rc::check([](std::uint64_t seed) {
    std::mt19937_64 rng(seed);
    const auto below = [&rng](std::uint64_t bound) { return rng() % bound; };
    HubWorld world({.tail_events_max = std::array<std::size_t, 3>{1, 8, 1024}[below(3)]}, seed);
    world.bus.faults = {.drop = 0.1, .twice = 0.1, .late = 0.1};
    world.log.Change([&](auto& s) { s.page_events_max = 1 + below(20); });
    std::vector<std::uint64_t> removed{0};
    const auto append = [&](std::uint64_t count) {
      for (std::uint64_t i = 0; i < count; ++i) {
        if (below(15) != 0) {
          world.Say(7, std::string(below(100), 'x'));
          continue;
        }
        const auto event = world.Append(7, core::MemberLeft{{UserId(5), "u5"}});
        removed.push_back(event->seq.value);
      }
    };
    append(below(60));
    const StartCursor start = world.From(7, below(world.log.HeadNow(ChannelId(7)).seq.value + 1));
    const std::uint64_t grant = start.grant_head.seq.value;
    append(below(20));
    auto reader = world.Read({start});
    std::vector<Frame> frames;
    for (int i = 0; i < 60; ++i) {
      append(below(3));
      if (below(2)) world.Run();
      if (i == 30) world.Append(7, core::MemberLeft{{UserId(5), "u5"}});
      if (i == 30) removed.push_back(world.log.HeadNow(ChannelId(7)).seq.value);
      reader->Pull(below(300));
      reader->EndPass();
    }
    world.bus.faults = {};
    world.hub->SuspectBus();
    for (int i = 0; i < 20; ++i) {
      world.RunFor(500ms);
      world.Settle(*reader);
    }
    reader->EndPass();
    const auto end = std::ranges::find_if(removed, [grant](auto seq) { return seq > grant; });
    std::uint64_t last = start.after.value;
    bool over = false;
    for (const Frame& frame : reader->frames) {
      if (frame.kind == 'E') RC_ASSERT(frame.seq == ++last);
      if (frame.kind == 'X') over = true;
      RC_ASSERT((last <= *end));
      RC_ASSERT(!over || frame.kind == 'X' || frame.kind == 'B');
    }
    RC_ASSERT(over);
    RC_ASSERT(last == *end);
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace yap::hub
