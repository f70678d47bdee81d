// edge/server_call.h: one call on the wire; the Call its handler holds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "edge/call.h"
#include "edge/handler.h"
#include "edge/message_reader.h"
#include "edge/request_head.h"

namespace yap::edge {

class Session;

// Owned by its session while the HTTP/2 stream is open, and by whoever holds the Call. One thread.
class ServerCall final : public Call, public std::enable_shared_from_this<ServerCall> {
 public:
  ServerCall(Session& session, std::int32_t id, asio::any_io_executor executor);
  ~ServerCall() override;

  // --- The session's side: the request.
  RequestHead& head() { return head_; }
  // From here on the call has a handler, which starts once what its kind wants is here.
  void Accept(Handler& handler, std::shared_ptr<const Peer> peer, Deadline deadline);
  void OnData(std::span<const char> bytes);
  void OnHalfClose();
  // The HTTP/2 stream is gone, and with it the session for this call.
  void OnClosed();
  void Age(Duration left);

  // --- The end. The first one counts.
  // Ends the call with `status` behind what was written.
  void Finish(Status status);
  // The edge itself ends it: what was not sent yet is dropped.
  void Abort(const Error& error);
  // The time at which OnDue is to end it: its deadline, or that its client takes nothing.
  MonoTime DueAt() const { return std::min(ended_ ? MonoTime::max() : deadline_.at, stalls_at_); }
  void OnDue(MonoTime now);
  // Answers in plain HTTP.
  void RejectHttp(std::string_view http_status);

  // --- The response's bytes, as a source for the session.
  std::size_t Available(std::size_t max);
  void Take(std::size_t n, Gather& out);
  // With `n` more bytes sent nothing is left and the status is known: SubmitTrailers is due.
  bool EndsAfter(std::size_t n) const { return ended_ && QueuedBytes() == n; }
  void SubmitTrailers();
  // The data source answered "nothing": the next news must wake it.
  void Sleep() { asleep_ = true; }

  std::int32_t id() const { return id_; }
  bool accepted() const { return handler_ != nullptr; }
  bool half_closed() const { return half_closed_; }
  // The handler said how it ends, rather than the edge, and knew who called.
  bool served() const { return served_; }

  // --- Call.
  std::string_view Path() const override { return head_.path(); }
  std::optional<std::string_view> Get(std::string_view name) const override {
    return head_.Get(name);
  }
  const Metadata& RequestMetadata() const override { return head_.metadata(); }
  Deadline GetDeadline() const override { return deadline_; }
  const Peer& GetPeer() const override { return *peer_; }
  asio::any_io_executor Executor() const override { return executor_; }
  Task<std::optional<std::string>> Read() override;
  Task<void> Write(std::string message) override;
  void StreamFrom(std::unique_ptr<ByteSource> source) override;
  std::function<void()> Waker() override;
  bool Ended() const override { return ended_; }
  void OnEnd(std::move_only_function<void()> fn) override;
  void OnAgeing(std::move_only_function<void(Duration)> fn) override;
  void AddInitialMetadata(Header header) override;
  void AddTrailer(Header header) override;

 private:
  static asio::awaitable<void> Serve(Handler& handler, std::shared_ptr<ServerCall> call);
  void Start();
  void Wake();
  void StartResponse();
  void SubmitTrailersOnly();
  void Queue(std::string_view message);
  void EndStalled();
  void DropSent();
  void DropUnsent();
  void ChargeBuffer();
  void End(Status status);
  void ResumeWaiters();
  void ReleaseHeld();
  Error EndedError() const;
  std::size_t QueuedBytes() const { return out_.size() - out_sent_; }

  const std::int32_t id_;
  const asio::any_io_executor executor_;
  Session* session_;  // Null once the HTTP/2 stream is closed.
  RequestHead head_;
  Handler* handler_ = nullptr;
  HandlerTraits traits_;
  std::shared_ptr<const Peer> peer_;
  Deadline deadline_{MonoTime::max()};

  std::optional<MessageReader> reader_;
  std::size_t held_window_bytes_ = 0;  // Received, but not given back to the peer's window.
  bool half_closed_ = false;
  bool started_ = false;
  std::optional<Callback<std::optional<std::string>>> read_waiter_;

  std::string out_;                       // Framed messages …
  std::size_t out_sent_ = 0;              // … of which so much is on its way.
  std::size_t out_charged_bytes_ = 0;     // What the connection's budget knows of it.
  MonoTime stalls_at_ = MonoTime::max();  // Unless something is taken before.
  std::unique_ptr<ByteSource> source_;    // While it is here it ends the call, not the handler.
  std::optional<Callback<void>> write_waiter_;
  Metadata initial_metadata_;
  Metadata trailers_;
  bool response_started_ = false;
  bool trailers_submitted_ = false;
  bool asleep_ = false;

  Status status_;
  bool ended_ = false;
  bool served_ = false;
  std::vector<std::move_only_function<void()>> on_end_;
  std::vector<std::move_only_function<void(Duration)>> on_ageing_;
};

}  // namespace yap::edge
