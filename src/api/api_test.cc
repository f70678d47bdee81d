// What the wire contract promises and the compiler cannot see: policies, reasons, sender fields.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "api/convert.h"
#include "api/errors.h"
#include "api/frame_encoder.h"
#include "api/method_table.h"
#include "api/policy.h"
#include "core/reasons.h"
#include "edge/grpc_wire.h"
#include "edge/reasons.h"
#include "edge/refusals.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "yap/v1/errors.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

const MethodDescriptor* Method(std::string path) {
  path.erase(0, 1);
  path.replace(path.find('/'), 1, ".");
  return DescriptorPool::generated_pool()->FindMethodByName(path);
}

TEST(PolicyTest, EveryMethodHasOne) {
  const auto methods = AllYapMethods();
  EXPECT_GE(methods.size(), 26U);
  for (const auto& path : methods) {
    EXPECT_NE(PolicyOf(path), yap::v1::POLICY_UNSPECIFIED) << path;
  }
  EXPECT_EQ(PolicyOf("/yap.v1.AuthService/Nothing"), yap::v1::POLICY_UNSPECIFIED);
}

TEST(PolicyTest, OnlyTheDoorIsPublic) {
  std::set<std::string> open;
  for (const auto& path : AllYapMethods()) {
    if (PolicyOf(path) == yap::v1::POLICY_PUBLIC) open.insert(path);
  }
  EXPECT_EQ(open, (std::set<std::string>{"/yap.v1.AuthService/Login", "/yap.v1.AuthService/Refresh",
                                         "/yap.v1.AuthService/Register"}));
}

// docs/adr: the user is the token's. A field that names the caller would be a second opinion.
TEST(WireContractTest, NoRequestHasASenderField) {
  const std::set<std::string> forbidden = {"sender",    "sender_id", "from",  "author",
                                           "author_id", "user_id",   "actor", "actor_id"};
  for (const auto& path : AllYapMethods()) {
    const Descriptor* request = Method(path)->input_type();
    for (int i = 0; i < request->field_count(); ++i) {
      EXPECT_FALSE(forbidden.contains(request->field(i)->name())) << path;
    }
  }
}

TEST(WireContractTest, ChannelRefIsFieldOneOfEveryChannelRequest) {
  for (const auto& path : AllYapMethods()) {
    const Descriptor* request = Method(path)->input_type();
    const auto* channel = request->FindFieldByName("channel");
    if (channel != nullptr) EXPECT_EQ(channel->number(), 1) << path;
    const auto* first = request->FindFieldByNumber(1);
    if (first != nullptr && first->name() == "channel") {
      EXPECT_EQ(first->message_type()->full_name(), "yap.v1.ChannelRef") << path;
    }
  }
}

TEST(ReasonsTest, TheEnumAndTheCodeNameTheSame) {
  std::set<std::string> wire;
  const auto* reasons = yap::v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const std::string name = reasons->value(i)->name();
    if (reasons->value(i)->number() != 0) wire.insert(name.substr(std::string("REASON_").size()));
  }
  std::set<std::string> code(std::begin(core::reason::kAll), std::end(core::reason::kAll));
  EXPECT_EQ(wire, code);
}

TEST(ReasonsTest, ThoseOfTheEdgeAreAmongThem) {
  const std::set<std::string_view> known(std::begin(core::reason::kAll),
                                         std::end(core::reason::kAll));
  for (const auto reason : edge::reason::kAll) EXPECT_TRUE(known.contains(reason)) << reason;
}

template <class Detail>
std::optional<Detail> Find(const google::rpc::Status& status) {
  for (const auto& any : status.details()) {
    if (Detail detail; any.UnpackTo(&detail)) return detail;
  }
  return std::nullopt;
}

TEST(ErrorsTest, RefusalsOfTheEdgeCarryTheSame) {
  MethodTable table(nullptr);
  const auto status = table.Explain(edge::RequestTooLarge(70'000, 65'536));
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.details));
  const auto info = Find<google::rpc::ErrorInfo>(details);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), core::reason::kRequestTooLarge);
  EXPECT_EQ(info->metadata().at("bytes"), "70000");
  EXPECT_TRUE(Find<google::rpc::QuotaFailure>(details));
}

TEST(ErrorsTest, CarriesReasonFieldRetryAndQuota) {
  const auto status =
      ToStatus(MakeError(Errc::kResourceExhausted, core::reason::kUserRate, "slow down")
                   .With("limit", "5")
                   .InField("text")
                   .RetryAfter(std::chrono::milliseconds(1500)));
  EXPECT_EQ(status.code, edge::Code::kResourceExhausted);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.details));
  EXPECT_EQ(details.code(), 8);
  EXPECT_EQ(details.message(), "slow down");
  const auto info = Find<google::rpc::ErrorInfo>(details);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason(), "USER_RATE");
  EXPECT_EQ(info->domain(), "yap.chat");
  EXPECT_EQ(info->metadata().at("limit"), "5");
  EXPECT_EQ(Find<google::rpc::BadRequest>(details)->field_violations(0).field(), "text");
  EXPECT_EQ(Find<google::rpc::RetryInfo>(details)->retry_delay().nanos(), 500'000'000);
  EXPECT_TRUE(Find<google::rpc::QuotaFailure>(details));
}

TEST(ConvertTest, KeysAreSixteenBytesOrNothing) {
  EXPECT_TRUE(core::IsNone(*KeyFrom("", "request_id", false)));
  EXPECT_EQ(KeyFrom("", "client_msg_id", true).error().reason, core::reason::kKeyInvalid);
  EXPECT_EQ(KeyFrom("short", "request_id", false).error().field, "request_id");
  EXPECT_FALSE(KeyFrom(std::string(16, '\0'), "client_msg_id", true));
  EXPECT_TRUE(KeyFrom(std::string(16, 'k'), "client_msg_id", true));
}

TEST(ConvertTest, EnumValuesOfANewerClientAreInvalidNotMissing) {
  EXPECT_EQ(FromProto(yap::v1::ROLE_UNSPECIFIED).error().reason, core::reason::kFieldRequired);
  const auto role = FromProto(static_cast<yap::v1::Role>(77)).error();
  EXPECT_EQ(role.reason, core::reason::kFieldInvalid);
  EXPECT_EQ(role.field, "role");
  EXPECT_EQ(role.metadata.front().second, "77");
  const auto visibility =
      FromProto(static_cast<yap::v1::Visibility>(9), core::ChannelKind::kPublic).error();
  EXPECT_EQ(visibility.reason, core::reason::kFieldInvalid);
}

TEST(ConvertTest, PagesAreCappedAndNegativeOnesRefused) {
  EXPECT_EQ(PageFrom(0, "")->size, core::kPageSizeDefault);
  EXPECT_EQ(PageFrom(1'000'000, "")->size, core::kPageSizeMax);
  EXPECT_EQ(PageFrom(-1, "").error().reason, core::reason::kPageSizeInvalid);
}

TEST(ConvertTest, TimesBeforeTheEpochKeepPositiveNanos) {
  google::protobuf::Timestamp out;
  ToProto(WallTime(std::chrono::microseconds(-1)), &out);
  EXPECT_EQ(out.seconds(), -1);
  EXPECT_EQ(out.nanos(), 999'999'000);
}

TEST(FrameEncoderTest, EventIsOneFramedResponse) {
  core::Event event;
  event.channel = core::ChannelId(7);
  event.seq = core::Seq(3);
  event.actor = {core::UserId(9), "ada"};
  event.countable = 2;
  event.body = core::MessagePosted{"hello", core::Seq(1)};
  std::string bytes = "before";
  NewFrameEncoder()->Event(event, bytes);
  const std::string frame = bytes.substr(6);
  ASSERT_GT(frame.size(), edge::kPrefixBytes);
  EXPECT_EQ(edge::PrefixLength(std::string_view(frame).substr(0, edge::kPrefixBytes)),
            frame.size() - edge::kPrefixBytes);
  yap::v1::SubscribeResponse response;
  ASSERT_TRUE(response.ParseFromString(frame.substr(edge::kPrefixBytes)));
  EXPECT_EQ(response.event().message_posted().text(), "hello");
  EXPECT_EQ(response.event().message_posted().reply_to_seq(), 1U);
  EXPECT_EQ(response.event().actor().username(), "ada");
}

}  // namespace
}  // namespace yap::api
