// edge/request_head.h: what the HEADERS of a request say, collected field by field and judged once.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "edge/call.h"

namespace yap::edge {

// Not thread-safe.
class RequestHead {
 public:
  // Keeps the field, or, past `metadata_bytes_max`, only remembers that there was too much.
  void Add(std::string_view name, std::string_view value, std::size_t metadata_bytes_max);

  struct HttpError {  // Not gRPC at all: answered in HTTP.
    std::string_view status;
  };
  using Rejection = std::variant<HttpError, Error>;
  // Why the request cannot be served, whoever would serve it.
  std::optional<Rejection> Judge(std::size_t metadata_bytes_max) const;

  const std::string& path() const { return path_; }
  const Metadata& metadata() const { return metadata_; }
  // The first field of that name.
  std::optional<std::string_view> Get(std::string_view name) const;
  // All fields of that name as the one list that they are (RFC 9110, 5.3); nothing where there is
  // none.
  std::optional<std::string> Joined(std::string_view name) const;
  // grpc-timeout. REQUIRES: Judge() had no objection.
  std::optional<Duration> timeout() const { return timeout_; }

 private:
  void AddOwn(std::string_view name, std::string_view value);
  void AddMetadata(std::string_view name, std::string_view value);

  std::string method_;
  std::string path_;
  std::string content_type_;
  std::string encoding_;
  std::string bad_binary_name_;
  Metadata metadata_;
  std::optional<Duration> timeout_;
  std::size_t bytes_ = 0;
  bool too_large_ = false;
  bool bad_timeout_ = false;
};

}  // namespace yap::edge
