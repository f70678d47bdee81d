#include "api/policy.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>

#include "yap/v1/auth_service.pb.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/message_service.pb.h"
#include "yap/v1/user_service.pb.h"

namespace yap::api {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;

std::vector<const FileDescriptor*> ServiceFiles() {
  return {yap::v1::LoginRequest::descriptor()->file(),
          yap::v1::GetUsersRequest::descriptor()->file(),
          yap::v1::GetChannelRequest::descriptor()->file(),
          yap::v1::SendMessageRequest::descriptor()->file()};
}

std::string PathOf(const MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

const MethodDescriptor* FindMethod(std::string_view path) {
  if (path.empty() || path.front() != '/') return nullptr;
  std::string name(path.substr(1));
  std::ranges::replace(name, '/', '.');
  return DescriptorPool::generated_pool()->FindMethodByName(name);
}

}  // namespace

yap::v1::Policy PolicyOf(std::string_view path) {
  const MethodDescriptor* method = FindMethod(path);
  if (method == nullptr) return yap::v1::POLICY_UNSPECIFIED;
  return method->options().GetExtension(yap::v1::policy);
}

bool IsStreaming(std::string_view path) {
  const MethodDescriptor* method = FindMethod(path);
  return method != nullptr && (method->client_streaming() || method->server_streaming());
}

std::vector<std::string> AllYapMethods() {
  std::vector<std::string> paths;
  for (const FileDescriptor* file : ServiceFiles()) {
    for (int s = 0; s < file->service_count(); ++s) {
      const auto* service = file->service(s);
      for (int m = 0; m < service->method_count(); ++m)
        paths.push_back(PathOf(*service->method(m)));
    }
  }
  return paths;
}

}  // namespace yap::api
