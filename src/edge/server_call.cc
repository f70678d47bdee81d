#include "edge/server_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/metrics.h"
#include "edge/grpc_wire.h"
#include "edge/header_list.h"
#include "edge/refusals.h"
#include "edge/session.h"

namespace yap::edge {
namespace {

// What an idle call may keep of its write buffer; the rest goes back.
constexpr std::size_t kIdleBufferBytesMax = 512;

constexpr std::size_t kCodes = 17;

void CountCall(Code code) {
  static auto counters = [] {
    std::array<metrics::Counter, kCodes> made;
    for (std::size_t i = 0; i < kCodes; ++i) {
      made[i] = metrics::NewCounter("yap_edge_calls_total", "Calls ended, by status",
                                    {{"code", std::string(CodeName(static_cast<Code>(i)))}});
    }
    return made;
  }();
  const auto i = static_cast<std::size_t>(code);
  counters[i < kCodes ? i : static_cast<std::size_t>(Code::kUnknown)].Add();
}

}  // namespace

ServerCall::ServerCall(Session& session, std::int32_t id, asio::any_io_executor executor)
    : id_(id), executor_(std::move(executor)), session_(&session) {}

ServerCall::~ServerCall() = default;

// --- The request.

void ServerCall::Accept(Handler& handler, std::shared_ptr<const Peer> peer, Deadline deadline) {
  handler_ = &handler;
  traits_ = handler.Traits();
  peer_ = std::move(peer);
  deadline_ = deadline;
  reader_.emplace(traits_.message_bytes_max);
  if (traits_.kind == CallKind::kBidi) Start();
}

void ServerCall::OnData(std::span<const char> bytes) {
  if (ended_ || !reader_) return session_->Consume(id_, bytes.size());
  const std::size_t held_before = reader_->HeldBytes();
  auto error = reader_->Feed(bytes);
  session_->AddUnread(static_cast<std::ptrdiff_t>(reader_->HeldBytes() - held_before));
  held_window_bytes_ += bytes.size();
  ReleaseHeld();
  if (!error && traits_.kind != CallKind::kBidi && reader_->complete() > 1) {
    error = RequestCountWrong();
  }
  if (!error && session_->UnreadIsTooMuch()) error = UnreadTooMuch();
  if (error) return Abort(*error);
  ResumeWaiters();
}

// The peer's window opens again while the handler keeps up.
void ServerCall::ReleaseHeld() {
  if (session_ == nullptr || reader_->HeldBytes() > traits_.message_bytes_max) return;
  if (held_window_bytes_ > 0) session_->Consume(id_, std::exchange(held_window_bytes_, 0));
}

void ServerCall::OnHalfClose() {
  half_closed_ = true;
  if (ended_ || handler_ == nullptr) return;
  if (!reader_->AtBoundary()) return Abort(RequestCutShort());
  if (traits_.kind == CallKind::kBidi) return ResumeWaiters();
  if (reader_->complete() != 1) return Abort(RequestCountWrong());
  Start();
}

void ServerCall::Start() {
  if (std::exchange(started_, true)) return;
  Spawn(executor_, Serve(*handler_, shared_from_this()));
}

asio::awaitable<void> ServerCall::Serve(Handler& handler, std::shared_ptr<ServerCall> call) {
  Status status = co_await handler.Serve(call);
  if (call->source_) co_return;
  // Who has no good token pays for each try.
  if (!call->ended_) call->served_ = status.code != Code::kUnauthenticated;
  call->Finish(std::move(status));
}

void ServerCall::Age(Duration left) {
  for (auto& fn : std::exchange(on_ageing_, {})) fn(left);
}

// --- The end.

void ServerCall::Finish(Status status) {
  if (ended_) return;
  End(std::move(status));
  if (session_ == nullptr) return;
  if (!response_started_) {
    SubmitTrailersOnly();
  } else if (QueuedBytes() == 0) {
    SubmitTrailers();
  }
}

void ServerCall::Abort(const Error& error) {
  if (ended_) return;
  DropUnsent();
  Finish(session_->Explain(error));
}

void ServerCall::OnDue(MonoTime now) {
  if (!ended_ && deadline_.at <= now) {
    Abort(DeadlinePassed());
  } else if (stalls_at_ <= now) {
    EndStalled();
  }
}

// A status behind bytes that nobody takes was not heard yet; the client cannot have all of them.
void ServerCall::EndStalled() {
  if (!ended_) return Abort(AnswerStalled());
  status_ = session_->Explain(AnswerStalled());
  DropUnsent();
  SubmitTrailers();
}

void ServerCall::OnClosed() {
  if (reader_) session_->AddUnread(-static_cast<std::ptrdiff_t>(reader_->HeldBytes()));
  DropUnsent();
  session_ = nullptr;
  if (!ended_) End({Code::kCancelled, "the client or its connection went away", {}});
}

void ServerCall::End(Status status) {
  const auto self = shared_from_this();  // A callback may drop the last other reference.
  status_ = std::move(status);
  ended_ = true;
  CountCall(status_.code);
  source_.reset();
  ResumeWaiters();
  on_ageing_.clear();
  for (auto& fn : std::exchange(on_end_, {})) fn();
}

// --- The response.

void ServerCall::StartResponse() {
  if (std::exchange(response_started_, true) || session_ == nullptr) return;
  HeaderList headers;
  headers.Add(":status", "200");
  headers.Add("content-type", "application/grpc");
  headers.Add(initial_metadata_);
  session_->SubmitResponse(*this, headers);
}

void ServerCall::SubmitTrailersOnly() {
  response_started_ = trailers_submitted_ = true;
  HeaderList headers;
  headers.Add(":status", "200");
  headers.Add("content-type", "application/grpc");
  if (status_.code == Code::kUnimplemented) headers.Add("grpc-accept-encoding", "identity");
  headers.Add(initial_metadata_);
  headers.Add(status_);
  headers.Add(trailers_);
  session_->SubmitLastHeaders(id_, headers, HeadersKind::kResponse);
}

void ServerCall::SubmitTrailers() {
  if (std::exchange(trailers_submitted_, true)) return;
  HeaderList headers;
  headers.Add(status_);
  headers.Add(trailers_);
  session_->SubmitLastHeaders(id_, headers, HeadersKind::kTrailers);
}

void ServerCall::RejectHttp(std::string_view http_status) {
  if (ended_) return;
  End({Code::kUnknown, "not a gRPC request", {}});
  response_started_ = trailers_submitted_ = true;
  HeaderList headers;
  headers.Add(":status", std::string(http_status));
  if (http_status == "405") headers.Add("allow", "POST");
  headers.Add("content-length", "0");
  session_->SubmitLastHeaders(id_, headers, HeadersKind::kResponse);
}

std::size_t ServerCall::Available(std::size_t max) {
  if (QueuedBytes() > 0) return std::min(max, QueuedBytes());
  if (!source_) return 0;
  const std::size_t n = source_->Available(max);
  if (n > 0) return n;
  if (auto status = source_->Finished()) {
    served_ = true;
    End(*std::move(status));
  }
  return 0;
}

void ServerCall::Take(std::size_t n, Gather& out) {
  if (QueuedBytes() == 0) return source_->Take(n, out);
  // Not shared: the trailers that follow in this pass may free the call.
  out.Copy({out_.data() + out_sent_, n});
  out_sent_ += n;
  if (QueuedBytes() <= kWriteBufferBytesMax) ResumeWaiters();
  stalls_at_ = QueuedBytes() > 0 ? session_->StallTime() : MonoTime::max();
  DropSent();
}

// A writer that is never quite drained must not make the buffer grow.
void ServerCall::DropSent() {
  if (QueuedBytes() > 0 && out_sent_ < kWriteBufferBytesMax) return;
  out_.erase(0, out_sent_);
  out_sent_ = 0;
  if (out_.empty() && out_.capacity() > kIdleBufferBytesMax) out_.shrink_to_fit();
  ChargeBuffer();
}

void ServerCall::DropUnsent() {
  out_.clear();
  out_.shrink_to_fit();
  out_sent_ = 0;
  stalls_at_ = MonoTime::max();
  ChargeBuffer();
}

void ServerCall::ChargeBuffer() {
  if (session_ == nullptr) return;
  const std::size_t charged = std::exchange(out_charged_bytes_, out_.capacity());
  session_->AddUnsent(static_cast<std::ptrdiff_t>(out_charged_bytes_ - charged));
}

void ServerCall::Wake() {
  if (session_ == nullptr) return;
  if (std::exchange(asleep_, false)) {
    session_->Resume(id_);
  } else {
    session_->WantFlush();
  }
}

// --- Call.

Error ServerCall::EndedError() const {
  const Errc code =
      status_.code == Code::kDeadlineExceeded ? Errc::kDeadlineExceeded : Errc::kUnavailable;
  return MakeError(code, "CALL_ENDED", "the call has ended: " + status_.message);
}

void ServerCall::ResumeWaiters() {
  if (read_waiter_ && (ended_ || half_closed_ || !reader_->empty())) {
    // The answer is only that there is one: Read looks for itself when it runs.
    (*std::exchange(read_waiter_, std::nullopt))(std::nullopt);
  }
  if (write_waiter_ && (ended_ || QueuedBytes() <= kWriteBufferBytesMax)) {
    (*std::exchange(write_waiter_, std::nullopt))({});
  }
}

Task<std::optional<std::string>> ServerCall::Read() {
  const auto self = shared_from_this();
  YAP_CHECK(!read_waiter_, "one Read at a time");
  if (!ended_ && reader_->empty() && !half_closed_) {
    co_await FromCallback<std::optional<std::string>>(
        [this](Callback<std::optional<std::string>> done) { read_waiter_ = std::move(done); });
  }
  if (ended_) co_return Fail(EndedError());
  const std::size_t held_before = reader_->HeldBytes();
  auto message = reader_->Pop();
  session_->AddUnread(-static_cast<std::ptrdiff_t>(held_before - reader_->HeldBytes()));
  ReleaseHeld();
  co_return message;
}

Task<void> ServerCall::Write(std::string message) {
  const auto self = shared_from_this();
  YAP_CHECK(!write_waiter_ && !source_, "one Write at a time, and none while streaming");
  if (ended_) co_return Fail(EndedError());
  if (!session_->HasRoomFor(message.size())) {
    Abort(AnswersNotTaken());
    co_return Fail(EndedError());
  }
  Queue(std::exchange(message, {}));
  if (QueuedBytes() <= kWriteBufferBytesMax) co_return Result<>{};
  co_await FromCallback<void>([this](Callback<void> done) { write_waiter_ = std::move(done); });
  if (ended_) co_return Fail(EndedError());
  co_return Result<>{};
}

void ServerCall::Queue(std::string_view message) {
  StartResponse();
  if (QueuedBytes() == 0) stalls_at_ = session_->StallTime();
  const Prefix prefix = MakePrefix(message.size());
  out_.append(prefix.data(), prefix.size()).append(message);
  ChargeBuffer();
  Wake();
}

void ServerCall::StreamFrom(std::unique_ptr<ByteSource> source) {
  YAP_CHECK(!write_waiter_ && !source_, "at most one source, and no Write beside it");
  if (ended_) return;
  source_ = std::move(source);
  StartResponse();
  Wake();
}

std::function<void()> ServerCall::Waker() {
  return [self = shared_from_this()] { self->Wake(); };
}

void ServerCall::OnEnd(std::move_only_function<void()> fn) {
  if (ended_) return fn();
  on_end_.push_back(std::move(fn));
}

void ServerCall::OnAgeing(std::move_only_function<void(Duration)> fn) {
  if (ended_) return;
  if (const auto left = session_->ageing_left()) return fn(*left);
  on_ageing_.push_back(std::move(fn));
}

void ServerCall::AddInitialMetadata(Header header) {
  YAP_CHECK(!response_started_ && !IsReservedName(header.name));
  initial_metadata_.push_back(std::move(header));
}

void ServerCall::AddTrailer(Header header) {
  YAP_CHECK(!IsReservedName(header.name));
  trailers_.push_back(std::move(header));
}

}  // namespace yap::edge
