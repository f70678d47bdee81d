// Hostile frames against a running server: the connection is cut for the named reason, cheaply, and
// the neighbours are served.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <asio/post.hpp>
#include <fstream>
#include <future>
#include <numeric>
#include <set>

#include "edge/test_grpc_client.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"
#include "edge/test_socket.h"
#include "edge/violation.h"

namespace yap::edge {
namespace {

constexpr bool kMeasure = !kAddressSanitizer && !kThreadSanitizer;  // They multiply both.
constexpr double kCpuSecondsMax = 0.1;
constexpr std::int64_t kRssBytesMax = 4 * 1024 * 1024;

struct Attack {
  std::string name;
  std::set<Violation> kinds;  // One of these is recorded.
  std::string bytes;          // Behind preface and SETTINGS.
};

std::string Repeat(std::string_view piece, int n) {
  std::string out;
  out.reserve(piece.size() * static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) out += piece;
  return out;
}

// One frame after the other on streams 1, 3, 5 …
template <class F>
std::string OnEachStream(int n, F&& make) {
  std::string out;
  for (int i = 0; i < n; ++i) out += make(static_cast<std::uint32_t>(2 * i + 1));
  return out;
}

std::string HangingRequest(std::uint32_t id) {
  return RawRequest(id, GrpcHeaders("/t.T/Chat"), false);
}

// Inserts a field of 4,000 bytes into the table a client may still believe in, then refers to it.
std::string HeaderBomb() {
  std::string block = RawHeaderBlock(GrpcHeaders("/t.T/Echo"));
  std::string entry = RawHeaderBlock({{"x-bomb", std::string(4000, 'b')}});
  entry[0] = 0x40;
  block += entry + std::string(2000, static_cast<char>(0x80 | 62));
  return RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, block);
}

std::string LongHeaderBlock(std::size_t bytes) {
  const std::string block =
      RawHeaderBlock(GrpcHeaders("/t.T/Echo")) + RawHeaderBlock({{"x", std::string(bytes, 'x')}});
  std::string out = RawFrame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1, block.substr(0, 16384));
  return out + RawFrame(NGHTTP2_CONTINUATION, NGHTTP2_FLAG_END_HEADERS, 1, block.substr(16384));
}

std::string EndlessHeaderBlock() {
  const std::string block = RawHeaderBlock(GrpcHeaders("/t.T/Echo"));
  const std::string more = RawHeaderBlock({{"x-more", std::string(1000, 'm')}});
  return RawFrame(NGHTTP2_HEADERS, 0, 1, block) +
         Repeat(RawFrame(NGHTTP2_CONTINUATION, 0, 1, Repeat(more, 15)), 1000);
}

// A request the library answers with RST_STREAM by itself.
std::string BadRequest(std::uint32_t id) {
  auto headers = GrpcHeaders("/t.T/Echo");
  headers[2].first = "Path";
  return RawRequest(id, headers, true);
}

std::vector<Attack> Attacks() {
  using enum Violation;
  const std::string increment("\0\0\0\1", 4);
  const std::string cancel("\0\0\0\x08", 4);
  const std::string weight("\0\0\0\0\x10", 5);
  const std::string setting("\0\x04\0\x01\0\0", 6);
  const int kMany = 200'000;
  return {
      {"EndlessContinuation", {kHeaderBlock}, EndlessHeaderBlock()},
      {"EmptyContinuations",
       {kControls, kHeaderBlock},
       RawFrame(NGHTTP2_HEADERS, 0, 1, RawHeaderBlock(GrpcHeaders("/t.T/Echo"))) +
           Repeat(RawFrame(NGHTTP2_CONTINUATION, 0, 1, ""), kMany)},
      {"HeaderBlockOf17KiB", {kHeaderBlock}, LongHeaderBlock(17 * 1024)},
      {"HeaderBomb", {kHeaderBlock}, HeaderBomb()},
      {"OpenFlood", {kOpens}, OnEachStream(kMany, HangingRequest)},
      {"RapidReset",
       {kOpens, kResets},
       OnEachStream(kMany,
                    [&](std::uint32_t id) {
                      return HangingRequest(id) + RawFrame(NGHTTP2_RST_STREAM, 0, id, cancel);
                    })},
      {"ResetFlood",
       {kResets},
       HangingRequest(1) + Repeat(RawFrame(NGHTTP2_RST_STREAM, 0, 1, cancel), kMany)},
      {"MadeYouReset", {kOpens, kResets}, OnEachStream(kMany, BadRequest)},
      {"PingFlood", {kControls}, Repeat(RawFrame(NGHTTP2_PING, 0, 0, "12345678"), kMany)},
      {"SettingsFlood", {kControls}, Repeat(RawFrame(NGHTTP2_SETTINGS, 0, 0, setting), kMany)},
      {"EmptyDataFlood",
       {kControls},
       HangingRequest(1) + Repeat(RawFrame(NGHTTP2_DATA, 0, 1, ""), kMany)},
      {"PaddingFlood",
       {kControls},
       HangingRequest(1) +
           Repeat(RawFrame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, std::string("\x03\0\0\0", 4)),
                  kMany)},
      {"DataDribble",
       {kControls},
       HangingRequest(1) + Repeat(RawFrame(NGHTTP2_DATA, 0, 1, "x"), kMany)},
      {"DataDribbleOnAClosedStream",
       {kControls},
       RawRequest(1, GrpcHeaders("/t.T/Nothing"), false) +
           Repeat(RawFrame(NGHTTP2_DATA, 0, 1, "x"), kMany)},
      {"WindowUpdateFlood",
       {kWindowUpdates},
       Repeat(RawFrame(NGHTTP2_WINDOW_UPDATE, 0, 0, increment), kMany)},
      {"PriorityFlood", {kControls}, Repeat(RawFrame(NGHTTP2_PRIORITY, 0, 1, weight), kMany)},
      {"UnknownFrameFlood", {kControls}, Repeat(RawFrame(0xbe, 0, 0, "what"), kMany)},
      {"TrailerFloodOnAClosedStream",
       {kControls},
       RawRequest(1, GrpcHeaders("/t.T/Nothing"), true) +
           Repeat(RawRequest(1, GrpcHeaders("/t.T/Nothing"), true), kMany)},
      {"FrameOver16KiB", {kProtocol}, RawFrame(NGHTTP2_DATA, 0, 1, std::string(16385, 'x'))},
      {"DataOnAStreamNeverOpened", {kProtocol}, RawFrame(NGHTTP2_DATA, 0, 99, "x")},
      {"Garbage", {kProtocol, kControls}, Repeat("\xff\x00\x12garbage\x80", 2000)},
  };
}

class HostileTest : public testing::Test {
 protected:
  // Seconds of CPU the server's threads have used.
  double ServerCpu() {
    double total = 0;
    for (const auto& executor : server_.threads().executors()) {
      std::promise<double> used;
      asio::post(executor, [&] {
        timespec now{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        used.set_value(static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9);
      });
      total += used.get_future().get();
    }
    return total;
  }
  static std::int64_t Rss() {
    std::int64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> pages;
    return pages * ::sysconf(_SC_PAGESIZE);
  }
  static double Count(const std::set<Violation>& kinds) {
    return std::accumulate(kinds.begin(), kinds.end(), 0.0,
                           [](double sum, Violation kind) { return sum + ViolationCount(kind); });
  }
  bool NeighbourIsServed() { return neighbour_.Call("/t.T/Echo", {"hi"}).code == 0; }

  TestServer server_;
  GrpcClient neighbour_{server_.target()};
};

TEST_F(HostileTest, EveryAttackIsCutForItsReasonAndCostsLittle) {
  const std::string start = std::string(kTestPreface) + RawFrame(NGHTTP2_SETTINGS, 0, 0, "");
  ASSERT_TRUE(NeighbourIsServed());
  for (const Attack& attack : Attacks()) {
    SCOPED_TRACE(attack.name);
    const std::string bytes = start + attack.bytes;
    const double before = Count(attack.kinds);
    const double cpu_before = ServerCpu();
    const std::int64_t rss_before = Rss();
    const TestExchange exchange = SendAndReadAll(server_.port(), bytes);
    EXPECT_TRUE(exchange.closed);
    EXPECT_TRUE(Eventually([&] { return Count(attack.kinds) == before + 1; }));
    EXPECT_TRUE(LastGoAway(exchange.received).has_value());
    if (!attack.kinds.contains(Violation::kProtocol)) {
      EXPECT_EQ(LastGoAway(exchange.received), std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
    }
    if (kMeasure) {
      EXPECT_LE(ServerCpu() - cpu_before, kCpuSecondsMax);
      // The client's own copy of the attack is not the server's cost.
      const auto client_bytes = static_cast<std::int64_t>(2 * bytes.size());
      EXPECT_LE(Rss() - rss_before - client_bytes, kRssBytesMax);
    }
    EXPECT_TRUE(NeighbourIsServed());
  }
  EXPECT_TRUE(Eventually([&] { return server_.server().Stats().calls_open == 0; }));
}

TEST_F(HostileTest, HonestTrafficOfTheSameSizeIsNotCut) {
  // More calls, pings and window updates than any burst, by a client that is served.
  EXPECT_EQ(neighbour_.Flood("/t.T/Echo", 3000, 20), 3000);
  EXPECT_EQ(neighbour_.Call("/t.T/Count", {"50000"}).messages.size(), 50'000U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(neighbour_.ReadOneAndCancel("/t.T/Idle", "").messages.size(), 1U);
  }
  EXPECT_EQ(server_.server().Stats().violations, 0U);
}

// --- Out of file descriptors.

class DescriptorLimit {
 public:
  // Leaves room for `n` more.
  explicit DescriptorLimit(rlim_t n) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    const rlimit limit{static_cast<rlim_t>(next) + n, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST(DescriptorTest, ListenerOutOfDescriptorsIsNotDeafAfterwards) {
  ListenerOptions options;
  options.budgets.connections_per_address_max = 0;
  TestServer server(options);
  {
    std::vector<int> attackers;
    const DescriptorLimit limit(60);
    // Each takes one descriptor here and one in the server, until one of the two gets none.
    for (int i = 0; i < 50; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (fd < 0) break;
      attackers.push_back(fd);
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(server.port());
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const void* generic = &to;
      EXPECT_EQ(::connect(fd, static_cast<const sockaddr*>(generic), sizeof to), 0);
    }
    EXPECT_TRUE(Eventually([&] { return server.server().Stats().connections_refused > 0; }));
    for (const int fd : attackers) ::close(fd);
  }
  GrpcClient client(server.target());
  EXPECT_EQ(client.Call("/t.T/Echo", {"hi"}, {}, std::chrono::seconds(5)).code, 0);
}

}  // namespace
}  // namespace yap::edge
