#include "client/wire_error.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

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

}  // namespace
}  // namespace yap::client
