// base/result.h: the one way a function of yap says that it failed.
//
// Result<T> is either a T or an Error. Codes are a closed set with the meaning of the gRPC code of
// the same name, and they carry the promise of contract line C6: InvalidArgument, Unauthenticated,
// PermissionDenied, NotFound, AlreadyExists, FailedPrecondition and ResourceExhausted mean that
// this attempt stored nothing; Unavailable, DeadlineExceeded, Conflict and Internal mean "unknown".
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yap {

enum class Errc : std::uint8_t {
  kInvalidArgument,
  kUnauthenticated,
  kPermissionDenied,
  kNotFound,
  kAlreadyExists,
  kFailedPrecondition,
  kConflict,  // A compare-and-set lost; retry after reading again. gRPC ABORTED.
  kResourceExhausted,
  kUnavailable,
  kDeadlineExceeded,
  kUnimplemented,
  kCorruption,  // Stored data is not what was written; ends the process. gRPC DATA_LOSS.
  kInternal,
};

// "INVALID_ARGUMENT" and so on: the gRPC name of the code.
std::string_view ErrcName(Errc code);

struct [[nodiscard]] Error {
  Errc code = Errc::kInternal;
  // UPPER_SNAKE, stable, for programs; one of core/reasons.h where the error reaches a client.
  std::string reason;
  // For people: what happened and what to do next. Never a secret, a token or message text.
  std::string message;
  // Every dynamic value of `message`, for programs. Keys are lower_snake.
  std::vector<std::pair<std::string, std::string>> metadata;
  // The request field at fault (InvalidArgument only), as its proto name.
  std::string field;
  // When another attempt can succeed (ResourceExhausted, Unavailable).
  std::optional<std::chrono::milliseconds> retry_after;

  Error&& With(std::string key, std::string value) && {
    metadata.emplace_back(std::move(key), std::move(value));
    return std::move(*this);
  }
  Error&& InField(std::string name) && {
    field = std::move(name);
    return std::move(*this);
  }
  Error&& RetryAfter(std::chrono::milliseconds after) && {
    retry_after = after;
    return std::move(*this);
  }
};

inline Error MakeError(Errc code, std::string_view reason, std::string message) {
  return Error{code, std::string(reason), std::move(message), {}, {}, std::nullopt};
}

template <class T = void>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> Fail(Errc code, std::string_view reason, std::string message) {
  return std::unexpected(MakeError(code, reason, std::move(message)));
}
inline std::unexpected<Error> Fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace yap

// `YAP_TRY(auto x, Expression())` and `YAP_TRY_VOID(Expression())`: return the error or go on.
// `YAP_CO_TRY…` are the same inside a coroutine.
#define YAP_CONCAT_INNER(a, b) a##b
#define YAP_CONCAT(a, b) YAP_CONCAT_INNER(a, b)
#define YAP_TRY_IMPL(tmp, ret, decl, ...)                \
  auto tmp = __VA_ARGS__;                                \
  if (!tmp) ret std::unexpected(std::move(tmp).error()); \
  decl = *std::move(tmp)
#define YAP_TRY_VOID_IMPL(tmp, ret, ...) \
  if (auto tmp = __VA_ARGS__; !tmp) ret std::unexpected(std::move(tmp).error())
#define YAP_TRY(decl, ...) YAP_TRY_IMPL(YAP_CONCAT(yap_try_, __LINE__), return, decl, __VA_ARGS__)
#define YAP_CO_TRY(decl, ...) \
  YAP_TRY_IMPL(YAP_CONCAT(yap_try_, __LINE__), co_return, decl, __VA_ARGS__)
#define YAP_TRY_VOID(...) YAP_TRY_VOID_IMPL(YAP_CONCAT(yap_try_, __LINE__), return, __VA_ARGS__)
#define YAP_CO_TRY_VOID(...) \
  YAP_TRY_VOID_IMPL(YAP_CONCAT(yap_try_, __LINE__), co_return, __VA_ARGS__)
