#include "api/upstream_grpc.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "api/errors.h"
#include "api/identity.h"
#include "api/limits.h"
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

UpstreamFailure FailureOf(const Pending& call) {
  const auto& status = call.status;
  if (PeerRefused(call)) return UpstreamUnavailable();
  const bool late = status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
  if (late && status.error_details().empty()) return UpstreamTooLate();
  if (IsTheLibrarys(status)) {
    log::Debug("a call to a chat-service failed", {{"why", status.error_message()}});
    return UpstreamUnavailable();
  }
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

class GrpcUpstream final : public Upstream {
 public:
  GrpcUpstream(std::shared_ptr<Queue> queue, std::string target,
               std::shared_ptr<grpc::Channel> channel, Secret key)
      : queue_(std::move(queue)),
        target_(std::move(target)),
        key_(std::move(key)),
        stub_(std::move(channel)) {}

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
    call.reader = stub_.PrepareUnaryCall(&call.context, path, call.request, &queue_->queue());
    call.reader->StartCall();
    call.reader->Finish(&call.response, &call.status, static_cast<Completion*>(&call));
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
    log::Error(
        "a chat-service does not trust this gateway: are cluster.secret_file or cluster.tls_* the "
        "same on both?",
        {{"target", target_}});
  }

  const std::shared_ptr<Queue> queue_;
  const std::string target_;
  const Secret key_;
  grpc::GenericStub stub_;
  std::atomic<bool> refused_ = false;

  std::mutex mutex_;
  std::condition_variable idle_;
  std::set<Pending*> calls_;  // Guarded by mutex_.
  bool closed_ = false;       // Guarded by mutex_.
};

void Pending::Run() { owner.Finish(*this); }

// A dead connection is found in 10 + 5 s by itself; the probes of api/replicas.h are faster. Our
// own back-off decides when to try again, so that of the library stays short.
grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(kUpstreamMessageBytesMax);
  arguments.SetUserAgentPrefix("yapd-gateway");
  return arguments;
}

class GrpcUpstreams final : public UpstreamFactory {
 public:
  explicit GrpcUpstreams(GrpcUpstreamOptions options) : key_(std::move(options.key)) {
    if (!options.tls) {
      credentials_ = grpc::InsecureChannelCredentials();
      return;
    }
    tls_ = true;
    credentials_ = grpc::SslCredentials(
        {options.tls->ca, std::string(options.tls->key.Reveal()), options.tls->certificate});
  }

  std::shared_ptr<Upstream> Open(std::string target, std::string server_name) override {
    auto arguments = Arguments();
    if (tls_) arguments.SetSslTargetNameOverride(server_name);
    return std::make_shared<GrpcUpstream>(
        queue_, target, grpc::CreateCustomChannel(target, credentials_, arguments), key_);
  }

 private:
  const Secret key_;
  bool tls_ = false;
  std::shared_ptr<grpc::ChannelCredentials> credentials_;
  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
};

}  // namespace

std::unique_ptr<UpstreamFactory> NewGrpcUpstreams(GrpcUpstreamOptions options) {
  return std::make_unique<GrpcUpstreams>(std::move(options));
}

}  // namespace yap::api
