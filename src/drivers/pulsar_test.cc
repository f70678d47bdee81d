#include "drivers/pulsar.h"

#include <string>

#include "drivers/drivers_testing.h"
#include "drivers/fake_server_testing.h"
#include "edge/test_certificates.h"

namespace yap::drivers {
namespace {

// A broker that answers CONNECT with CommandError{AuthenticationError} (PulsarApi.proto, by hand).
void RefuseToken(int connection) {
  const std::string head = Receive(connection, 8);
  if (head.empty()) return;
  (void)Receive(connection, static_cast<unsigned char>(head[7]));
  const std::string error = std::string("\x08\0\x10\x03\x1a\x05wrong", 11);
  const std::string command =
      std::string("\x08\x0e\x72", 3) + static_cast<char>(error.size()) + error;
  const auto size = [](std::size_t n) { return std::string(3, '\0') + static_cast<char>(n); };
  Send(connection, size(command.size() + 4) + size(command.size()) + command);
}

// Connecting where no broker is. Each failure must be one line that tells an operator what it is.
class PulsarTest : public DriversTest {
 protected:
  Error ConnectFailure(PulsarOptions options, Duration limit = 20s) {
    Error error = FailureOf(Pulsar::Connect(runtime_, std::move(options), In(limit)));
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << error.message;
    return error;
  }
  static std::string Plain(const std::string& address) { return "pulsar://" + address; }

  edge::TestCertificates files_;
};

TEST_F(PulsarTest, RefusedPortIsUnreachable) {
  const DeadPort port;
  const Error error = ConnectFailure({.url = Plain(port.Address())});
  EXPECT_EQ(error.reason, kUnreachable) << error.message;
  EXPECT_NE(error.message.find(port.Address()), std::string::npos) << error.message;
}

TEST_F(PulsarTest, NameWithoutAddressIsSaidSo) {
  EXPECT_EQ(ConnectFailure({.url = "pulsar://nobody..invalid"}).reason, kHost);
}

TEST_F(PulsarTest, SilentServerIsGivenUpAtTheConnectTimeout) {
  const FakeServer server({.manner = Silent});
  const Error error = ConnectFailure({.url = Plain(server.Address()), .connect_timeout = 200ms});
  EXPECT_EQ(error.reason, kUnreachable) << error.message;
}

TEST_F(PulsarTest, DeadlineEndsTheWait) {
  const FakeServer server({.manner = Silent});
  const Error error = ConnectFailure({.url = Plain(server.Address())}, 200ms);
  EXPECT_EQ(error.reason, kTimeout) << error.message;
  EXPECT_NE(error.message.find(server.Address()), std::string::npos) << error.message;
}

TEST_F(PulsarTest, ServerOfAnotherProtocolIsToldFromAnUnreachableOne) {
  const FakeServer web({.manner = SendGarbage});
  EXPECT_EQ(ConnectFailure({.url = Plain(web.Address())}).reason, kProtocol);
  const FakeServer rude({.manner = HangUp});
  EXPECT_EQ(ConnectFailure({.url = Plain(rude.Address())}).reason, kProtocol);
}

TEST_F(PulsarTest, WrongTokenIsSaidSoInTheBrokersWords) {
  const FakeServer server({.manner = RefuseToken});
  files_.Write("token", "wrong\n");
  const Error error =
      ConnectFailure({.url = Plain(server.Address()), .token_file = files_.File("token")});
  EXPECT_EQ(error.reason, kAuth) << error.message;
  EXPECT_NE(error.message.find("wrong"), std::string::npos) << error.message;
}

TEST_F(PulsarTest, MalformedUrlIsInvalid) {
  for (const char* url : {"", "127.0.0.1:6650", "http://127.0.0.1", "pulsar://", "pulsar://a:b",
                          "pulsar://a:1,b:2", "pulsar://a/b"}) {
    EXPECT_EQ(ConnectFailure({.url = url}).reason, kInvalid) << url;
  }
}

TEST_F(PulsarTest, UnusableFileIsNamed) {
  const FakeServer server({.manner = Silent});
  PulsarOptions token{.url = Plain(server.Address()), .token_file = files_.File("none.token")};
  const Error error = ConnectFailure(std::move(token));
  EXPECT_EQ(error.reason, kFile);
  EXPECT_NE(error.message.find("none.token"), std::string::npos) << error.message;
  files_.Write("empty.token", "\n");
  EXPECT_EQ(
      ConnectFailure({.url = Plain(server.Address()), .token_file = files_.File("empty.token")})
          .reason,
      kFile);
  EXPECT_EQ(
      ConnectFailure({.url = "pulsar+ssl://" + server.Address(), .ca_file = files_.File("ca.key")})
          .reason,
      kFile);
}

TEST_F(PulsarTest, CertificateOfAnotherAuthorityIsRefusedAndOursIsTaken) {
  const FakeServer server(
      {.cert_file = files_.File("server.pem"), .key_file = files_.File("server.key")});
  const std::string url = "pulsar+ssl://localhost:" + std::to_string(server.port());
  const edge::TestCertificates others;
  EXPECT_EQ(ConnectFailure({.url = url, .ca_file = others.File("ca.pem")}).reason, kTls);
  EXPECT_EQ(server.handshakes(), 0);
  // Past the handshake the server hangs up, so it is not TLS that fails.
  EXPECT_EQ(ConnectFailure({.url = url, .ca_file = files_.File("ca.pem")}).reason, kProtocol);
  EXPECT_EQ(server.handshakes(), 1);
}

TEST_F(PulsarTest, SocketsHaveNoDelay) {
  const FakeServer server({.manner = Silent});
  bool done = false;
  SpawnThen(io_.get_executor(),
            Pulsar::Connect(runtime_, {.url = Plain(server.Address())}, In(300ms)),
            [&](const auto&) { done = true; });
  std::vector<bool> seen;
  ASSERT_TRUE(RunUntil([&] {
    if (seen.empty()) seen = NoDelayOfSocketsTo(server.port());
    return done;
  }));
  EXPECT_FALSE(seen.empty());
  EXPECT_EQ(seen, std::vector<bool>(seen.size(), true));
}

}  // namespace
}  // namespace yap::drivers
