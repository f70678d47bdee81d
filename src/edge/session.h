// edge/session.h: gRPC over HTTP/2 for one connection, without the connection: bytes in, bytes out.
// Owns the calls' wire side. Over libnghttp2, which stays in session.cc and server_call.cc.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "edge/address.h"
#include "edge/call.h"
#include "edge/frame_budget.h"
#include "edge/frame_scanner.h"
#include "edge/handler.h"
#include "edge/limits.h"
#include "edge/output.h"
#include "edge/request_head.h"
#include "edge/session_memory.h"
#include "edge/violation.h"

namespace yap::edge {

class HeaderList;
class ServerCall;
enum class HeadersKind : std::uint8_t { kResponse, kTrailers };

// What a session asks of the connection it belongs to.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  // There may be something to Pull. Called often, also from inside Feed, Pull and handlers.
  virtual void WantFlush() = 0;
  // NextDeadline() came nearer.
  virtual void WantTimer() = 0;
};

struct SessionOptions {
  const Budgets& budgets;
  Router& router;
  Clock& clock;
  SessionHost& host;
  asio::any_io_executor executor;
  std::shared_ptr<const Peer> peer;
  SessionMemory& memory;  // Of the thread.
  // Set where the peer is a trusted proxy: its x-forwarded-for is believed.
  const NetworkSet* trusted_proxies = nullptr;
  // By ALPN or prior knowledge. Without it only HTTP/1 gets an answer: that it will not do.
  bool http2_agreed = true;
};

// One thread: the executor's. Not to be destroyed from inside its own calls.
class Session {
 public:
  // REQUIRES: everything referred to in `options` outlives this.
  explicit Session(SessionOptions options);
  ~Session();  // Ends every call.
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes what the peer sent. After a violation it takes no more.
  void Feed(std::span<const char> bytes);
  // Appends what can be sent now; true when `out` was too small for all of it.
  bool Pull(Output& out);
  // Nothing more will be read or written: close once everything pulled is sent.
  bool Closing() const;
  std::optional<Violation> violation() const { return violation_; }

  // Ends the calls whose deadline has passed, or whose client does not take what was written; then
  // the next such time, or max().
  void Tick();
  MonoTime NextDeadline() const { return next_deadline_; }

  void SendPing();
  // Tells the calls that they have `left` to finish, and the peer to open no more. GoAway() follows
  // when the peer has answered; the caller makes sure of it in time.
  void Age(Duration left);
  // The last word: no call after those seen so far. Idempotent.
  void GoAway();
  void AbortCalls(const Error& error);

  bool got_request() const { return got_request_; }
  std::size_t calls() const { return calls_.size(); }

  // --- For ServerCall: the wire side of one call.
  Status Explain(const Error& error) const { return options_.router.Explain(error); }
  std::optional<Duration> ageing_left() const;
  void SubmitResponse(ServerCall& call, const HeaderList& headers);
  // Headers that end the stream.
  void SubmitLastHeaders(std::int32_t id, const HeaderList& headers, HeadersKind kind);
  void Resume(std::int32_t id);
  void WantFlush() { options_.host.WantFlush(); }
  void Consume(std::int32_t id, std::size_t bytes);
  // Memory of what was written and not sent.
  void AddUnsent(std::ptrdiff_t bytes) { unsent_bytes_ += bytes; }
  bool HasRoomFor(std::size_t bytes) const {
    return unsent_bytes_ + static_cast<std::ptrdiff_t>(bytes) <=
           static_cast<std::ptrdiff_t>(options_.budgets.unsent_bytes_max);
  }
  // When bytes that wait from now on have waited too long. Tick will be called then.
  MonoTime StallTime();
  void AddUnread(std::ptrdiff_t bytes) { unread_bytes_ += bytes; }
  bool UnreadIsTooMuch() const {
    return unread_bytes_ > static_cast<std::ptrdiff_t>(kUnreadBytesMax);
  }

 private:
  struct Callbacks;
  using Verdict = FrameBudget::Verdict;

  bool TakePreface(std::span<const char>& bytes);
  void Recv(std::span<const char> bytes);
  int Break(Violation kind);
  int Judge(Verdict verdict);
  ServerCall* Find(std::int32_t id);

  void TickAt(MonoTime at);
  void BeginCall(std::int32_t id);
  int OnField(std::int32_t id, std::string_view name, std::string_view value);
  void OnHeadersComplete(ServerCall& call);
  std::optional<RequestHead::Rejection> Route(ServerCall& call);
  void OnData(std::int32_t id, std::span<const char> bytes);
  void OnFrameReceived(const nghttp2_frame& frame);
  void OnFrameSent(const nghttp2_frame& frame);
  void OnStreamClosed(std::int32_t id);
  std::shared_ptr<const Peer> PeerOf(const RequestHead& head) const;

  ssize_t ReadData(ServerCall& call, std::size_t length, std::uint32_t& flags);
  ssize_t Rest(ServerCall& call) const;
  void SendData(ServerCall& call, std::span<const char> frame_header, std::size_t length);
  void SayGoodbye(Output& out);

  const SessionOptions options_;
  nghttp2_session* ng_ = nullptr;
  FrameScanner scanner_;
  FrameBudget budget_;
  std::unordered_map<std::int32_t, std::shared_ptr<ServerCall>> calls_;
  MonoTime now_;  // Of the last Feed, Pull or Tick.
  MonoTime next_deadline_ = MonoTime::max();
  MonoTime ageing_until_;
  std::array<char, 24> preface_{};
  std::size_t preface_have_ = 0;
  std::ptrdiff_t unread_bytes_ = 0;
  std::ptrdiff_t unsent_bytes_ = 0;
  Output* out_ = nullptr;  // During Pull.
  std::optional<Violation> violation_;
  bool said_goodbye_ = false;
  bool paused_ = false;
  bool got_request_ = false;
  bool ageing_ = false;
  bool went_away_ = false;
};

}  // namespace yap::edge
