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

#include "api/admission.h"
#include "api/decode.h"
#include "api/errors.h"
#include "api/policy.h"
#include "base/task.h"
#include "edge/handler.h"

namespace yap::api {

// A router whose every refusal has details.
class ApiRouter : public edge::Router {
 public:
  edge::Status Explain(const Error& error) final { return ToStatus(error); }
};

// Methods are added before the server listens, then only looked up: thread-safe from there on.
class MethodTable final : public ApiRouter {
 public:
  explicit MethodTable(std::unique_ptr<Admission> admission);
  ~MethodTable() override;

  // `method` answers one request. REQUIRES: the path has a policy (PolicyOf).
  template <class Request, class Response>
  void Unary(std::string path, std::function<Task<Response>(Caller, Request)> method);
  // The same, with a policy of its own: for methods that clients cannot reach.
  template <class Request, class Response>
  void Unary(std::string path, yap::v1::Policy policy,
             std::function<Task<Response>(Caller, Request)> method);

  // Bytes in, bytes out, the status as it is: for what is answered elsewhere.
  using BytesHandler = std::function<asio::awaitable<Answer<std::string>>(Caller, std::string)>;
  void Forward(std::string path, BytesHandler handler);
  void Forward(std::string path, yap::v1::Policy policy, BytesHandler handler);

  // A server stream: it sees the call itself, once its policy has let it in.
  using StreamMethod =
      std::function<asio::awaitable<edge::Status>(Caller, std::shared_ptr<edge::Call>)>;
  void Stream(std::string path, StreamMethod method);
  // Services that have no policies because everybody may call them: health and reflection.
  enum class StreamKind : std::uint8_t { kUnary, kServer, kBidi };
  void Open(std::string path, StreamKind kind, StreamMethod method);

  edge::Handler* Find(std::string_view path) override;

 private:
  class UnaryHandler;
  class StreamHandler;
  template <class Request, class Response>
  static BytesHandler Decoding(std::function<Task<Response>(Caller, Request)> method);

  const std::unique_ptr<Admission> admission_;
  std::map<std::string, std::unique_ptr<edge::Handler>, std::less<>> handlers_;
};

template <class Request, class Response>
MethodTable::BytesHandler MethodTable::Decoding(
    std::function<Task<Response>(Caller, Request)> method) {
  return [method = std::move(method)](Caller caller, std::string bytes) {
    return
        [](const auto& call, Caller who, std::string body) -> asio::awaitable<Answer<std::string>> {
          auto request = Decode<Request>(body);
          if (!request) co_return std::unexpected(ToStatus(request.error()));
          auto response = co_await call(std::move(who), *std::move(request));
          if (!response) co_return std::unexpected(ToStatus(response.error()));
          co_return response->SerializeAsString();
        }(method, std::move(caller), std::move(bytes));
  };
}

template <class Request, class Response>
void MethodTable::Unary(std::string path, std::function<Task<Response>(Caller, Request)> method) {
  Forward(std::move(path), Decoding(std::move(method)));
}

template <class Request, class Response>
void MethodTable::Unary(std::string path, yap::v1::Policy policy,
                        std::function<Task<Response>(Caller, Request)> method) {
  Forward(std::move(path), policy, Decoding(std::move(method)));
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
