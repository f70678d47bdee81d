#include "drivers/cql.h"

#include <string>

#include "drivers/drivers_testing.h"
#include "drivers/fake_server_testing.h"
#include "drivers/internal/call.h"
#include "edge/test_certificates.h"

namespace yap::drivers {
namespace {

std::string Short(std::size_t number) {
  return {static_cast<char>(number >> 8), static_cast<char>(number)};
}
std::string CqlString(std::string_view text) { return Short(text.size()) + std::string(text); }

// A CQL server (protocol v4, section 4 of its specification) that knows no user.
void RefuseLogin(int connection) {
  constexpr char kOptions = 0x05;
  constexpr char kStartup = 0x01;
  const std::string authenticate = CqlString("org.apache.cassandra.auth.PasswordAuthenticator");
  const std::string refusal =
      std::string("\0\0\x01\0", 4) + CqlString("Provided username is wrong");
  while (true) {
    const std::string head = Receive(connection, 9);
    if (head.empty()) return;
    const auto byte = [&](int at) { return static_cast<unsigned char>(head[at]); };
    (void)Receive(connection, (byte(6) << 16U) + (byte(7) << 8U) + byte(8));
    const auto answer = [&](char opcode, const std::string& body) {
      const std::string stream = head.substr(2, 2);
      Send(connection, std::string("\x84\0", 2) + stream + opcode + std::string(2, '\0') +
                           Short(body.size()) + body);
    };
    if (head[4] == kOptions) {
      answer(0x06, Short(0));
    } else if (head[4] == kStartup) {
      answer(0x03, authenticate);
    } else {
      answer(0x00, refusal);
    }
  }
}

// Connecting where no database is. Each failure must be one line that tells an operator what it is.
class CqlTest : public DriversTest {
 protected:
  Error ConnectFailure(CqlOptions options, Duration limit = 20s) {
    Error error = FailureOf(Cql::Connect(runtime_, std::move(options), In(limit)));
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
    return error;
  }
  Error TlsFailure(const FakeServer& server, CqlTls tls) {
    return ConnectFailure({.hosts = {server.Address()}, .tls = std::move(tls)});
  }

  edge::TestCertificates files_;
};

TEST_F(CqlTest, RefusedPortIsUnreachable) {
  const DeadPort port;
  const Error error = ConnectFailure({.hosts = {port.Address()}});
  EXPECT_EQ(error.reason, kUnreachable) << error.message;
  EXPECT_NE(error.message.find(port.Address()), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("refused"), std::string::npos) << error.message;
  EXPECT_TRUE(NothingDone(error));
}

TEST_F(CqlTest, NameWithoutAddressIsSaidSo) {
  const Error error = ConnectFailure({.hosts = {"nobody..invalid:9042"}});
  EXPECT_EQ(error.reason, kHost) << error.message;
}

TEST_F(CqlTest, SilentServerIsGivenUpLikeADeadConnection) {
  const FakeServer server({.manner = Silent});
  const Error error = ConnectFailure(
      {.hosts = {server.Address()}, .keepalive_interval = 100ms, .keepalive_timeout = 100ms});
  EXPECT_EQ(error.reason, kUnreachable) << error.message;
}

TEST_F(CqlTest, DeadlineEndsTheWaitAndTheLineNamesTheServer) {
  const FakeServer server({.manner = Silent});
  const auto begun = std::chrono::steady_clock::now();
  const Error error = ConnectFailure({.hosts = {server.Address()}}, 200ms);
  EXPECT_EQ(error.reason, kTimeout) << error.message;
  EXPECT_NE(error.message.find(server.Address()), std::string::npos) << error.message;
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
}

TEST_F(CqlTest, ServerOfAnotherProtocolIsToldFromAnUnreachableOne) {
  const FakeServer web({.manner = SendGarbage});
  EXPECT_EQ(ConnectFailure({.hosts = {web.Address()}}).reason, kProtocol);
  const FakeServer rude({.manner = HangUp});
  EXPECT_EQ(ConnectFailure({.hosts = {rude.Address()}}).reason, kProtocol);
}

TEST_F(CqlTest, WrongPasswordIsSaidSoInTheServersWords) {
  const FakeServer server({.manner = RefuseLogin});
  const Error wrong =
      ConnectFailure({.hosts = {server.Address()}, .username = "yap", .password = Secret("wrong")});
  EXPECT_EQ(wrong.reason, kAuth) << wrong.message;
  EXPECT_NE(wrong.message.find("Provided username is wrong"), std::string::npos) << wrong.message;
  EXPECT_EQ(ServerCode(wrong), 0x0100);
  const Error missing = ConnectFailure({.hosts = {server.Address()}});
  EXPECT_EQ(missing.reason, kAuth) << missing.message;
}

TEST_F(CqlTest, PassedDeadlineSendsNothing) {
  const Error error = ConnectFailure({.hosts = {"127.0.0.1"}}, -1s);
  EXPECT_EQ(error.reason, kNotSent);
  EXPECT_TRUE(NothingDone(error));
}

TEST_F(CqlTest, OptionsOutOfBoundsAreInvalid) {
  EXPECT_EQ(ConnectFailure({.hosts = {}}).reason, kInvalid);
  EXPECT_EQ(ConnectFailure({.hosts = {"\xff"}}).reason, kInvalid);
  CqlOptions half{.hosts = {"127.0.0.1"}, .tls = CqlTls{.cert_file = files_.File("client.pem")}};
  EXPECT_EQ(ConnectFailure(std::move(half)).reason, kInvalid);
}

TEST_F(CqlTest, UnusableFileIsNamed) {
  const FakeServer server({.manner = Silent});
  const Error missing = TlsFailure(server, {.ca_file = files_.File("none.pem")});
  EXPECT_EQ(missing.reason, kFile);
  EXPECT_NE(missing.message.find("none.pem"), std::string::npos) << missing.message;
  EXPECT_EQ(TlsFailure(server, {.ca_file = files_.File("ca.key")}).reason, kFile);
  const CqlTls mismatch{.ca_file = files_.File("ca.pem"),
                        .cert_file = files_.File("client.pem"),
                        .key_file = files_.File("server.key")};
  EXPECT_EQ(TlsFailure(server, mismatch).reason, kFile);
}

TEST_F(CqlTest, ServerWithoutTlsIsATlsFailure) {
  const FakeServer web({.manner = SendGarbage});
  const Error error = TlsFailure(web, {.ca_file = files_.File("ca.pem")});
  EXPECT_EQ(error.reason, kTls) << error.message;
}

TEST_F(CqlTest, CertificateOfAnotherAuthorityIsRefused) {
  const FakeServer server(
      {.cert_file = files_.File("server.pem"), .key_file = files_.File("server.key")});
  const edge::TestCertificates others;
  const Error error = TlsFailure(server, {.ca_file = others.File("ca.pem")});
  EXPECT_EQ(error.reason, kTls) << error.message;
  EXPECT_EQ(server.handshakes(), 0);
}

TEST_F(CqlTest, CertificateOfOurAuthorityIsTaken) {
  const FakeServer server(
      {.cert_file = files_.File("server.pem"), .key_file = files_.File("server.key")});
  // Past the handshake the server hangs up, so it is not TLS that fails.
  EXPECT_NE(TlsFailure(server, {.ca_file = files_.File("ca.pem")}).reason, kTls);
  EXPECT_GE(server.handshakes(), 1);
}

TEST_F(CqlTest, OurCertificateIsShownWhereItIsAskedFor) {
  const FakeServer server({.cert_file = files_.File("server.pem"),
                           .key_file = files_.File("server.key"),
                           .client_ca_file = files_.File("ca.pem")});
  (void)TlsFailure(server, {.ca_file = files_.File("ca.pem")});
  EXPECT_EQ(server.handshakes(), 0);
  (void)TlsFailure(server, {.ca_file = files_.File("ca.pem"),
                            .cert_file = files_.File("client.pem"),
                            .key_file = files_.File("client.key")});
  EXPECT_GE(server.handshakes(), 1);
}

TEST_F(CqlTest, SocketsHaveNoDelay) {
  const FakeServer server({.manner = Silent});
  bool done = false;
  SpawnThen(io_.get_executor(), Cql::Connect(runtime_, {.hosts = {server.Address()}}, In(300ms)),
            [&](const auto&) { done = true; });
  std::vector<bool> seen;
  ASSERT_TRUE(RunUntil([&] {
    if (seen.empty()) seen = NoDelayOfSocketsTo(server.port());
    return done;
  }));
  EXPECT_FALSE(seen.empty());
  EXPECT_EQ(seen, std::vector<bool>(seen.size(), true));
}

// A coroutine that connects holds the runtime, so this one is asked behind its back.
TEST_F(CqlTest, EndOfTheRuntimeAnswersConnectsInFlight) {
  const FakeServer server({.manner = Silent});
  const std::string address = server.Address();
  const yd_text host = TextOf(address);
  const yd_cql_options options{.hosts = &host,
                               .hosts_count = 1,
                               .connect_timeout_ms = 60'000,
                               .keepalive_interval_ms = 60'000,
                               .keepalive_timeout_ms = 60'000};
  constexpr int kConnects = 50;
  int cancelled = 0;
  const auto connect = [&](yd_callback callback, void* ctx) {
    yd_cql_connect(runtime_->get(), &options, 60'000, callback, ctx);
  };
  for (int i = 0; i < kConnects; ++i) {
    SpawnThen(io_.get_executor(), Call<OwnedCql>(connect), [&](const auto& result) {
      if (!result && result.error().reason == kCancelled) ++cancelled;
    });
  }
  ASSERT_TRUE(RunUntil([] { return yd_live_callbacks() == kConnects; }));
  runtime_.reset();
  EXPECT_EQ(yd_live_callbacks(), 0U);
  EXPECT_TRUE(RunUntil([&] { return cancelled == kConnects; })) << cancelled;
}

}  // namespace
}  // namespace yap::drivers
