#include "client/rpc.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "yap/v1/options.pb.h"

namespace yap::client {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::MethodDescriptor;

std::set<std::string>& Checked() {
  static std::set<std::string> names;
  return names;
}

template <class Method>
void Check(Method method) {
  std::string name = std::string(method.method).substr(1);
  name.replace(name.find('/'), 1, ".");
  const MethodDescriptor* found = DescriptorPool::generated_pool()->FindMethodByName(name);
  ASSERT_NE(found, nullptr) << name;
  Checked().insert(name);
  EXPECT_EQ(found->input_type(), Method::Request::descriptor()) << name;
  EXPECT_EQ(found->output_type(), Method::Response::descriptor()) << name;
  EXPECT_EQ(method.with_token, found->options().GetExtension(v1::policy) != v1::POLICY_PUBLIC)
      << name;
  EXPECT_EQ(method.repeatable, found->options().idempotency_level() !=
                                   google::protobuf::MethodOptions::IDEMPOTENCY_UNKNOWN)
      << name;
}

TEST(RpcTest, EveryMethodIsAsItsDescriptorSays) {
  const auto all = [](auto... methods) { (Check(methods), ...); };
  all(kRegister, kLogin, kRefresh, kLogout, kWhoAmI, kListSessions, kRevokeSession, kChangePassword,
      kGetUsers, kUpdateProfile, kCreateChannel, kGetChannel, kListChannels, kListJoinedChannels,
      kJoinChannel, kLeaveChannel, kListMembers, kOpenDirect, kUpdateChannel, kInviteMember,
      kRemoveMember, kSetRole, kSendMessage, kListEvents, kSubscribe, kMarkRead);
  for (const auto* service : {"Auth", "User", "Channel", "Message"}) {
    const auto* found = DescriptorPool::generated_pool()->FindServiceByName(std::string("yap.v1.") +
                                                                            service + "Service");
    ASSERT_NE(found, nullptr);
    for (int i = 0; i < found->method_count(); ++i) {
      EXPECT_TRUE(Checked().contains(found->method(i)->full_name()))
          << found->method(i)->full_name() << " is missing in client/rpc.h";
    }
  }
}

}  // namespace
}  // namespace yap::client
