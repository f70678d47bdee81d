#include "client/wire_error.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "client/transport.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace yap::client {
namespace {

TEST(WireErrorTest, DetailsBecomeReasonMetadataRetryAndField) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  info.set_reason("USER_RATE");
  info.set_domain("yap.chat");
  (*info.mutable_metadata())["channel"] = "deck";
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(500'000'001);
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("text");
  status.add_details()->PackFrom(info);
  status.add_details()->PackFrom(retry);
  status.add_details()->PackFrom(bad);
  const Error error = ErrorFromWire(8, "slow down", status.SerializeAsString());
  EXPECT_EQ(error.code, Errc::kResourceExhausted);
  EXPECT_EQ(error.reason, "USER_RATE");
  EXPECT_EQ(error.message, "slow down");
  EXPECT_EQ(error.retry_after, std::chrono::milliseconds(2501));
  EXPECT_EQ(error.field, "text");
  ASSERT_EQ(error.metadata.size(), 1U);
}

TEST(WireErrorTest, ReasonsOfOthersAreNotTakenForYapds) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  info.set_reason("NOT_FOUND");
  info.set_domain("proxy.example");
  status.add_details()->PackFrom(info);
  EXPECT_EQ(ErrorFromWire(5, "nothing here", status.SerializeAsString()).reason, "");
}

TEST(WireErrorTest, UnknownCodesCountAsUnknownOutcome) {
  EXPECT_EQ(ErrorFromWire(1, "", "").code, Errc::kUnavailable);  // CANCELLED
  EXPECT_EQ(ErrorFromWire(2, "", "").code, Errc::kInternal);     // UNKNOWN
  EXPECT_EQ(ErrorFromWire(99, "", "").code, Errc::kInternal);
}

TEST(WireErrorTest, AnyBytesAreTaken) {
  EXPECT_TRUE(rc::check(
      [](const std::string& bytes) { RC_ASSERT(ErrorFromWire(14, "m", bytes).message == "m"); }));
}

Error Unanswered(const std::string& message) {
  return NobodyAnswered(MakeError(Errc::kUnavailable, "", message), "chat:1");
}

TEST(NobodyAnsweredTest, OnlyAConnectionThatNeverWasMeansNotSent) {
  EXPECT_EQ(Unanswered("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: "
                       "Failed to connect to remote host: Connection refused")
                .reason,
            kNotConnected);
  EXPECT_EQ(Unanswered("DNS resolution failed for chat:1: C-ares: Domain name not found").reason,
            kNotConnected);
  EXPECT_EQ(Unanswered("Socket closed").reason, kUnreachable);
  EXPECT_EQ(
      NobodyAnswered(MakeError(Errc::kDeadlineExceeded, "", "Deadline Exceeded"), "c:1").reason,
      kUnreachable);
  EXPECT_EQ(NobodyAnswered(MakeError(Errc::kInternal, "", "x"), "c:1").reason, "");
}

TEST(NobodyAnsweredTest, TheMessageNamesTheServerAndTheOneCause) {
  EXPECT_EQ(Unanswered("failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: "
                       "Failed to connect to remote host: Connection refused")
                .message,
            "cannot reach chat:1 (Connection refused)");
  const std::string begin =
      "failed to connect to all addresses; last error: UNKNOWN: ipv4:1.2.3.4:1: ";
  const Error unknown_ca = Unanswered(
      begin +
      "Ssl handshake failed: SSL_ERROR_SSL: error:0A000086:SSL routines::certificate verify "
      "failed");
  EXPECT_EQ(unknown_ca.reason, kTlsFailed);
  EXPECT_NE(unknown_ca.message.find("(certificate verify failed)"), std::string::npos);
  EXPECT_NE(unknown_ca.message.find("ca_file"), std::string::npos);
  const Error other_name = Unanswered(begin + "Peer name 1.2.3.4 is not in peer certificate");
  EXPECT_EQ(other_name.reason, kTlsFailed);
  EXPECT_NE(other_name.message.find("Peer name 1.2.3.4"), std::string::npos);
  const Error plain = Unanswered(
      begin +
      "Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong version number");
  EXPECT_EQ(plain.reason, kTlsFailed);
  EXPECT_NE(plain.message.find("http://chat:1"), std::string::npos);
}

}  // namespace
}  // namespace yap::client
