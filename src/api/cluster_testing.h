// api/cluster_testing.h: a cluster without sockets: calls that are handed to a router's handlers in
// this process, and an Upstream made of that which fails as a test says.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/replicas.h"
#include "api/upstream.h"
#include "base/random.h"
#include "base/secret.h"
#include "edge/call.h"
#include "edge/handler.h"

namespace yap::api {

struct LocalCallOptions {
  std::string path;
  std::string request;
  edge::Metadata metadata;
  Deadline deadline{MonoTime::max()};
  edge::Peer peer;
};

// One call to a handler, from the side of whoever made it. One thread.
class LocalCall final : public edge::Call, public std::enable_shared_from_this<LocalCall> {
 public:
  LocalCall(LocalCallOptions options, asio::any_io_executor executor)
      : options_(std::move(options)), executor_(std::move(executor)) {}

  // Finds the handler and lets it serve, a stream until End(); UNIMPLEMENTED where there is none.
  asio::awaitable<edge::Status> Serve(edge::Router& router);

  // What the handler wrote, and its trailers.
  std::vector<std::string> written;
  edge::Metadata trailers;
  // The stream, once the handler has given it; ended by End().
  edge::ByteSource* source() { return source_.get(); }
  void End(edge::Status status);
  // Called when the source says it has news.
  std::function<void()> on_wake = [] {};

  // --- edge::Call
  std::string_view Path() const override { return options_.path; }
  std::optional<std::string_view> Get(std::string_view name) const override;
  const edge::Metadata& RequestMetadata() const override { return options_.metadata; }
  Deadline GetDeadline() const override { return options_.deadline; }
  const edge::Peer& GetPeer() const override { return options_.peer; }
  asio::any_io_executor Executor() const override { return executor_; }
  Task<std::optional<std::string>> Read() override;
  Task<void> Write(std::string message) override;
  void StreamFrom(std::unique_ptr<edge::ByteSource> source) override;
  std::function<void()> Waker() override;
  bool Ended() const override { return ended_; }
  void OnEnd(std::move_only_function<void()> fn) override { on_end_.push_back(std::move(fn)); }
  void OnAgeing(std::move_only_function<void(Duration)>) override {}
  void AddInitialMetadata(edge::Header) override {}
  void AddTrailer(edge::Header header) override { trailers.push_back(std::move(header)); }

 private:
  asio::awaitable<edge::Status> StreamEnd();

  LocalCallOptions options_;
  const asio::any_io_executor executor_;
  bool read_ = false;
  bool ended_ = false;
  bool streaming_ = false;
  std::unique_ptr<edge::ByteSource> source_;
  Callback<edge::Status> stream_done_;
  std::vector<std::move_only_function<void()>> on_end_;
};

// Chances are 0 … 1, each drawn per call.
struct LocalFaults {
  double lose_request = 0;  // Not carried out …
  double lose_reply = 0;    // … or carried out; UNAVAILABLE both.
  Duration delay_max{0};    // Before it arrives, and again before it is answered.
  bool down = false;        // Nobody there: UNAVAILABLE at once.
  bool silent = false;      // A black hole: nothing but the deadline.
};

// One chat-service as a gateway sees it. `router` answers null while there is none.
struct LocalService {
  std::function<edge::Router*()> router;
  LocalFaults faults;
  int calls = 0;  // That arrived.
};

// By target. What it makes belongs to one thread, that of `executor`; all outlive it.
class LocalUpstreams final : public UpstreamFactory {
 public:
  LocalUpstreams(Clock& clock, Random& random, asio::any_io_executor executor, Secret key)
      : clock_(clock), random_(random), executor_(std::move(executor)), key_(std::move(key)) {}

  LocalService& at(const std::string& target) { return services_[target]; }
  std::shared_ptr<Upstream> Open(std::string target, std::string server_name) override;

 private:
  class LocalUpstream;
  Clock& clock_;
  Random& random_;
  const asio::any_io_executor executor_;
  const Secret key_;
  std::map<std::string, LocalService> services_;
};

// Answers what a test says.
class FakeResolver final : public HostResolver {
 public:
  std::map<std::string, std::vector<std::string>> hosts;  // Empty list: the look-up fails.
  Task<std::vector<std::string>> Resolve(std::string host, Deadline) override {
    const auto& found = hosts[host];
    if (found.empty()) co_return Fail(Errc::kUnavailable, "UNRESOLVED", host);
    co_return found;
  }
};

}  // namespace yap::api
