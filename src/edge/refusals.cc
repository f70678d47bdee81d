#include "edge/refusals.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "edge/reasons.h"

namespace yap::edge {
namespace {

// Of what a client sent, in an answer: enough to recognise it, and the answer stays small.
constexpr std::size_t kEchoBytesMax = 128;
// For requests that other requests of the same connection keep out.
constexpr std::chrono::seconds kUnreadRetry{1};

std::string Echo(std::string_view text) {
  std::string out(text.substr(0, kEchoBytesMax));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

}  // namespace

Error MethodUnknown(std::string_view path) {
  const std::string method = Echo(path);
  return MakeError(
             Errc::kUnimplemented, reason::kMethodUnknown,
             fmt::format("there is no method {}; is this server older than the client?", method))
      .With("method", method);
}

Error MetadataTooLarge(std::size_t bytes_max) {
  return MakeError(Errc::kResourceExhausted, reason::kMetadataTooLarge,
                   fmt::format("the request's metadata is larger than {} bytes; send fewer or "
                               "shorter headers",
                               bytes_max))
      .With("bytes_max", fmt::to_string(bytes_max));
}

Error MetadataInvalid(std::string_view name, std::string_view form) {
  const std::string key = Echo(name);
  return MakeError(Errc::kInvalidArgument, reason::kMetadataInvalid,
                   fmt::format("the value of the header {} is not {}", key, form))
      .With("header", key);
}

Error CompressionUnsupported() {
  return MakeError(Errc::kUnimplemented, reason::kCompressionUnsupported,
                   "compressed messages are not supported; use grpc-encoding: identity");
}

Error PrefixInvalid() {
  return MakeError(Errc::kInvalidArgument, reason::kRequestMalformed,
                   "a message's prefix starts with neither 0 nor 1; is this gRPC?");
}

Error RequestTooLarge(std::size_t bytes, std::size_t bytes_max) {
  return MakeError(Errc::kResourceExhausted, reason::kRequestTooLarge,
                   fmt::format(
                       "the request has {} bytes, and at most {} are taken; send less in one call",
                       bytes, bytes_max))
      .With("bytes", fmt::to_string(bytes))
      .With("bytes_max", fmt::to_string(bytes_max));
}

Error RequestCutShort() {
  return MakeError(Errc::kInvalidArgument, reason::kRequestMalformed,
                   "the request ended in the middle of a message; send all of it");
}

Error RequestCountWrong() {
  return MakeError(Errc::kUnimplemented, reason::kRequestCount,
                   "this method takes exactly one request message");
}

Error UnreadTooMuch() {
  return MakeError(Errc::kResourceExhausted, reason::kQueueFull,
                   "too many request bytes are waiting on this connection; send fewer at once")
      .With("queue", "connection")
      .RetryAfter(kUnreadRetry);
}

Error DeadlinePassed() {
  return MakeError(
      Errc::kDeadlineExceeded, reason::kDeadline,
      "the call's deadline has passed; whether it was carried out is unknown: try again");
}

Error AnswersNotTaken() {
  return MakeError(Errc::kUnavailable, reason::kAnswerNotTaken,
                   "too many answers wait for this client; take them, then ask again");
}

Error AnswerStalled() {
  return MakeError(Errc::kUnavailable, reason::kAnswerNotTaken,
                   "nothing of the answer was taken for too long; ask again");
}

Error ConnectionCloses() {
  return MakeError(Errc::kUnavailable, reason::kShuttingDown,
                   "the server closes this connection; connect again and go on");
}

}  // namespace yap::edge
