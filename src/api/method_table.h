// api/method_table.h: the list of what this server speaks, and the one place where a call is let
// in: policy, token, message, deadline. Services only see who asks and a parsed request.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/policy.h"
#include "base/task.h"
#include "core/accounts.h"
#include "core/principal.h"
#include "edge/handler.h"

namespace yap::api {

// What a service method learns of its call.
struct Caller {
  core::Principal who;  // Of a PUBLIC method: empty.
  core::PeerAddress peer;
  Deadline deadline;
};

// How long a token check may take: streams have no deadline of their own.
inline constexpr auto kAdmitMax = std::chrono::seconds(10);

// Methods are added before the server listens, then only looked up: thread-safe from there on.
class MethodTable final : public edge::Router {
 public:
  MethodTable(core::Accounts& accounts, Clock& clock);
  ~MethodTable() override;

  // `method` answers one request. REQUIRES: the path has a policy (PolicyOf).
  template <class Request, class Response>
  void Unary(std::string path, std::function<Task<Response>(Caller, Request)> method);

  // A server stream: it sees the call itself, once its policy has let it in.
  using StreamMethod =
      std::function<asio::awaitable<edge::Status>(Caller, std::shared_ptr<edge::Call>)>;
  void Stream(std::string path, StreamMethod method);
  // Services that have no policies because everybody may call them: health and reflection.
  enum class StreamKind : std::uint8_t { kUnary, kServer, kBidi };
  void Open(std::string path, StreamKind kind, StreamMethod method);

  edge::Handler* Find(std::string_view path) override;

 private:
  // Bytes in, bytes out: what Unary's template leaves when the types are gone.
  using BytesMethod = std::function<Task<std::string>(Caller, std::string)>;
  class UnaryHandler;
  class StreamHandler;
  void AddUnary(std::string path, BytesMethod method);
  // `call` outlives the coroutine.
  Task<Caller> Admit(yap::v1::Policy policy, edge::Call& call);

  core::Accounts& accounts_;
  Clock& clock_;
  std::map<std::string, std::unique_ptr<edge::Handler>, std::less<>> handlers_;
};

Error MalformedRequest();

template <class Request, class Response>
void MethodTable::Unary(std::string path, std::function<Task<Response>(Caller, Request)> method) {
  AddUnary(std::move(path), [method = std::move(method)](Caller caller, std::string bytes) {
    return [](const auto& call, Caller who, std::string body) -> Task<std::string> {
      Request request;
      if (!request.ParseFromString(body)) co_return Fail(MalformedRequest());
      YAP_CO_TRY(const Response response, co_await call(std::move(who), std::move(request)));
      co_return response.SerializeAsString();
    }(method, std::move(caller), std::move(bytes));
  });
}

// Adds methods that are free functions over one object: `Task<Response> F(Object&, Caller,
// Request)`.
template <class Object>
class Service {
 public:
  // `prefix` is "/package.Service/". The object outlives the table, or is shared with it.
  Service(MethodTable& table, std::string prefix, Object& object)
      : Service(table, std::move(prefix), std::shared_ptr<Object>(&object, [](Object*) {})) {}
  Service(MethodTable& table, std::string prefix, std::shared_ptr<Object> object)
      : table_(table), prefix_(std::move(prefix)), object_(std::move(object)) {}

  template <class Request, class Response>
  void Unary(const char* name, Task<Response> (*method)(Object&, Caller, Request)) {
    table_.Unary<Request, Response>(prefix_ + name,
                                    [object = object_, method](Caller caller, Request request) {
                                      return method(*object, std::move(caller), std::move(request));
                                    });
  }

 private:
  MethodTable& table_;
  const std::string prefix_;
  std::shared_ptr<Object> object_;
};

}  // namespace yap::api
