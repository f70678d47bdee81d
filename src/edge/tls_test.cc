// TLS: the stock client, client certificates, reload, and every way to get it wrong.
#include "edge/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <atomic>
#include <thread>
#include <vector>

#include "edge/test_certificates.h"
#include "edge/test_grpc_client.h"
#include "edge/test_http2_client.h"
#include "edge/test_server.h"
#include "edge/test_socket.h"
#include "edge/violation.h"

namespace yap::edge {
namespace {

// Its threads hand OpenSSL objects to each other under locks that are not instrumented. The same
// server code runs under ThreadSanitizer with our own clients, below.
constexpr const char* kWhyNotUnderTsan = "reports races inside the stock client";

class TlsTest : public testing::Test {
 protected:
  ListenerOptions Options(const std::string& client_ca = "") const {
    ListenerOptions options;
    options.tls = TlsOptions{files_.File("server.pem"), files_.File("server.key"), client_ca};
    return options;
  }
  TestTls Root() const { return {files_.Read("ca.pem"), "", "", "localhost"}; }
  std::string ErrorOf(TlsOptions options) const {
    const auto loaded = TlsContext::Load(options);
    if (loaded) return "no error";
    EXPECT_EQ(loaded.error().code, Errc::kInvalidArgument);
    return loaded.error().message;
  }

  const TestCertificates files_;
};

TEST_F(TlsTest, StockClientCallsAndIsSeenAsEncrypted) {
  if (kThreadSanitizer) GTEST_SKIP() << kWhyNotUnderTsan;
  TestServer server(Options());
  const TestTls tls = Root();
  GrpcClient client(server.target(), &tls);
  const auto reply = client.Call("/t.T/Peer", {""});
  EXPECT_EQ(reply.code, 0) << reply.message;
  EXPECT_EQ(reply.messages, std::vector<std::string>{"127.0.0.1 loopback tls"});
  const auto stream = client.Call("/t.T/Count", {"20000"});
  EXPECT_EQ(stream.messages.size(), 20'000U);
  EXPECT_EQ(client.Flood("/t.T/Echo", 1000, 50), 1000);
}

TEST_F(TlsTest, ClientCertificateIsRequiredAndShown) {
  if (kThreadSanitizer) GTEST_SKIP() << kWhyNotUnderTsan;
  TestServer server(Options(files_.File("ca.pem")));
  TestTls tls = Root();
  GrpcClient stranger(server.target(), &tls);
  EXPECT_EQ(stranger.Call("/t.T/Peer", {""}, {}, std::chrono::seconds(2)).code, 14);
  tls.key_pem = files_.Read("client.key");
  tls.certificate_pem = files_.Read("client.pem");
  GrpcClient known(server.target(), &tls);
  const auto reply = known.Call("/t.T/Peer", {""});
  EXPECT_EQ(reply.messages,
            std::vector<std::string>{"127.0.0.1 loopback tls /CN=client.test client.test"});
}

TEST_F(TlsTest, ReloadTakesNewCertificatesAndKeepsTheOldOnesOnError) {
  if (kThreadSanitizer) GTEST_SKIP() << kWhyNotUnderTsan;
  TestServer server(Options());
  const TestCertificates other;
  const TestTls old_root = Root();
  const TestTls new_root{other.Read("ca.pem"), "", "", "localhost"};
  const auto calls = [&](const TestTls& tls) {
    GrpcClient client(server.target(), &tls);
    return client.Call("/t.T/Echo", {""}, {}, std::chrono::seconds(2)).code == 0;
  };
  GrpcClient connected(server.target(), &old_root);
  EXPECT_EQ(connected.Call("/t.T/Echo", {""}).code, 0);
  files_.Write("server.pem", "nonsense");
  EXPECT_FALSE(server.server().ReloadCertificates());
  EXPECT_TRUE(calls(old_root));
  files_.Write("server.pem", other.Read("server.pem"));
  files_.Write("server.key", other.Read("server.key"));
  EXPECT_TRUE(server.server().ReloadCertificates());
  EXPECT_TRUE(calls(new_root));
  EXPECT_FALSE(calls(old_root));
  EXPECT_EQ(connected.Call("/t.T/Echo", {""}).code, 0);  // What is open stays.
}

TEST_F(TlsTest, ManyClientsOnSeveralThreadsAreServed) {
  TestServer server(Options(files_.File("ca.pem")));
  const TestSocketOptions options{.tls = true,
                                  .certificate_file = files_.File("client.pem"),
                                  .key_file = files_.File("client.key")};
  constexpr int kClients = 15;
  std::atomic<int> served{0};
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kClients; ++i) {
      threads.emplace_back([&] {
        Http2Client client;
        TestSocket socket(server.port(), options);
        const std::int32_t peer = client.Request(GrpcHeaders("/t.T/Peer"), Frame(""));
        const std::int32_t count = client.Request(GrpcHeaders("/t.T/Count"), Frame("5000"));
        EXPECT_TRUE(Eventually([&] {
          socket.Send(client.Output());
          socket.Pump();
          client.Input(socket.Take());
          return client.stream(peer).closed && client.stream(count).closed;
        }));
        const auto messages = SplitMessages(client.stream(count).data);
        if (client.stream(peer).data ==
                Frame("127.0.0.1 loopback tls /CN=client.test client.test") &&
            messages && messages->size() == 5000) {
          ++served;
        }
      });
      if (i == 7) EXPECT_TRUE(server.server().ReloadCertificates());
    }
  }
  EXPECT_EQ(served, kClients);
}

TEST_F(TlsTest, FilesThatDoNotDoAreNamed) {
  const std::string pem = files_.File("server.pem");
  const std::string key = files_.File("server.key");
  EXPECT_EQ(ErrorOf({pem, key, ""}), "no error");
  EXPECT_NE(ErrorOf({"/nowhere/x.pem", key, ""}).find("/nowhere/x.pem"), std::string::npos);
  EXPECT_NE(ErrorOf({pem, "/nowhere/x.key", ""}).find("/nowhere/x.key"), std::string::npos);
  EXPECT_NE(ErrorOf({pem, key, "/nowhere/ca.pem"}).find("/nowhere/ca.pem"), std::string::npos);
  const std::string mismatch = ErrorOf({pem, files_.File("client.key"), ""});
  EXPECT_NE(mismatch.find("does not belong to the certificate"), std::string::npos) << mismatch;
  files_.Write("garbage", "garbage");
  EXPECT_NE(ErrorOf({files_.File("garbage"), key, ""}).find("garbage"), std::string::npos);
}

TEST_F(TlsTest, CaFilesAreLookedInto) {
  EXPECT_TRUE(CheckCaFile(files_.File("ca.pem")));
  for (const char* bad : {"none.pem", "ca.key"}) {
    const auto checked = CheckCaFile(files_.File(bad));
    ASSERT_FALSE(checked) << bad;
    EXPECT_NE(checked.error().message.find(bad), std::string::npos);
  }
}

TEST_F(TlsTest, CertificatesOutsideTheirTimeAreRefusedWithIt) {
  const std::string expired = ErrorOf({files_.File("expired.pem"), files_.File("expired.key"), ""});
  EXPECT_NE(expired.find("expired.pem expired on 2"), std::string::npos) << expired;
  const std::string future = ErrorOf({files_.File("future.pem"), files_.File("future.key"), ""});
  EXPECT_NE(future.find("future.pem is not valid before 2"), std::string::npos) << future;
}

TEST_F(TlsTest, HandshakesThatDoNotDoAreCutAndCounted) {
  TestServer server(Options());
  const auto count = [](Violation kind) { return ViolationCount(kind); };
  const double handshakes = count(Violation::kTlsHandshake);
  EXPECT_TRUE(SendAndReadAll(server.port(), "", {.tls = true, .alpn = "http/1.1"}).closed);
  EXPECT_TRUE(Eventually([&] { return count(Violation::kTlsHandshake) == handshakes + 1; }));
  EXPECT_TRUE(
      SendAndReadAll(server.port(), "", {.tls = true, .tls_version_max = TLS1_2_VERSION}).closed);
  EXPECT_TRUE(Eventually([&] { return count(Violation::kTlsHandshake) == handshakes + 2; }));
  // No ALPN at all: the handshake passes, HTTP/2 does not.
  EXPECT_TRUE(SendAndReadAll(server.port(), kTestPreface, {.tls = true, .alpn = ""}).closed);
  EXPECT_TRUE(Eventually([&] { return count(Violation::kTlsHandshake) == handshakes + 3; }));
}

TEST_F(TlsTest, Http1WithoutAlpnIsToldWhatToDo) {
  TestServer server(Options());
  const auto answer =
      SendAndReadAll(server.port(), "GET / HTTP/1.1\r\n\r\n", {.tls = true, .alpn = ""});
  EXPECT_TRUE(answer.received.starts_with("HTTP/1.1 426")) << answer.received;
}

TEST_F(TlsTest, PlaintextOnATlsPortAndTlsOnAPlaintextPortAreCutAndCounted) {
  TestServer encrypted(Options());
  TestServer plain;
  const double plaintext = ViolationCount(Violation::kPlaintextOnTls);
  const double tls = ViolationCount(Violation::kTlsOnPlaintext);
  EXPECT_TRUE(SendAndReadAll(encrypted.port(), kTestPreface).closed);
  EXPECT_TRUE(SendAndReadAll(plain.port(), "", {.tls = true}).closed);
  EXPECT_TRUE(Eventually([&] {
    return ViolationCount(Violation::kPlaintextOnTls) == plaintext + 1 &&
           ViolationCount(Violation::kTlsOnPlaintext) == tls + 1;
  }));
}

}  // namespace
}  // namespace yap::edge
