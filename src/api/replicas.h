// api/replicas.h: the chat-services of a cluster, as a gateway knows them: where they are, which of
// them live, and which one a call goes to (docs/cluster.md, "Routing").
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/upstream.h"
#include "base/task.h"

namespace yap::api {

// Names to addresses; the network's part is the caller's.
class HostResolver {
 public:
  virtual ~HostResolver() = default;
  // The addresses of `host`, as text. Errors: Unavailable; NotFound: there is no such name.
  virtual Task<std::vector<std::string>> Resolve(std::string host, Deadline deadline) = 0;
};

// One chat-service. Immutable, but for whether it lives.
class Replica {
 public:
  virtual ~Replica() = default;
  virtual const std::string& target() const = 0;
  virtual bool alive() const = 0;
  virtual asio::awaitable<UpstreamReply> Call(UpstreamCall call) = 0;
};
using ReplicaPtr = std::shared_ptr<Replica>;

struct ReplicasOptions {
  // "host:port", or "dns:///name:port": every address of the name is one, asked again now and then.
  std::vector<std::string> services;
};

struct ReplicasPorts {
  UpstreamFactory& upstreams;
  HostResolver& resolver;
  Clock& clock;
  asio::any_io_executor executor;  // Where they are watched.
};

// Thread-safe. Stop() first, then destroy when the executor has stopped or run dry.
class Replicas {
 public:
  virtual ~Replicas() = default;

  // Begins to resolve and to watch; once. `changed` is called on the executor whenever one was lost
  // or is there again. A service that is no "host:port" is a mistake of the caller (CheckService).
  virtual void Start(std::function<void()> changed) = 0;
  virtual void Stop() = 0;

  // Sends it to the living replica that wants `key` most; where nobody answered, an idempotent call
  // to the next one, too. No living one: UNAVAILABLE at once.
  virtual asio::awaitable<UpstreamReply> Call(std::uint64_t key, bool idempotent,
                                              UpstreamCall call) = 0;
  virtual std::vector<ReplicaPtr> All() const = 0;
  virtual bool AnyAlive() const = 0;
};

std::unique_ptr<Replicas> NewReplicas(ReplicasPorts ports, ReplicasOptions options);

// A service as configuration has it. Errors: InvalidArgument.
struct ServiceAddress {
  std::string host;
  std::string port;
  bool resolve = false;
};
Result<ServiceAddress> ParseService(std::string_view text);

}  // namespace yap::api
