#include "edge/test_grpc_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

// The distribution's gRPC and abseil are not instrumented: what ThreadSanitizer sees of their
// synchronisation is half of it. No frame of ours runs under theirs.
extern "C" const char* __tsan_default_suppressions();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_suppressions() {
  return "race:libgrpc.so\nrace:libgrpc++.so\nrace:libgpr.so\nrace:libabsl_\n";
}

namespace yap::edge {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  for (const auto& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

std::multimap<std::string, std::string> Copy(
    const std::multimap<grpc::string_ref, grpc::string_ref>& from) {
  std::multimap<std::string, std::string> out;
  for (const auto& [name, value] : from) {
    out.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
  }
  return out;
}

void Fill(TestReply& reply, const grpc::Status& status, const grpc::ClientContext& context) {
  reply.code = static_cast<int>(status.error_code());
  reply.message = status.error_message();
  reply.details = status.error_details();
  reply.initial_metadata = Copy(context.GetServerInitialMetadata());
  reply.trailers = Copy(context.GetServerTrailingMetadata());
}

}  // namespace

struct GrpcClient::Impl {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<grpc::GenericStub> stub;

  // One operation at a time on one completion queue.
  struct Conversation {
    Conversation(grpc::GenericStub& stub, grpc::ClientContext& context, const std::string& path)
        : rpc(stub.PrepareCall(&context, path, &queue)) {
      rpc->StartCall(Tag());
      Wait();
    }
    ~Conversation() {
      queue.Shutdown();
      void* tag = nullptr;
      bool ok = false;
      while (queue.Next(&tag, &ok)) {
      }
    }
    void* Tag() { return this; }
    bool Wait() {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    }
    bool Write(const std::string& text) {
      rpc->Write(ToBuffer(text), Tag());
      return Wait();
    }
    bool WritesDone() {
      rpc->WritesDone(Tag());
      return Wait();
    }
    bool Read(std::string& text) {
      grpc::ByteBuffer buffer;
      rpc->Read(&buffer, Tag());
      if (!Wait()) return false;
      text = ToString(buffer);
      return true;
    }
    grpc::Status Finish() {
      grpc::Status status;
      rpc->Finish(&status, Tag());
      Wait();
      return status;
    }
    grpc::CompletionQueue queue;
    std::unique_ptr<grpc::GenericClientAsyncReaderWriter> rpc;
  };
};

GrpcClient::GrpcClient(const std::string& target, const TestTls* tls)
    : impl_(std::make_unique<Impl>()) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (tls != nullptr) {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = tls->root_pem;
    options.pem_private_key = tls->key_pem;
    options.pem_cert_chain = tls->certificate_pem;
    credentials = grpc::SslCredentials(options);
    arguments.SetSslTargetNameOverride(tls->server_name);
  }
  impl_->channel = grpc::CreateCustomChannel(target, credentials, arguments);
  impl_->stub = std::make_unique<grpc::GenericStub>(impl_->channel);
}

GrpcClient::~GrpcClient() = default;

TestReply GrpcClient::Call(const std::string& path, const std::vector<std::string>& requests,
                           const std::vector<std::pair<std::string, std::string>>& metadata,
                           std::optional<std::chrono::milliseconds> timeout) {
  TestReply reply;
  grpc::ClientContext context;
  for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
  if (timeout) context.set_deadline(std::chrono::system_clock::now() + *timeout);
  Impl::Conversation call(*impl_->stub, context, path);
  bool going = true;
  for (const auto& request : requests) going = going && call.Write(request);
  if (going) call.WritesDone();
  std::string text;
  while (call.Read(text)) reply.messages.push_back(text);
  Fill(reply, call.Finish(), context);
  return reply;
}

TestReply GrpcClient::Converse(const std::string& path, const std::vector<std::string>& requests) {
  TestReply reply;
  grpc::ClientContext context;
  Impl::Conversation call(*impl_->stub, context, path);
  std::string text;
  for (const auto& request : requests) {
    if (!call.Write(request) || !call.Read(text)) break;
    reply.messages.push_back(text);
  }
  call.WritesDone();
  while (call.Read(text)) reply.messages.push_back(text);
  Fill(reply, call.Finish(), context);
  return reply;
}

TestReply GrpcClient::ReadOneAndCancel(const std::string& path, const std::string& request) {
  TestReply reply;
  grpc::ClientContext context;
  Impl::Conversation call(*impl_->stub, context, path);
  call.Write(request);
  call.WritesDone();
  std::string text;
  if (call.Read(text)) reply.messages.push_back(text);
  context.TryCancel();
  Fill(reply, call.Finish(), context);
  return reply;
}

int GrpcClient::Flood(const std::string& path, int n, int in_flight) {
  struct Unary {
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    grpc::Status status;
    std::string request;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> rpc;
  };
  grpc::CompletionQueue queue;
  int started = 0;
  int good = 0;
  const auto start = [&] {
    auto* unary = new Unary;
    unary->request = "message " + std::to_string(started++);
    unary->rpc =
        impl_->stub->PrepareUnaryCall(&unary->context, path, ToBuffer(unary->request), &queue);
    unary->rpc->StartCall();
    unary->rpc->Finish(&unary->response, &unary->status, unary);
  };
  while (started < std::min(n, in_flight)) start();
  void* tag = nullptr;
  bool ok = false;
  for (int done = 0; done < n && queue.Next(&tag, &ok); ++done) {
    const std::unique_ptr<Unary> unary(static_cast<Unary*>(tag));
    if (ok && unary->status.ok() && ToString(unary->response) == unary->request) ++good;
    if (started < n) start();
  }
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) delete static_cast<Unary*>(tag);
  return good;
}

}  // namespace yap::edge
