#include "client/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "unicode/names.h"

namespace yap::client {
namespace {

// The lock is only held for a refresh; a process that holds it for longer is stopped or stuck.
constexpr auto kLockPoll = 20ms;

WallTime FromProto(const google::protobuf::Timestamp& time) {
  return WallTime(std::chrono::seconds(time.seconds()) +
                  std::chrono::microseconds(time.nanos() / 1000));
}

// Whatever is wrong with the token, the server has refused nothing but that.
Error NoToken(Error why) {
  if (Judge(why, true) == Verdict::kGiveUp) why.code = Errc::kUnauthenticated;
  return why;
}

// It becomes part of file names here, so a server may not choose anything: "../../.ssh" is none.
Result<> CheckOwnName(const std::string& username) {
  const auto fits = unicode::CheckUserName(username);
  if (fits || fits.error().reason == unicode::kNameReserved) return {};
  return Fail(Errc::kInternal, "RESPONSE_MALFORMED",
              "the server says you have a name that nobody can have; is it a yapd?");
}

Credentials FromTokens(std::uint64_t user_id, std::string username, const v1::Tokens& tokens) {
  return {user_id, std::move(username), Secret(tokens.access_token()),
          FromProto(tokens.access_expire_time()), Secret(tokens.refresh_token())};
}

}  // namespace

Session::Session(Transport& transport, CredentialStore& store, Clock& clock, Random& random,
                 SessionOptions options)
    : transport_(transport),
      store_(store),
      clock_(clock),
      random_(random),
      options_(std::move(options)) {}

Deadline Session::AttemptDeadline(Deadline deadline) const {
  return std::min(deadline, Deadline::After(clock_, options_.attempt_max));
}

Result<Credentials> Session::Who() {
  if (known_) return *known_;
  YAP_TRY(auto stored, store_.Load(options_.server));
  if (!stored) {
    return Fail(Errc::kUnauthenticated, kNotLoggedIn,
                fmt::format("not logged in to {}: run `yap login` (or `yap register` for a new "
                            "account)",
                            options_.server));
  }
  if (user_id_.value_or(stored->user_id) != stored->user_id) {
    return Fail(
        Errc::kUnauthenticated, kOtherUser,
        fmt::format("{} has logged in to {} here meanwhile", stored->username, options_.server));
  }
  user_id_ = stored->user_id;
  known_ = std::move(stored);
  return *known_;
}

bool Session::TakeOther(const Secret& token) {
  const auto stored = store_.Load(options_.server);
  if (!stored || !*stored || (*stored)->user_id != user_id_) return false;
  known_ = **stored;
  return known_->access_token.Reveal() != token.Reveal();
}

Task<Secret> Session::FreshToken(Deadline deadline) {
  YAP_CO_TRY(const Credentials who, Who());
  if (who.access_expires >
      clock_.Now() + std::chrono::duration_cast<std::chrono::microseconds>(options_.renew_before)) {
    co_return who.access_token;
  }
  co_return co_await Renew(who.access_token, deadline);
}

Task<Fd> Session::Lock(Deadline deadline) {
  while (true) {
    YAP_CO_TRY(auto lock, store_.TryLock());
    if (lock) co_return std::move(*lock);
    if (deadline.Expired(clock_)) {
      co_return Fail(
          Errc::kUnavailable, kCredentialsBusy,
          fmt::format("another yap holds {}.lock; end it, or try again", store_.file().string()));
    }
    co_await SleepFor(clock_, kLockPoll);
  }
}

Task<Secret> Session::Renew(Secret token, Deadline deadline) {
  YAP_CO_TRY(const Fd lock, co_await Lock(deadline));
  co_return co_await RenewLocked(std::move(token), deadline);
}

Task<Secret> Session::RenewLocked(Secret token, Deadline deadline) {
  known_.reset();
  YAP_CO_TRY(const Credentials who, Who());
  if (who.access_token.Reveal() != token.Reveal()) co_return who.access_token;
  v1::RefreshRequest request;
  request.set_refresh_token(std::string(who.refresh_token.Reveal()));
  auto bytes = co_await CallUntil(kRefresh, request.SerializeAsString(), deadline);
  YAP_CO_TRY(const auto response, Parsed<decltype(kRefresh)>(bytes));
  YAP_CO_TRY_VOID(Store(FromTokens(who.user_id, who.username, response.tokens())));
  co_return known_->access_token;
}

Result<> Session::Store(const Credentials& credentials) {
  YAP_TRY_VOID(store_.Save(options_.server, credentials));
  known_ = credentials;
  user_id_ = credentials.user_id;
  return {};
}

Task<void> Session::Adopt(v1::User user, v1::Tokens tokens, Deadline deadline) {
  YAP_CO_TRY_VOID(CheckOwnName(user.username()));
  YAP_CO_TRY(const Fd lock, co_await Lock(deadline));
  co_return Store(FromTokens(user.id(), user.username(), tokens));
}

Task<void> Session::End(Credentials replaced, Deadline deadline) {
  auto ended = co_await transport_.Call(kLogout.method, "", replaced.access_token,
                                        AttemptDeadline(deadline));
  if (ended) co_return Result<void>();
  if (ended.error().reason != "TOKEN_EXPIRED") co_return Fail(std::move(ended).error());
  v1::RefreshRequest request;
  request.set_refresh_token(std::string(replaced.refresh_token.Reveal()));
  auto bytes = co_await transport_.Call(kRefresh.method, request.SerializeAsString(), {},
                                        AttemptDeadline(deadline));
  YAP_CO_TRY(const auto response, Parsed<decltype(kRefresh)>(bytes));
  YAP_CO_TRY_VOID(co_await transport_.Call(
      kLogout.method, "", Secret(response.tokens().access_token()), AttemptDeadline(deadline)));
  co_return Result<void>();
}

Task<void> Session::Forget(Deadline deadline) {
  YAP_CO_TRY(const Fd lock, co_await Lock(deadline));
  const auto own = std::exchange(known_, std::nullopt);
  YAP_CO_TRY(const auto stored, store_.Load(options_.server));
  const bool same = own && stored && own->refresh_token.Reveal() == stored->refresh_token.Reveal();
  co_return same ? store_.Remove(options_.server) : Result<>();
}

Task<std::string> Session::Attempt(RpcTraits method, std::string request, Deadline deadline) {
  if (!method.with_token) {
    co_return co_await transport_.Call(method.method, std::move(request), {},
                                       AttemptDeadline(deadline));
  }
  auto token = co_await FreshToken(deadline);
  if (!token) co_return Fail(NoToken(std::move(token).error()));
  auto first = co_await transport_.Call(method.method, request, *token, AttemptDeadline(deadline));
  if (first || !TokenRefused(first.error())) co_return first;
  token = co_await Renew(*std::move(token), deadline);
  if (!token) co_return Fail(NoToken(std::move(token).error()));
  co_return co_await transport_.Call(method.method, std::move(request), *std::move(token),
                                     AttemptDeadline(deadline));
}

namespace {

// How long to wait before another attempt; none: it is over.
std::optional<Duration> WaitAfter(const Error& error, bool repeatable, Backoff& backoff,
                                  const Clock& clock, Deadline deadline) {
  const Verdict verdict = Judge(error, repeatable);
  if (verdict == Verdict::kGiveUp || error.reason == kTlsFailed) return {};
  const Duration wait = verdict == Verdict::kRetry ? backoff.Next() : Duration(*error.retry_after);
  if (clock.Mono() + wait >= deadline.at) return {};
  return wait;
}

bool OutOfTime(const Error& error) {
  return error.code == Errc::kDeadlineExceeded && error.reason == kUnreachable;
}

// A server that asked to wait is there: the time went by with waiting.
Error AfterToldToWait(const Error& told, Error last) {
  last.message = fmt::format("{} (and then there was no time left for another try)", told.message);
  last.reason = told.reason;
  return last;
}

}  // namespace

Task<std::string> Session::CallUntil(RpcTraits method, std::string request, Deadline deadline) {
  Backoff backoff(random_);
  std::optional<Error> told;
  while (true) {
    auto result = co_await Attempt(method, request, deadline);
    if (result) co_return result;
    if (told && OutOfTime(result.error())) co_return Fail(AfterToldToWait(*told, result.error()));
    const auto wait = WaitAfter(result.error(), method.repeatable, backoff, clock_, deadline);
    if (!wait) co_return result;
    if (result.error().retry_after) told = result.error();
    if (options_.on_retry) options_.on_retry(result.error(), *wait);
    co_await SleepFor(clock_, *wait);
  }
}

std::string NewKey(Random& random, const Clock& clock) {
  std::string key(16, '\0');
  random.Fill(std::as_writable_bytes(std::span(key)));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(clock.Now()).time_since_epoch();
  for (int i = 0; i < 6; ++i) key[i] = static_cast<char>(now.count() >> (8 * (5 - i)));
  key[6] = static_cast<char>(0x70 | (key[6] & 0x0f));
  key[8] = static_cast<char>(0x80 | (key[8] & 0x3f));
  return key;
}

bool TokenRefused(const Error& error) {
  return error.code == Errc::kUnauthenticated &&
         (error.reason == "TOKEN_EXPIRED" || error.reason == "TOKEN_INVALID");
}

bool OfThisMachine(const Error& error) {
  return error.reason == "FILE_UNWRITABLE" || error.reason == "FILE_UNREADABLE" ||
         error.reason == kCredentialsBusy;
}

bool NeverSent(const Error& error) {
  return error.reason == kNotConnected || error.reason == kTlsFailed || OfThisMachine(error);
}

namespace {

constexpr std::string_view kOutcome = "outcome";

// Which errors leave it open whether this attempt stored the message (contract line C6).
bool MayBeStored(const Error& error) {
  return Judge(error, true) == Verdict::kRetry && !NeverSent(error);
}

}  // namespace

bool OutcomeUnknown(const Error& error) {
  return std::ranges::any_of(error.metadata, [](const auto& m) { return m.first == kOutcome; });
}

Task<v1::SendMessageResponse> SendUntil(Session& session, v1::SendMessageRequest request,
                                        Deadline deadline) {
  Backoff backoff(session.random());
  if (request.attempt() == 0) request.set_attempt(1);
  bool may_be_stored = request.attempt() > 1;
  while (true) {
    auto result = co_await session.CallOnce(kSendMessage, request, deadline);
    if (result) co_return result;
    result = Fail(UnknownUnlessYapds(std::move(result).error()));
    may_be_stored = may_be_stored || MayBeStored(result.error());
    const auto wait = WaitAfter(result.error(), true, backoff, session.clock(), deadline);
    const bool definite = Judge(result.error(), true) != Verdict::kRetry;
    if (may_be_stored && !definite) result.error().metadata.emplace_back(kOutcome, "unknown");
    if (!wait) co_return result;
    co_await SleepFor(session.clock(), *wait);
    request.set_attempt(request.attempt() + 1);
  }
}

}  // namespace yap::client
