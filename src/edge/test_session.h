// edge/test_session.h: a session without a connection, and what its executor, clock and client
// need.
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/sim_clock.h"
#include "edge/session.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"

namespace yap::edge {

// With the test methods; others may be added before the first call. One thread.
class TestSession final : public SessionHost {
 public:
  explicit TestSession(Budgets rules = {}) : budgets(rules) {
    AddTestMethods(router);
    session = std::make_unique<Session>(SessionOptions{.budgets = budgets,
                                                       .router = router,
                                                       .clock = clock,
                                                       .host = *this,
                                                       .executor = io.get_executor(),
                                                       .peer = std::make_shared<Peer>(),
                                                       .memory = memory});
  }
  // The session goes first, then what its calls left with the executor.
  ~TestSession() override {
    session.reset();
    Run();
  }

  void WantFlush() override { flush_wanted = true; }
  void WantTimer() override {}

  void Run() {
    io.restart();
    while (io.poll() != 0) io.restart();
  }

  // Moves bytes both ways until nothing moves; at most `pieces` bytes of the client's at once.
  void Exchange(Http2Client& client, std::size_t piece = 1 << 20) {
    while (true) {
      const std::string up = client.Output();
      for (std::size_t i = 0; i < up.size(); i += piece) {
        session->Feed(std::string_view(up).substr(i, piece));
      }
      Run();
      const std::string down = Drain();
      if (!client.Input(down)) broken = true;
      if (up.empty() && down.empty()) return;
    }
  }

  // What one pass after the other gives.
  std::string Drain() {
    std::string bytes;
    bool more = true;
    while (more) {
      output.Reset();
      more = session->Pull(output);
      std::vector<char> copied;
      output.CopyRest(0, copied);
      bytes.append(copied.begin(), copied.end());
    }
    return bytes;
  }

  asio::io_context io;
  SimClock clock;
  MapRouter router;
  const Budgets budgets;
  SessionMemory memory;
  Output output;
  std::unique_ptr<Session> session;
  bool flush_wanted = false;
  bool broken = false;
};

}  // namespace yap::edge
