// Connections on real sockets under a clock that the test moves: time-outs, age, drain, proxies,
// caps, and the law of session_test over small socket buffers.
#include "edge/connection.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <asio/io_context.hpp>
#include <deque>

#include "base/check.h"
#include "base/sim_clock.h"
#include "edge/test_certificates.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"
#include "edge/test_socket.h"

namespace yap::edge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A client: socket and HTTP/2.
struct Client {
  Client(std::uint16_t port, Http2Client::Options http2 = {}, const TestSocketOptions& options = {})
      : h2(http2), socket(port, options) {}
  bool Pump(std::size_t max = 1 << 20) {
    socket.Send(h2.Output());
    const bool moved = socket.Pump(max);
    if (!h2.Input(socket.Take())) broken = true;
    return moved;
  }
  Http2Client h2;
  TestSocket socket;
  bool broken = false;
};

// One thread: the test's.
class World {
 public:
  explicit World(ListenerOptions options = {}) {
    AddTestMethods(router);
    server =
        std::make_unique<Server>(ServerOptions{}, std::vector{executor()}, router, clock, random);
    auto listening = server->Listen(std::move(options));
    YAP_CHECK(listening.has_value(), listening ? "" : listening.error().message);
    port = *listening;
  }
  ~World() {
    clients.clear();
    server.reset();
    io.restart();
    io.poll();
  }

  asio::any_io_executor executor() { return io.get_executor(); }

  Client& Connect(Http2Client::Options http2 = {}, const TestSocketOptions& options = {}) {
    return clients.emplace_back(port, http2, options);
  }

  // Runs server and clients until `done`, or until nothing has moved for 10 s of real time.
  template <class F>
  bool Until(F&& done, std::size_t read_max = 1 << 20) {
    auto quiet_since = std::chrono::steady_clock::now();
    while (!done()) {
      io.restart();
      bool moved = io.poll() != 0;
      for (Client& client : clients) moved = client.Pump(read_max) || moved;
      const auto now = std::chrono::steady_clock::now();
      if (moved) quiet_since = now;
      if (now - quiet_since > seconds(10)) return false;
    }
    return true;
  }
  // Until nothing has moved for as long as loopback may take to deliver.
  void Settle() {
    RunUntilQuiet([](Client& client) { return client.Pump(); });
  }
  // The same with clients that do nothing.
  void SettleServer() {
    RunUntilQuiet([](Client&) { return false; });
  }
  // Runs the server alone until `done`.
  template <class F>
  bool ServeUntil(F&& done) {
    for (int i = 0; i < 1000 && !done(); ++i) SettleServer();
    return done();
  }
  // In steps, so that everybody answers in between.
  void Advance(Duration by, Duration step = seconds(1)) {
    for (Duration done{}; done < by; done += step) {
      clock.Advance(std::min(step, by - done));
      Settle();
    }
  }
  std::string Ask(Client& client, const TestHeaders& headers, const std::string& message = "") {
    const std::int32_t id = client.h2.Request(headers, Frame(message));
    if (!Until([&] { return client.h2.stream(id).closed || client.socket.closed(); })) return "";
    const auto messages = SplitMessages(client.h2.stream(id).data);
    return messages && messages->size() == 1 ? messages->front()
                                             : "status " + client.h2.stream(id).Get("grpc-status");
  }

  template <class F>
  void RunUntilQuiet(F&& pump) {
    auto moved_at = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - moved_at < kQuiet) {
      io.restart();
      bool moved = io.poll() != 0;
      for (Client& client : clients) moved = pump(client) || moved;
      if (moved) moved_at = std::chrono::steady_clock::now();
    }
  }

  static constexpr auto kQuiet = std::chrono::milliseconds(2);
  asio::io_context io;
  SimClock clock;
  SeededRandom random{7};
  MapRouter router;
  std::unique_ptr<Server> server;
  std::uint16_t port = 0;
  std::deque<Client> clients;
};

// Counts violations of one kind from now on.
class Counted {
 public:
  explicit Counted(Violation kind) : kind_(kind), before_(ViolationCount(kind)) {}
  int operator()() const { return static_cast<int>(ViolationCount(kind_) - before_); }

 private:
  const Violation kind_;
  const double before_;
};

// --- Time.

TEST(ConnectionTest, WithoutARequestItIsCutAfterTenSeconds) {
  World world;
  const Counted cut(Violation::kFirstRequestTimeout);
  Client& client = world.Connect();
  world.Settle();
  world.Advance(seconds(9));
  EXPECT_FALSE(client.socket.closed());
  world.clock.Advance(seconds(1));
  EXPECT_TRUE(world.Until([&] { return client.socket.closed(); }));
  EXPECT_EQ(cut(), 1);
}

TEST(ConnectionTest, AfterARequestItStays) {
  World world;
  Client& client = world.Connect();
  EXPECT_EQ(world.Ask(client, GrpcHeaders("/t.T/Echo"), "hi"), "hi");
  world.Advance(minutes(5));
  EXPECT_FALSE(client.socket.closed());
  EXPECT_EQ(world.Ask(client, GrpcHeaders("/t.T/Echo"), "hi"), "hi");
}

TEST(ConnectionTest, SilentPeerIsPingedAndKeptWhileItAnswers) {
  World world;
  Client& client = world.Connect();
  world.Ask(client, GrpcHeaders("/t.T/Echo"), "hi");
  world.Advance(seconds(29));
  EXPECT_EQ(client.h2.pings(), 0);
  world.Advance(seconds(2));
  EXPECT_EQ(client.h2.pings(), 1);
  world.Advance(seconds(31));
  EXPECT_EQ(client.h2.pings(), 2);
  EXPECT_FALSE(client.socket.closed());
}

TEST(ConnectionTest, PeerThatDoesNotAnswerThePingIsCut) {
  World world;
  const Counted cut(Violation::kKeepaliveTimeout);
  Client& client = world.Connect({.answer_pings = false});
  world.Ask(client, GrpcHeaders("/t.T/Echo"), "hi");
  world.Advance(seconds(39));
  EXPECT_FALSE(client.socket.closed());
  world.Advance(seconds(2));
  EXPECT_TRUE(world.Until([&] { return client.socket.closed(); }));
  EXPECT_EQ(cut(), 1);
}

TEST(ConnectionTest, HandlersDeadlineRunsOnTheClock) {
  World world;
  Client& client = world.Connect();
  const std::int32_t id = client.h2.Request(GrpcHeaders("/t.T/Hang"), Frame(""));
  world.Advance(seconds(29));
  EXPECT_FALSE(client.h2.stream(id).closed);
  world.Advance(seconds(2));
  EXPECT_EQ(client.h2.stream(id).Get("grpc-status"), "4");
}

// A client of an endless stream that reads none of it: the server's socket is full.
Client& ConnectStuckReader(World& world) {
  Client& client = world.Connect({.window = 1 << 30}, {.receive_buffer_bytes = 8 * 1024});
  client.h2.Grant(0, 1 << 29);
  client.h2.Request(GrpcHeaders("/t.T/Count"), Frame("100000"));
  client.Pump(0);
  EXPECT_TRUE(world.ServeUntil([&] { return world.server->Stats().calls_open == 1; }));
  world.SettleServer();
  return client;
}

TEST(ConnectionTest, ReaderThatTakesNothingIsCutAfterThirtySeconds) {
  ListenerOptions options;
  options.send_buffer_bytes = 8 * 1024;
  World world(options);
  const Counted cut(Violation::kWriteStall);
  Client& client = ConnectStuckReader(world);
  world.clock.Advance(seconds(29));
  world.SettleServer();
  EXPECT_EQ(cut(), 0);
  world.clock.Advance(seconds(2));
  world.SettleServer();
  // A busy kernel may have taken a few bytes only now: thirty seconds from there.
  if (cut() == 0) world.clock.Advance(seconds(30));
  EXPECT_TRUE(world.ServeUntil([&] { return cut() == 1; }));
  EXPECT_TRUE(world.Until([&] { return client.socket.closed(); }));
}

TEST(ConnectionTest, OldAgeIsAnnouncedThenEnds) {
  World world;
  Client& client = world.Connect();
  const std::int32_t id = client.h2.Request(GrpcHeaders("/t.T/Idle"), Frame(""));
  world.Advance(minutes(27) - seconds(1), seconds(20));
  EXPECT_EQ(client.h2.stream(id).data, Frame("hello"));
  world.Advance(minutes(6), seconds(20));
  EXPECT_EQ(client.h2.stream(id).data, Frame("hello") + Frame("bye"));
  EXPECT_EQ(client.h2.stream(id).Get("grpc-status"), "0");
  ASSERT_FALSE(client.h2.goaways().empty());
  EXPECT_EQ(client.h2.goaways()[0].error_code, 0U);
  EXPECT_TRUE(client.socket.closed());
}

TEST(ConnectionTest, CallThatIgnoresOldAgeEndsUnavailableAfterTheGrace) {
  World world;
  Client& client = world.Connect();
  const std::int32_t id = client.h2.Open(GrpcHeaders("/t.T/Chat"));
  world.Advance(minutes(34), seconds(20));
  EXPECT_EQ(client.h2.stream(id).Get("grpc-status"), "14");
  world.Advance(seconds(3));
  EXPECT_TRUE(client.socket.closed());
}

TEST(ConnectionTest, DrainLetsCallsFinishRefusesNewConnectionsAndReturns) {
  World world;
  Client& client = world.Connect();
  const std::int32_t idle = client.h2.Request(GrpcHeaders("/t.T/Idle"), Frame(""));
  const std::int32_t chat = client.h2.Open(GrpcHeaders("/t.T/Chat"));
  world.Settle();
  bool drained = false;
  SpawnThen(world.io.get_executor(), world.server->Drain(seconds(5)), [&] { drained = true; });
  EXPECT_TRUE(world.Until([&] { return client.h2.stream(idle).closed; }));
  EXPECT_EQ(client.h2.stream(idle).Get("grpc-status"), "0");
  EXPECT_FALSE(drained);
  world.Advance(seconds(6));
  EXPECT_EQ(client.h2.stream(chat).Get("grpc-status"), "14");
  world.Advance(seconds(3));
  EXPECT_TRUE(drained);
  EXPECT_EQ(world.server->Stats().connections_open, 0U);
}

TEST(ConnectionTest, DrainDoesNotWaitForAReaderThatTakesNothing) {
  ListenerOptions options;
  options.send_buffer_bytes = 8 * 1024;
  World world(options);
  ConnectStuckReader(world);
  bool drained = false;
  SpawnThen(world.io.get_executor(), world.server->Drain(seconds(5)), [&] { drained = true; });
  world.SettleServer();
  world.clock.Advance(seconds(5));
  world.SettleServer();
  EXPECT_FALSE(drained);
  world.clock.Advance(kLingerTime);
  EXPECT_TRUE(world.ServeUntil([&] { return drained; }));
  EXPECT_EQ(world.server->Stats().connections_open, 0U);
}

TEST(ConnectionTest, DrainOfAnIdleServerReturnsAtOnce) {
  World world;
  bool drained = false;
  SpawnThen(world.io.get_executor(), world.server->Drain(seconds(5)), [&] { drained = true; });
  EXPECT_TRUE(world.Until([&] { return drained; }));
}

// --- Who is there.

TEST(ConnectionTest, Http1ClientIsToldWhatToDo) {
  World world;
  const Counted cut(Violation::kHttp1);
  TestSocket socket(world.port);
  socket.Send("POST /t.T/Echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(world.Until([&] {
    socket.Pump();
    return socket.closed();
  }));
  const std::string answer = socket.Take();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n")) << answer;
  const std::size_t body = answer.find("\r\n\r\n") + 4;
  EXPECT_NE(answer.find("Content-Length: " + std::to_string(answer.size() - body) + "\r\n"),
            std::string::npos);
  EXPECT_EQ(cut(), 1);
}

TEST(ConnectionTest, ConnectionsOfOneAddressAreCapped) {
  ListenerOptions options;
  options.budgets.connections_per_address_max = 2;
  World world(options);
  Client& first = world.Connect();
  Client& second = world.Connect();
  EXPECT_EQ(world.Ask(first, GrpcHeaders("/t.T/Echo"), "1"), "1");
  EXPECT_EQ(world.Ask(second, GrpcHeaders("/t.T/Echo"), "2"), "2");
  Client& third = world.Connect();
  EXPECT_TRUE(world.Until([&] { return third.socket.closed(); }));
  EXPECT_EQ(world.server->Stats().connections_refused, 1U);
  world.clients.pop_front();
  world.Settle();
  EXPECT_EQ(world.Ask(world.Connect(), GrpcHeaders("/t.T/Echo"), "4"), "4");
}

TEST(ConnectionTest, ProxyHeaderFromATrustedProxyNamesTheClient) {
  ListenerOptions options;
  options.proxy_protocol = ProxyProtocol::kRequired;
  options.trusted_proxies = {"127.0.0.0/8"};
  World world(options);
  Client& client = world.Connect();
  const std::string_view header = "PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n";
  // Byte by byte, so that every cut is met.
  for (const char c : header) {
    client.socket.Send({&c, 1});
    client.socket.Pump();
    world.io.restart();
    world.io.poll();
  }
  EXPECT_EQ(world.Ask(client, GrpcHeaders("/t.T/Peer")), "192.0.2.7 proxied");
}

TEST(ConnectionTest, ProxyHeaderIsRequiredAndOnlyFromTrustedProxies) {
  const Counted cut(Violation::kProxyHeader);
  for (const char* trusted : {"192.0.2.0/24", "127.0.0.1"}) {
    ListenerOptions options;
    options.proxy_protocol = ProxyProtocol::kRequired;
    options.trusted_proxies = {trusted};
    World world(options);
    Client& client = world.Connect();
    EXPECT_TRUE(world.Until([&] { return client.socket.closed(); }));
  }
  EXPECT_EQ(cut(), 2);
}

TEST(ConnectionTest, ForwardedForIsBelievedFromTrustedProxiesOnly) {
  auto headers = GrpcHeaders("/t.T/Peer");
  headers.emplace_back("x-forwarded-for", "198.51.100.1, 203.0.113.9");
  World plain;
  EXPECT_EQ(plain.Ask(plain.Connect(), headers), "127.0.0.1 loopback");
  ListenerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  World behind(options);
  EXPECT_EQ(behind.Ask(behind.Connect(), headers), "203.0.113.9 proxied");
}

// As a proxy does that adds a field of its own behind the client's.
TEST(ConnectionTest, ForwardedForThatTheClientSentIsNotTheOneOfTheProxy) {
  auto headers = GrpcHeaders("/t.T/Peer");
  headers.emplace_back("x-forwarded-for", "127.0.0.1");
  headers.emplace_back("x-forwarded-for", "203.0.113.9");
  ListenerOptions options;
  options.trusted_proxies = {"127.0.0.1"};
  World world(options);
  EXPECT_EQ(world.Ask(world.Connect(), headers), "203.0.113.9 proxied");
}

TEST(ConnectionTest, CallsRefusedForTheirTokenAreNotGivenBackTheirOpens) {
  const Counted broken(Violation::kOpens);
  World world;
  for (const char* status : {"5", "16"}) {  // NOT_FOUND, UNAUTHENTICATED.
    EXPECT_EQ(broken(), 0);
    Client& client = world.Connect();
    for (int i = 0; i < 300 && !client.socket.closed(); ++i) {
      world.Ask(client, GrpcHeaders("/t.T/Fail"), status);
    }
  }
  EXPECT_EQ(broken(), 1);
}

// Behind a PROXY header the one who speaks HTTP is the client it names, not the proxy.
TEST(ConnectionTest, ForwardedForBehindAProxyHeaderIsBelievedIfTheNamedClientIsTrusted) {
  auto headers = GrpcHeaders("/t.T/Peer");
  headers.emplace_back("x-forwarded-for", "203.0.113.9");
  ListenerOptions options;
  options.proxy_protocol = ProxyProtocol::kRequired;
  options.trusted_proxies = {"127.0.0.0/8", "10.0.0.0/8"};
  World world(options);
  Client& liar = world.Connect();
  liar.socket.Send("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n");
  EXPECT_EQ(world.Ask(liar, headers), "192.0.2.7 proxied");
  Client& second_proxy = world.Connect();
  second_proxy.socket.Send("PROXY TCP4 10.1.2.3 192.0.2.1 4711 443\r\n");
  EXPECT_EQ(world.Ask(second_proxy, headers), "203.0.113.9 proxied");
}

TEST(ConnectionTest, AddressesAndPortsThatCannotBeUsedAreExplained) {
  World world;
  ListenerOptions bad;
  bad.address = "localhost";
  EXPECT_EQ(world.server->Listen(bad).error().code, Errc::kInvalidArgument);
  ListenerOptions taken;
  taken.port = world.port;
  const auto result = world.server->Listen(taken);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kUnavailable);
  EXPECT_NE(result.error().message.find(std::to_string(world.port)), std::string::npos);
}

// --- The law over sockets.

void CheckStreamsOverSlowSockets(const ListenerOptions& options, bool tls) {
  const auto size = *rc::gen::inRange(0, 400'000);
  auto content = std::make_shared<std::string>();
  std::vector<std::string> messages;
  while (content->size() < static_cast<std::size_t>(size)) {
    const auto n = *rc::gen::oneOf(rc::gen::inRange(0, 200), rc::gen::inRange(0, 60'000));
    messages.emplace_back(static_cast<std::size_t>(n), static_cast<char>('a' + n % 26));
    *content += Frame(messages.back());
  }
  World world(options);
  const auto chunk = static_cast<std::size_t>(*rc::gen::inRange(1'000, 50'000));
  world.router.Add("/t.T/Blob", {CallKind::kServerStream, Duration::max(), kMessageBytesMax},
                   [content, chunk](std::shared_ptr<Call> call) -> asio::awaitable<Status> {
                     call->StreamFrom(std::make_unique<StringSource>(content, Status{}, chunk));
                     co_return Status{};
                   });
  const auto window = *rc::gen::inRange(10'000, 1'000'000);
  Client& client = world.Connect({.window = static_cast<std::uint32_t>(window)},
                                 {.tls = tls, .receive_buffer_bytes = 4096});
  const std::int32_t first = client.h2.Request(GrpcHeaders("/t.T/Blob"), Frame(""));
  const std::int32_t second = client.h2.Request(GrpcHeaders("/t.T/Blob"), Frame(""));
  const auto read_max = static_cast<std::size_t>(*rc::gen::inRange(500, 100'000));
  const bool done = world.Until(
      [&] { return client.h2.stream(first).closed && client.h2.stream(second).closed; }, read_max);
  RC_ASSERT(done);
  for (const std::int32_t id : {first, second}) {
    RC_ASSERT(client.h2.stream(id).Get("grpc-status") == "0");
    RC_ASSERT(SplitMessages(client.h2.stream(id).data) == messages);
  }
  RC_ASSERT(!client.broken);
}

RC_GTEST_PROP(ConnectionProperty, StreamsArriveWholeOverSlowSockets, ()) {
  ListenerOptions options;
  options.send_buffer_bytes = *rc::gen::inRange(1, 20'000);
  CheckStreamsOverSlowSockets(options, false);
}

RC_GTEST_PROP(ConnectionProperty, StreamsArriveWholeOverSlowTls, ()) {
  static const TestCertificates certificates;
  ListenerOptions options;
  options.send_buffer_bytes = *rc::gen::inRange(1, 20'000);
  options.tls = TlsOptions{certificates.File("server.pem"), certificates.File("server.key"), ""};
  CheckStreamsOverSlowSockets(options, true);
}

}  // namespace
}  // namespace yap::edge
