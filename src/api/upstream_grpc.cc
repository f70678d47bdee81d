#include "api/upstream_grpc.h"

#include <grpc/support/log.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "api/errors.h"
#include "api/identity.h"
#include "api/limits.h"
#include "base/guarded.h"
#include "base/log.h"
#include "base/task.h"
#include "edge/limits.h"

namespace yap::api {
namespace {

using std::chrono::system_clock;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string FromBuffer(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  if (buffer.TrySingleSlice(&slice).ok() || buffer.DumpToSingleSlice(&slice).ok()) {
    return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
  }
  return {};
}

// What comes out of the queue, whose thread runs it once and deletes it.
class Completion {
 public:
  virtual ~Completion() = default;
  virtual void Run() = 0;
};

class GrpcUpstream;

// One call under way.
struct Pending final : Completion {
  explicit Pending(GrpcUpstream& upstream) : owner(upstream) {}
  void Run() override;

  GrpcUpstream& owner;
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  grpc::Status status;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
  Callback<UpstreamReply> done;
};

constexpr std::string_view kNoTrust =
    "it does not trust this gateway: are cluster.secret_file or cluster.tls_* the same on both?";

bool PeerRefused(const Pending& call) {
  return call.context.GetServerTrailingMetadata().contains(
      grpc::string_ref(kRefusedTrailer.data(), kRefusedTrailer.size()));
}

// Without details these did not come from yapd but from the library: nobody answered.
bool IsTheLibrarys(const grpc::Status& status) {
  if (!status.error_details().empty()) return false;
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::INTERNAL:
      return true;
    default:
      return false;
  }
}

UpstreamFailure Because(UpstreamFailure failure, std::string why) {
  failure.why = std::move(why);
  return failure;
}

UpstreamFailure FailureOf(const Pending& call) {
  const auto& status = call.status;
  if (PeerRefused(call)) return Because(UpstreamUnavailable(), std::string(kNoTrust));
  const bool late = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  if (late && status.error_details().empty()) {
    return Because(UpstreamTooLate(), "no answer in time");
  }
  if (IsTheLibrarys(status)) return Because(UpstreamUnavailable(), status.error_message());
  return {{static_cast<edge::Code>(status.error_code()), status.error_message(),
           status.error_details()},
          true};
}

UpstreamReply ReplyOf(const Pending& call) {
  if (call.status.ok()) return FromBuffer(call.response);
  return std::unexpected(FailureOf(call));
}

// The completion queue and its thread. Shared by the connections, which it outlives.
class Queue {
 public:
  Queue() : thread_([this] { Run(); }) {}
  ~Queue() {
    queue_.Shutdown();
    thread_.join();
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  grpc::CompletionQueue& queue() { return queue_; }

 private:
  void Run() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
      const std::unique_ptr<Completion> done(static_cast<Completion*>(tag));
      done->Run();
    }
  }

  grpc::CompletionQueue queue_;
  std::jthread thread_;
};

// A dead connection is found in 10 + 5 s by itself; the probes of api/replicas.h are faster. Our
// own back-off decides when to try again, so that of the library stays short. What it calls the
// minimum of that is the time that one attempt has.
grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kUpstreamConnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(kUpstreamMessageBytesMax);
  arguments.SetUserAgentPrefix("yapd-gateway");
  return arguments;
}

using CurrentCredentials = Guarded<std::shared_ptr<grpc::ChannelCredentials>>;

std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const UpstreamTls& tls) {
  return grpc::SslCredentials({tls.ca, std::string(tls.key.Reveal()), tls.certificate});
}

class GrpcUpstream final : public Upstream {
 public:
  GrpcUpstream(std::shared_ptr<Queue> queue, std::shared_ptr<const CurrentCredentials> credentials,
               std::string target, std::string server_name, Secret key)
      : queue_(std::move(queue)),
        credentials_(std::move(credentials)),
        target_(std::move(target)),
        server_name_(std::move(server_name)),
        key_(std::move(key)) {}

  ~GrpcUpstream() override {
    std::unique_lock lock(mutex_);
    closed_ = true;
    for (Pending* call : calls_) call->context.TryCancel();
    idle_.wait(lock, [this] { return calls_.empty(); });
  }

  asio::awaitable<UpstreamReply> Call(UpstreamCall call) override {
    auto pending = std::make_unique<Pending>(*this);
    Prepare(*pending, call);
    auto reply = co_await FromCallback<UpstreamReply>(
        [this, &pending, &path = call.path](Callback<UpstreamReply> done) {
          pending->done = std::move(done);
          Start(std::move(pending), path);
        });
    co_return *std::move(reply);
  }

 private:
  friend struct Pending;

  void Prepare(Pending& pending, const UpstreamCall& call) {
    pending.request = ToBuffer(call.request);
    const Duration left =
        std::min<Duration>(call.deadline.at - SystemClock().Mono(), edge::kUnaryDeadlineMax);
    pending.context.set_deadline(system_clock::now() +
                                 std::chrono::duration_cast<system_clock::duration>(left));
    pending.context.AddMetadata(std::string(kIdentityHeader), call.identity);
    if (key_.empty()) return;
    pending.context.AddMetadata(std::string(kProofHeader), ProofOf(key_, call.path, call.identity));
  }

  void Start(std::unique_ptr<Pending> pending, const std::string& path) {
    std::unique_lock lock(mutex_);
    if (closed_ || calls_.size() >= kUpstreamCallsMax) {
      const bool full = !closed_;
      lock.unlock();
      return pending->done(
          UpstreamReply(std::unexpected(full ? UpstreamFull() : UpstreamUnavailable())));
    }
    Pending& call = *pending.release();  // The queue's from here on.
    calls_.insert(&call);
    call.reader = Stub().PrepareUnaryCall(&call.context, path, call.request, &queue_->queue());
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, static_cast<Completion*>(&call));
  }

  // With the credentials of this moment. A call keeps the connection it began on.
  grpc::GenericStub& Stub() {
    auto now = credentials_->With([](const auto& credentials) { return credentials; });
    if (now != made_with_) {
      auto arguments = Arguments();
      if (!server_name_.empty()) arguments.SetSslTargetNameOverride(server_name_);
      stub_.emplace(grpc::CreateCustomChannel(target_, now, arguments));
      made_with_ = std::move(now);
    }
    return *stub_;
  }

  // The last thing that is done with the connection on behalf of this call.
  void Finish(Pending& call) {
    NoteTrust(PeerRefused(call));
    call.done(ReplyOf(call));
    std::lock_guard lock(mutex_);
    calls_.erase(&call);
    idle_.notify_all();
  }

  // Told once: a chat-service that changes its mind has started again, and so has this.
  void NoteTrust(bool refused) {
    if (!refused || refused_.exchange(true)) return;
    log::Error("a chat-service refuses this gateway", {{"target", target_}, {"why", kNoTrust}});
  }

  const std::shared_ptr<Queue> queue_;
  const std::shared_ptr<const CurrentCredentials> credentials_;
  const std::string target_;
  const std::string server_name_;  // Empty: without TLS.
  const Secret key_;
  std::atomic<bool> refused_ = false;

  std::mutex mutex_;
  std::condition_variable idle_;
  // Guarded by mutex_.
  std::set<Pending*> calls_;
  bool closed_ = false;
  std::optional<grpc::GenericStub> stub_;
  std::shared_ptr<grpc::ChannelCredentials> made_with_;
};

void Pending::Run() { owner.Finish(*this); }

class GrpcUpstreams final : public GrpcUpstreamFactory {
 public:
  explicit GrpcUpstreams(GrpcUpstreamOptions options)
      : key_(std::move(options.key)), tls_(options.tls.has_value()) {
    if (std::getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args*) {});
    Set(tls_ ? CredentialsOf(*options.tls) : grpc::InsecureChannelCredentials());
  }

  void Use(UpstreamTls tls) override { Set(CredentialsOf(tls)); }

  std::shared_ptr<Upstream> Open(std::string target, std::string server_name) override {
    return std::make_shared<GrpcUpstream>(queue_, credentials_, std::move(target),
                                          tls_ ? std::move(server_name) : std::string(), key_);
  }

 private:
  void Set(std::shared_ptr<grpc::ChannelCredentials> credentials) {
    credentials_->With([&](auto& current) { current = std::move(credentials); });
  }

  const Secret key_;
  const bool tls_;
  const std::shared_ptr<CurrentCredentials> credentials_ = std::make_shared<CurrentCredentials>();
  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

}  // namespace

std::unique_ptr<GrpcUpstreamFactory> NewGrpcUpstreams(GrpcUpstreamOptions options) {
  return std::make_unique<GrpcUpstreams>(std::move(options));
}

}  // namespace yap::api
