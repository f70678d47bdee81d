// Feeds arbitrary bytes to a session, in pieces of arbitrary size, with a router that serves
// everything, and drains it. libFuzzer; see the preset "fuzz".
#include <asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/sim_clock.h"
#include "edge/session.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"

namespace yap::edge {
namespace {

// Every path is one of the test methods, by its length.
class AnyRouter final : public Router {
 public:
  AnyRouter() { AddTestMethods(methods_); }
  Handler* Find(std::string_view path) override {
    static constexpr std::string_view kPaths[] = {"/t.T/Echo", "/t.T/Hang", "/t.T/Idle",
                                                  "/t.T/Chat", "/t.T/Peer"};
    if (Handler* found = methods_.Find(path)) return found;
    return methods_.Find(kPaths[path.size() % std::size(kPaths)]);
  }

 private:
  MapRouter methods_;
};

class Host final : public SessionHost {
 public:
  void WantFlush() override {}
  void WantTimer() override {}
};

void Run(asio::io_context& io) {
  io.restart();
  io.poll();
}

void FeedAll(std::string_view bytes) {
  static AnyRouter router;
  static const Budgets budgets;
  static SessionMemory memory;
  asio::io_context io;
  SimClock clock;
  Host host;
  Output output;
  {
    Session session(SessionOptions{.budgets = budgets,
                                   .router = router,
                                   .clock = clock,
                                   .host = host,
                                   .executor = io.get_executor(),
                                   .peer = std::make_shared<Peer>(),
                                   .memory = memory});
    session.Feed(kTestPreface);
    while (!bytes.empty() && !session.Closing()) {
      const std::size_t n = 1 + static_cast<std::uint8_t>(bytes[0]) * 8U;
      session.Feed(bytes.substr(1, n));
      bytes.remove_prefix(std::min(bytes.size(), n + 1));
      Run(io);
      output.Reset();
      session.Pull(output);
      clock.Advance(std::chrono::milliseconds(10));
      session.Tick();
    }
    session.Age(std::chrono::seconds(1));
    output.Reset();
    session.Pull(output);
  }
  Run(io);
}

}  // namespace
}  // namespace yap::edge

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  yap::edge::FeedAll({reinterpret_cast<const char*>(data), size});
  return 0;
}
