// Server reflection: what grpcurl, buf curl and their like ask before they call. v1 and v1alpha
// differ in their package alone, so both are one template.
#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "api/decode.h"
#include "api/errors.h"
#include "api/limits.h"
#include "api/services.h"
#include "base/guarded.h"
#include "core/reasons.h"
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

std::string Encode(const FileDescriptor& file) {
  FileDescriptorProto proto;
  file.CopyTo(&proto);
  file.CopyJsonNameTo(&proto);
  return proto.SerializeAsString();
}

// Files as they go out, each encoded once: a request of thirty bytes must not cost the encoding of
// all that its file imports. Holds at most the files that are linked in. Thread-safe.
class EncodedFiles {
 public:
  using Encoded = std::shared_ptr<const std::string>;

  // The file and all it imports, each once, the file first.
  std::vector<Encoded> Closure(const FileDescriptor& file) {
    std::vector<Encoded> encoded;
    std::set<const FileDescriptor*> seen = {&file};
    std::vector<const FileDescriptor*> todo = {&file};
    for (std::size_t i = 0; i < todo.size(); ++i) {
      encoded.push_back(Get(*todo[i]));
      for (int d = 0; d < todo[i]->dependency_count(); ++d) {
        if (seen.insert(todo[i]->dependency(d)).second) todo.push_back(todo[i]->dependency(d));
      }
    }
    return encoded;
  }

 private:
  Encoded Get(const FileDescriptor& file) {
    return files_.With([&](auto& files) {
      Encoded& encoded = files[&file];
      if (!encoded) encoded = std::make_shared<const std::string>(Encode(file));
      return encoded;
    });
  }

  Guarded<std::map<const FileDescriptor*, Encoded>> files_;
};

std::vector<std::string> ServiceNames() {
  std::set<std::string> names = {"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                 "grpc.reflection.v1alpha.ServerReflection"};
  for (const std::string& path : AllYapMethods())
    names.insert(path.substr(1, path.find('/', 1) - 1));
  return {names.begin(), names.end()};
}

edge::Status TooManyRequests() {
  return ToStatus(MakeError(
      Errc::kResourceExhausted, core::reason::kRequestTooLarge,
      fmt::format("one stream may ask {} times; open another one", kReflectionRequestsMax)));
}

template <class Request, class Response>
class Answer {
 public:
  Answer(EncodedFiles& files, const Request& request) : files_(files) {
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
    for (const auto& encoded : files_.Closure(*file)) {
      response_.mutable_file_descriptor_response()->add_file_descriptor_proto(*encoded);
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

  EncodedFiles& files_;
  Response response_;
};

template <class Request, class Response>
asio::awaitable<edge::Status> Reflect(std::shared_ptr<EncodedFiles> files,
                                      std::shared_ptr<edge::Call> call) {
  for (int answered = 0;; ++answered) {
    auto message = co_await call->Read();
    if (!message) co_return ToStatus(message.error());
    if (!*message) co_return edge::Status{};
    if (answered == kReflectionRequestsMax) co_return TooManyRequests();
    const auto request = Decode<Request>(**message);
    if (!request) co_return ToStatus(request.error());
    const Answer<Request, Response> answer(*files, *request);
    if (auto sent = co_await call->Write(answer.response().SerializeAsString()); !sent) {
      co_return ToStatus(sent.error());
    }
  }
}

template <class Request, class Response>
MethodTable::StreamMethod Reflecting(std::shared_ptr<EncodedFiles> files) {
  return [files = std::move(files)](const Caller&, std::shared_ptr<edge::Call> call) {
    return Reflect<Request, Response>(files, std::move(call));
  };
}

}  // namespace

void AddReflectionService(MethodTable& table) {
  namespace v1 = grpc::reflection::v1;
  namespace v1alpha = grpc::reflection::v1alpha;
  const auto files = std::make_shared<EncodedFiles>();
  table.Open("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
             MethodTable::StreamKind::kBidi,
             Reflecting<v1::ServerReflectionRequest, v1::ServerReflectionResponse>(files));
  table.Open(
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
      MethodTable::StreamKind::kBidi,
      Reflecting<v1alpha::ServerReflectionRequest, v1alpha::ServerReflectionResponse>(files));
}

}  // namespace yap::api
