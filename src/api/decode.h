// api/decode.h: the bytes of a request as a message.
#pragma once

#include <google/protobuf/message.h>

#include <string_view>

#include "base/result.h"

namespace yap::api {

// Why `bytes` are no `type`. Slower than parsing them, so only for bytes that did not parse.
Error MalformedRequest(const google::protobuf::Descriptor& type, std::string_view bytes);

// Errors: InvalidArgument TEXT_INVALID_UTF8, in its field and with its position, where a text is
// not UTF-8; else REQUEST_MALFORMED.
template <class Request>
Result<Request> Decode(std::string_view bytes) {
  Request request;
  if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Fail(MalformedRequest(*Request::descriptor(), bytes));
  }
  return request;
}

}  // namespace yap::api
