#include "client/grpc_transport.h"

#include <fmt/format.h>
#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "client/wire_error.h"

namespace yap::client {
namespace {

using grpc::ByteBuffer;

ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return ByteBuffer(&slice, 1);
}

std::string FromBuffer(const ByteBuffer& buffer) {
  grpc::Slice slice;
  if (buffer.TrySingleSlice(&slice).ok() || buffer.DumpToSingleSlice(&slice).ok()) {
    return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
  }
  return {};
}

// A status without details did not come from yapd but from the library or a proxy: nobody answered.
Error ToError(const grpc::Status& status, const std::string& target) {
  Error error = ErrorFromWire(status.error_code(), status.error_message(), status.error_details());
  return error.reason.empty() ? NobodyAnswered(std::move(error), target) : error;
}

void Authorize(grpc::ClientContext& context, const Secret& token) {
  if (token.empty()) return;
  context.AddMetadata("authorization", fmt::format("Bearer {}", token.Reveal()));
}

// The calls under way, so that a transport that goes can end them: their answers then come while
// the executors they go to are still there.
class Live {
 public:
  // `cancel` may be called once, from another thread, until Remove(call).
  void Add(const void* call, std::function<void()> cancel) {
    std::lock_guard lock(mutex_);
    calls_.emplace(call, std::move(cancel));
  }
  void Remove(const void* call) {
    std::lock_guard lock(mutex_);
    calls_.erase(call);
    idle_.notify_all();
  }
  // Not under the lock: what is cancelled may end, and be removed, before cancel() returns.
  void CancelAndWait() {
    std::vector<std::function<void()>> cancels;
    std::unique_lock lock(mutex_);
    for (const auto& [call, cancel] : calls_) cancels.push_back(cancel);
    lock.unlock();
    for (const auto& cancel : cancels) cancel();
    lock.lock();
    idle_.wait(lock, [this] { return calls_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  std::map<const void*, std::function<void()>> calls_;  // Guarded by mutex_.
};

// What one unary call needs until it is answered.
struct UnaryCall {
  grpc::ClientContext context;
  ByteBuffer request;
  ByteBuffer response;
  Callback<std::string> done;
};

// Every reaction runs on a thread of gRPC. The hold (see ClientBidiReactor::AddHold) keeps the call
// open while no read is under way; it is given back once, by whoever ends the stream.
class StreamCall final : public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer> {
 public:
  using Answer = Callback<std::optional<std::string>>;

  StreamCall(std::shared_ptr<Live> live, std::string target, std::string_view request,
             const Secret& token)
      : live_(std::move(live)),
        target_(std::move(target)),
        request_(ToBuffer(std::string(request))) {
    Authorize(context_, token);
  }

  void Begin(grpc::GenericStub& stub, const std::string& method, std::shared_ptr<StreamCall> self) {
    self_ = std::move(self);
    stub.PrepareBidiStreamingCall(&context_, method, {}, this);
    AddHold();
    StartWriteLast(&request_, {});
    live_->Add(this, [weak = std::weak_ptr(self_)] {
      if (const auto call = weak.lock()) call->Cancel();
    });
    StartCall();
  }

  void Next(Answer answer) {
    std::unique_lock lock(mutex_);
    if (ended_) {
      lock.unlock();
      answer(Outcome());
      return;
    }
    answer_ = std::move(answer);
    if (!held_) return;  // OnDone is on its way.
    reading_ = true;
    lock.unlock();
    StartRead(&frame_);
  }

  void Cancel() {
    context_.TryCancel();
    std::unique_lock lock(mutex_);
    cancelled_ = true;
    if (reading_) return;
    Release(lock);
  }

  void OnReadDone(bool ok) override {
    std::unique_lock lock(mutex_);
    reading_ = false;
    Answer answer = ok ? std::exchange(answer_, nullptr) : nullptr;
    if (!ok || cancelled_) Release(lock);
    if (lock) lock.unlock();
    if (answer) answer(std::optional(FromBuffer(frame_)));
  }

  void OnDone(const grpc::Status& status) override {
    Answer answer;
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
      status_ = status;
      answer = std::exchange(answer_, nullptr);
    }
    if (answer) answer(Outcome());
    live_->Remove(this);
    self_.reset();
  }

 private:
  void Release(std::unique_lock<std::mutex>& lock) {
    if (!std::exchange(held_, false)) return;
    lock.unlock();
    RemoveHold();
  }

  Result<std::optional<std::string>> Outcome() const {
    if (status_.ok()) return std::nullopt;
    return std::unexpected(ToError(status_, target_));
  }

  const std::shared_ptr<Live> live_;
  const std::string target_;
  ByteBuffer request_;
  grpc::ClientContext context_;
  ByteBuffer frame_;  // Written by gRPC while reading_, then read by OnReadDone.

  std::mutex mutex_;
  Answer answer_;  // Guarded by mutex_, as all below.
  bool held_ = true;
  bool reading_ = false;
  bool cancelled_ = false;
  bool ended_ = false;
  grpc::Status status_;  // Constant once ended_.

  std::shared_ptr<StreamCall> self_;  // Until OnDone: gRPC holds a bare pointer.
};

class GrpcStream final : public Stream {
 public:
  explicit GrpcStream(std::shared_ptr<StreamCall> call) : call_(std::move(call)) {}
  ~GrpcStream() override { call_->Cancel(); }

  Task<std::optional<std::string>> Next() override {
    return FromCallback<std::optional<std::string>>(
        [call = call_](StreamCall::Answer answer) { call->Next(std::move(answer)); });
  }

  void Cancel() override { call_->Cancel(); }

 private:
  const std::shared_ptr<StreamCall> call_;
};

class GrpcTransport final : public Transport {
 public:
  GrpcTransport(std::shared_ptr<grpc::Channel> channel, std::string target)
      : target_(std::move(target)), stub_(std::move(channel)) {}
  ~GrpcTransport() override { live_->CancelAndWait(); }

  Task<std::string> Call(std::string method, std::string request, Secret token,
                         Deadline deadline) override {
    auto call = std::make_shared<UnaryCall>();
    call->request = ToBuffer(request);
    const Duration left = deadline.at - SystemClock().Mono();
    call->context.set_deadline(
        std::chrono::system_clock::now() +
        std::chrono::duration_cast<std::chrono::system_clock::duration>(left));
    Authorize(call->context, token);
    co_return co_await FromCallback<std::string>(
        [this, call, method](Callback<std::string> done) { Start(call, method, std::move(done)); });
  }

  std::unique_ptr<Stream> Open(std::string method, std::string request, Secret token) override {
    auto call = std::make_shared<StreamCall>(live_, target_, request, token);
    call->Begin(stub_, method, call);
    return std::make_unique<GrpcStream>(std::move(call));
  }

 private:
  void Start(const std::shared_ptr<UnaryCall>& call, const std::string& method,
             Callback<std::string> done) {
    call->done = std::move(done);
    live_->Add(call.get(), [weak = std::weak_ptr(call)] {
      if (const auto live_call = weak.lock()) live_call->context.TryCancel();
    });
    stub_.UnaryCall(&call->context, method, {}, &call->request, &call->response,
                    [call, live = live_, target = target_](const grpc::Status& status) {
                      auto answer = std::move(call->done);
                      if (status.ok()) {
                        answer(FromBuffer(call->response));
                      } else {
                        answer(std::unexpected(ToError(status, target)));
                      }
                      live->Remove(call.get());
                    });
  }

  const std::string target_;
  const std::shared_ptr<Live> live_ = std::make_shared<Live>();
  grpc::GenericStub stub_;
};

std::shared_ptr<grpc::ChannelCredentials> Credentials(const GrpcOptions& options) {
  if (!options.server.tls) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = options.roots_pem;
  return grpc::SslCredentials(tls);
}

// A dead connection is found in 10 + 5 s (the server allows a ping every 10 s); our own back-off
// decides when to try again, so that of the library stays short.
grpc::ChannelArguments Arguments(const GrpcOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  arguments.SetUserAgentPrefix(options.user_agent);
  return arguments;
}

// gRPC (1.51) takes the threads of its callbacks down with the last channel that has used them, and
// aborts where one of them is just at work. A channel that never goes, and leads nowhere, keeps
// them.
void KeepCallbackThreads() {
  struct Keeper {
    grpc::GenericStub stub{
        grpc::CreateChannel("unix:/nowhere", grpc::InsecureChannelCredentials())};
    grpc::ClientContext context;
    ByteBuffer request = ToBuffer("");
    ByteBuffer response;
  };
  static Keeper* const keeper = [] {
    auto* made = new Keeper;  // NOLINT(cppcoreguidelines-owning-memory): of the process.
    made->context.set_deadline(std::chrono::system_clock::now());
    made->stub.UnaryCall(&made->context, "/none", {}, &made->request, &made->response,
                         [](const grpc::Status&) {});
    return made;
  }();
  static_cast<void>(keeper);
}

// The library writes to stderr what our errors say in one line. Who asks for its log gets it.
void SilenceLibrary() {
  if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace

std::unique_ptr<Transport> MakeGrpcTransport(const GrpcOptions& options) {
  SilenceLibrary();
  KeepCallbackThreads();
  return std::make_unique<GrpcTransport>(
      grpc::CreateCustomChannel(options.server.Target(), Credentials(options), Arguments(options)),
      options.server.Target());
}

}  // namespace yap::client
