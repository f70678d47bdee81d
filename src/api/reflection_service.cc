// Server reflection: what grpcurl, buf curl and their like ask before they call. v1 and v1alpha
// differ in their package alone, so both are one template.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <set>
#include <vector>

#include "api/errors.h"
#include "api/services.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"

namespace yap::api {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::FileDescriptorProto;

const DescriptorPool& Pool() { return *DescriptorPool::generated_pool(); }

// The file and all it imports, each once, the file first.
std::vector<std::string> Closure(const FileDescriptor& file) {
  std::vector<std::string> encoded;
  std::set<const FileDescriptor*> seen = {&file};
  std::vector<const FileDescriptor*> todo = {&file};
  for (std::size_t i = 0; i < todo.size(); ++i) {
    FileDescriptorProto proto;
    todo[i]->CopyTo(&proto);
    todo[i]->CopyJsonNameTo(&proto);
    encoded.push_back(proto.SerializeAsString());
    for (int d = 0; d < todo[i]->dependency_count(); ++d) {
      if (seen.insert(todo[i]->dependency(d)).second) todo.push_back(todo[i]->dependency(d));
    }
  }
  return encoded;
}

std::vector<std::string> ServiceNames() {
  std::set<std::string> names = {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                 "grpc.reflection.v1alpha.ServerReflection"};
  for (const std::string& path : AllYapMethods())
    names.insert(path.substr(1, path.find('/', 1) - 1));
  return {names.begin(), names.end()};
}

template <class Request, class Response>
class Answer {
 public:
  explicit Answer(const Request& request) {
    response_.set_valid_host(request.host());
    *response_.mutable_original_request() = request;
    Fill(request);
  }
  const Response& response() const { return response_; }

 private:
  void Fill(const Request& request) {
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return File(Pool().FindFileByName(request.file_by_filename()));
      case Request::kFileContainingSymbol:
        return File(Pool().FindFileContainingSymbol(request.file_containing_symbol()));
      case Request::kFileContainingExtension:
        return Extension(request.file_containing_extension().containing_type(),
                         request.file_containing_extension().extension_number());
      case Request::kAllExtensionNumbersOfType:
        return ExtensionNumbers(request.all_extension_numbers_of_type());
      case Request::kListServices:
        for (const std::string& name : ServiceNames()) {
          response_.mutable_list_services_response()->add_service()->set_name(name);
        }
        return;
      case Request::MESSAGE_REQUEST_NOT_SET:
        return Failed(edge::Code::kInvalidArgument, "the request asks for nothing");
    }
  }

  void File(const FileDescriptor* file) {
    if (file == nullptr) return Failed(edge::Code::kNotFound, "no file of that name or symbol");
    for (std::string& encoded : Closure(*file)) {
      response_.mutable_file_descriptor_response()->add_file_descriptor_proto(std::move(encoded));
    }
  }

  void Extension(const std::string& type, int number) {
    const Descriptor* message = Pool().FindMessageTypeByName(type);
    const FieldDescriptor* extension =
        message == nullptr ? nullptr : Pool().FindExtensionByNumber(message, number);
    File(extension == nullptr ? nullptr : extension->file());
  }

  void ExtensionNumbers(const std::string& type) {
    const Descriptor* message = Pool().FindMessageTypeByName(type);
    if (message == nullptr) return Failed(edge::Code::kNotFound, "no message type of that name");
    std::vector<const FieldDescriptor*> extensions;
    Pool().FindAllExtensions(message, &extensions);
    auto* numbers = response_.mutable_all_extension_numbers_response();
    numbers->set_base_type_name(type);
    for (const auto* extension : extensions) numbers->add_extension_number(extension->number());
  }

  void Failed(edge::Code code, const char* message) {
    response_.mutable_error_response()->set_error_code(static_cast<int>(code));
    response_.mutable_error_response()->set_error_message(message);
  }

  Response response_;
};

template <class Request, class Response>
asio::awaitable<edge::Status> Reflect(Caller, std::shared_ptr<edge::Call> call) {
  while (true) {
    auto message = co_await call->Read();
    if (!message) co_return ToStatus(message.error());
    if (!*message) co_return edge::Status{};
    Request request;
    if (!request.ParseFromString(**message)) co_return ToStatus(MalformedRequest());
    const Answer<Request, Response> answer(request);
    if (auto sent = co_await call->Write(answer.response().SerializeAsString()); !sent) {
      co_return ToStatus(sent.error());
    }
  }
}

}  // namespace

void AddReflectionService(MethodTable& table) {
  namespace v1 = grpc::reflection::v1;
  namespace v1alpha = grpc::reflection::v1alpha;
  table.Open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
             MethodTable::StreamKind::kBidi,
             Reflect<v1::ServerReflectionRequest, v1::ServerReflectionResponse>);
  table.Open("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
             MethodTable::StreamKind::kBidi,
             Reflect<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>);
}

}  // namespace yap::api
