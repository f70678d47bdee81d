// api/ask.h: one typed question of yap.internal.v1 to a chat-service.
#pragma once

#include <string>
#include <string_view>

#include "api/identity.h"
#include "api/replicas.h"

namespace yap::api {

template <class T>
using Asked = std::expected<T, UpstreamFailure>;

template <class Response>
Asked<Response> DecodeReply(UpstreamReply reply) {
  if (!reply) return std::unexpected(std::move(reply).error());
  Response response;
  if (!response.ParseFromString(*reply)) return std::unexpected(UpstreamUnavailable());
  return response;
}

template <class Request>
UpstreamCall QuestionOf(std::string_view method, const Request& request, const Caller& caller,
                        Deadline deadline) {
  return {.path = std::string("/yap.internal.v1.InternalService/") + std::string(method),
          .request = request.SerializeAsString(),
          .identity = EncodeIdentity(caller),
          .deadline = deadline};
}

// Of whichever replica wants `key`. All questions are reads, so they may be tried again.
template <class Response, class Request>
asio::awaitable<Asked<Response>> Ask(Replicas& replicas, std::uint64_t key, std::string_view method,
                                     Request request, Caller caller, Deadline deadline) {
  co_return DecodeReply<Response>(
      co_await replicas.Call(key, true, QuestionOf(method, request, caller, deadline)));
}

// Of this one.
template <class Response, class Request>
asio::awaitable<Asked<Response>> AskAt(ReplicaPtr replica, std::string_view method, Request request,
                                       Deadline deadline) {
  co_return DecodeReply<Response>(
      co_await replica->Call(QuestionOf(method, request, Caller{}, deadline)));
}

}  // namespace yap::api
