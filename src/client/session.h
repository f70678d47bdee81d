// client/session.h: calls with what a person's session needs: the access token, renewed in time,
// and the retries of docs/api.md.
//
// One executor. Several processes share the credentials file: whoever renews the tokens holds its
// lock and reads it again first, so that each refresh token is used once.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "base/task.h"
#include "client/backoff.h"
#include "client/credentials.h"
#include "client/rpc.h"
#include "client/transport.h"

namespace yap::client {

// The reason of Unauthenticated errors where no credentials are stored.
inline constexpr std::string_view kNotLoggedIn = "NOT_LOGGED_IN";
// The same where those of another user are: somebody else has logged in meanwhile.
inline constexpr std::string_view kOtherUser = "OTHER_USER_LOGGED_IN";
// The reason of Unavailable: the lock of the credentials was held all the time.
inline constexpr std::string_view kCredentialsBusy = "CREDENTIALS_BUSY";

struct SessionOptions {
  std::string server;  // ServerAddress::Name().
  // One attempt; the server caps it at 30 s.
  Duration attempt_max = 10s;
  // Access tokens are renewed this long before they expire.
  Duration renew_before = 60s;
  // Called before each wait for another attempt, with what failed.
  std::function<void(const Error&, Duration wait)> on_retry;
};

// 16 bytes that nobody else draws, a client_msg_id or request_id: a UUID of version 7 (RFC 9562).
// Those of one moment lie side by side in the index of the store, which then has one page to write
// for many of them.
std::string NewKey(Random& random, const Clock& clock);

class Session {
 public:
  // All outlive the session.
  Session(Transport& transport, CredentialStore& store, Clock& clock, Random& random,
          SessionOptions options);

  const std::string& server() const { return options_.server; }
  Transport& transport() { return transport_; }
  Clock& clock() { return clock_; }
  Random& random() { return random_; }
  std::string NewKey() { return client::NewKey(random_, clock_); }

  // Calls until there is a definite answer or `deadline` has passed; then the last error. Where no
  // access token can be had, whatever the reason, the error is Unauthenticated with that reason,
  // unless another attempt may cure it.
  template <class Method>
  Task<typename Method::Response> Call(Method method, typename Method::Request request,
                                       Deadline deadline) {
    co_return Parsed<Method>(co_await CallUntil(method, request.SerializeAsString(), deadline));
  }

  // One attempt (and one more where the token had expired).
  template <class Method>
  Task<typename Method::Response> CallOnce(Method method, typename Method::Request request,
                                           Deadline deadline) {
    co_return Parsed<Method>(co_await Attempt(method, request.SerializeAsString(), deadline));
  }

  // The stored credentials, read once and after every renewal. Whose they are the first time, or
  // by Adopt, this session is for good.
  // Errors: Unauthenticated kNotLoggedIn, kOtherUser; CredentialStore::Load's.
  Result<Credentials> Who();

  // An access token good for a while. Errors: as Who(), and those of Refresh.
  Task<Secret> FreshToken(Deadline deadline);

  // The server refused `token`: answers another, renewed or found in the file.
  Task<Secret> Renew(Secret token, Deadline deadline);

  // Whether other tokens of the same user than `token` are stored, by another process that has
  // renewed them or logged in again: this session goes on with those.
  bool TakeOther(const Secret& token);

  // Stores what Register or Login answered.
  // Errors: Internal RESPONSE_MALFORMED, where the name is none; CredentialStore's.
  Task<void> Adopt(v1::User user, v1::Tokens tokens, Deadline deadline);

  // Ends the session of `replaced` with the server: what Who() answered before Adopt, so that the
  // sessions of one device do not add up. Errors: those of Refresh and Logout; the session then
  // ends by itself, unused.
  Task<void> End(Credentials replaced, Deadline deadline);

  // Removes the stored credentials, where they are still those of Who(): what another process has
  // stored since stays, and Who() then answers it.
  Task<void> Forget(Deadline deadline);

 private:
  template <class Method>
  static Result<typename Method::Response> Parsed(const Result<std::string>& bytes) {
    if (!bytes) return std::unexpected(bytes.error());
    typename Method::Response response;
    if (response.ParseFromString(*bytes)) return response;
    return Fail(Errc::kInternal, "RESPONSE_MALFORMED",
                "the server's answer cannot be read; is it a yapd?");
  }

  Task<std::string> CallUntil(RpcTraits method, std::string request, Deadline deadline);
  Task<std::string> Attempt(RpcTraits method, std::string request, Deadline deadline);
  Task<Fd> Lock(Deadline deadline);
  Task<Secret> RenewLocked(Secret token, Deadline deadline);
  Result<> Store(const Credentials& credentials);
  Deadline AttemptDeadline(Deadline deadline) const;

  Transport& transport_;
  CredentialStore& store_;
  Clock& clock_;
  Random& random_;
  const SessionOptions options_;

  std::optional<Credentials> known_;
  std::optional<std::uint64_t> user_id_;  // Whose session this is, once that is known.
};

// Whether the server refused the access token itself: a renewed one may do.
bool TokenRefused(const Error& error);

// Whether it was a file of this machine that was in the way, so that `error` says nothing about the
// server.
bool OfThisMachine(const Error& error);

// Whether the attempt that failed with `error` sent nothing: no connection came about, or it ended
// before, at a file of this machine. False: not known.
bool NeverSent(const Error& error);

// Sends until there is a definite answer or `deadline` has passed, counting the attempts up from
// request.attempt (0 counts as 1; more than 1: somebody tried before). OutcomeUnknown(error) tells
// of an error that is no definite answer whether any attempt, not only the last, may have stored
// the message.
Task<v1::SendMessageResponse> SendUntil(Session& session, v1::SendMessageRequest request,
                                        Deadline deadline);

bool OutcomeUnknown(const Error& error);

}  // namespace yap::client
