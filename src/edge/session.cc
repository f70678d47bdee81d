#include "edge/session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "edge/header_list.h"
#include "edge/refusals.h"
#include "edge/server_call.h"

namespace yap::edge {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
// RFC 9113, 6.5.2: the cost of a field beside its bytes.
constexpr std::size_t kFieldOverheadBytes = 32;
// A DATA frame is begun only where so much fits: shreds at the end of a pass cost more than they
// carry.
constexpr std::size_t kDataRoomMin = 1024;
// Marks the PING whose answer shows that the peer has seen the first GOAWAY.
constexpr std::string_view kAgePing = "yap-aged";
constexpr std::string_view kKeepalivePing = "yap-live";
constexpr std::string_view kUpgradeRequired =
    "HTTP/1.1 426 Upgrade Required\r\n"
    "Upgrade: h2c\r\nConnection: Upgrade, close\r\n"
    "Content-Type: text/plain\r\nContent-Length: 68\r\n\r\n"
    "This port speaks gRPC over HTTP/2 only; use a gRPC client, not curl\n";

const std::uint8_t* Raw(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::span<const char> Bytes(const std::uint8_t* data, std::size_t n) {
  return {reinterpret_cast<const char*>(data), n};
}

std::string_view View(const std::uint8_t* data, std::size_t n) {
  return {reinterpret_cast<const char*>(data), n};
}

// The start of a request line: a method in capitals.
bool LooksLikeHttp1(std::string_view text) {
  const std::string_view method = text.substr(0, text.find(' '));
  return !method.empty() &&
         std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
}

const nghttp2_option* TheOption() {
  static nghttp2_option* option = [] {
    nghttp2_option* made = nullptr;
    YAP_CHECK(nghttp2_option_new(&made) == 0);
    nghttp2_option_set_no_auto_window_update(made, 1);  // The windows follow the handlers' reads.
    nghttp2_option_set_max_deflate_dynamic_table_size(made, 0);
    nghttp2_option_set_no_closed_streams(made, 1);  // Kept for a priority tree that we do not have.
    nghttp2_option_set_server_fallback_rfc7540_priorities(made, 0);
    return made;
  }();
  return option;
}

}  // namespace

// The library's callbacks, each one line into the session.
struct Session::Callbacks {
  static Session& Of(void* user_data) { return *static_cast<Session*>(user_data); }

  static int OnBeginHeaders(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Session& session = Of(user_data);
    session.budget_.OnFieldsBegin();
    if (frame->headers.cat == NGHTTP2_HCAT_REQUEST) session.BeginCall(frame->hd.stream_id);
    return 0;
  }
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_bytes, const std::uint8_t* value, std::size_t value_bytes,
                      std::uint8_t, void* user_data) {
    const bool request = frame->headers.cat == NGHTTP2_HCAT_REQUEST;
    return Of(user_data).OnField(request ? frame->hd.stream_id : 0, View(name, name_bytes),
                                 View(value, value_bytes));
  }
  static int OnDataChunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                         std::size_t n, void* user_data) {
    Of(user_data).OnData(id, Bytes(data, n));
    return 0;
  }
  static int OnFrameRecv(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Of(user_data).OnFrameReceived(*frame);
    return 0;
  }
  static int OnFrameSend(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Of(user_data).OnFrameSent(*frame);
    return 0;
  }
  static int OnStreamClose(nghttp2_session*, std::int32_t id, std::uint32_t, void* user_data) {
    Of(user_data).OnStreamClosed(id);
    return 0;
  }
  // The library asks only for streams it has not closed, so the call is there.
  static ServerCall& CallOf(const nghttp2_data_source* source) {
    return *static_cast<ServerCall*>(source->ptr);
  }
  static ssize_t OnReadData(nghttp2_session*, std::int32_t, std::uint8_t*, std::size_t length,
                            std::uint32_t* flags, nghttp2_data_source* source, void* user_data) {
    return Of(user_data).ReadData(CallOf(source), length, *flags);
  }
  static int OnSendData(nghttp2_session*, nghttp2_frame*, const std::uint8_t* frame_header,
                        std::size_t length, nghttp2_data_source* source, void* user_data) {
    Of(user_data).SendData(CallOf(source), Bytes(frame_header, kFrameHeaderBytes), length);
    return 0;
  }

  static const nghttp2_session_callbacks* All() {
    static nghttp2_session_callbacks* callbacks = [] {
      nghttp2_session_callbacks* made = nullptr;
      YAP_CHECK(nghttp2_session_callbacks_new(&made) == 0);
      nghttp2_session_callbacks_set_on_begin_headers_callback(made, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback(made, OnHeader);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, OnDataChunk);
      nghttp2_session_callbacks_set_on_frame_recv_callback(made, OnFrameRecv);
      nghttp2_session_callbacks_set_on_frame_send_callback(made, OnFrameSend);
      nghttp2_session_callbacks_set_on_stream_close_callback(made, OnStreamClose);
      nghttp2_session_callbacks_set_send_data_callback(made, OnSendData);
      return made;
    }();
    return callbacks;
  }
};

Session::Session(SessionOptions options)
    : options_(std::move(options)),
      budget_(options_.budgets, options_.clock.Mono()),
      now_(options_.clock.Mono()) {
  YAP_CHECK(options_.memory.NewSession(&ng_, Callbacks::All(), this, TheOption()) == 0);
  const std::array<nghttp2_settings_entry, 5> settings = {{
      {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.budgets.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindowBytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
       static_cast<std::uint32_t>(options_.budgets.metadata_bytes_max)},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  YAP_CHECK(nghttp2_submit_settings(ng_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  YAP_CHECK(nghttp2_session_set_local_window_size(ng_, NGHTTP2_FLAG_NONE, 0,
                                                  kConnectionWindowBytes) == 0);
}

Session::~Session() {
  for (auto& [id, call] : std::exchange(calls_, {})) call->OnClosed();
  nghttp2_session_del(ng_);
}

// --- Bytes in.

void Session::Feed(std::span<const char> bytes) {
  if (violation_) return;
  now_ = options_.clock.Mono();
  if (preface_have_ < kPreface.size() && !TakePreface(bytes)) return;
  // The library sees a chunk only once all of its frames are paid for.
  const bool paid = scanner_.Scan(
      bytes, [this](const FrameHeader& frame) { return Judge(budget_.OnFrame(frame, now_)) == 0; });
  if (paid) Recv(bytes);
}

// Checks the preface byte by byte and hands it on; false on a mismatch.
bool Session::TakePreface(std::span<const char>& bytes) {
  const std::size_t n = std::min(kPreface.size() - preface_have_, bytes.size());
  std::memcpy(preface_.data() + preface_have_, bytes.data(), n);
  preface_have_ += n;
  const std::string_view have(preface_.data(), preface_have_);
  if (have == kPreface && !options_.http2_agreed) {
    Break(Violation::kTlsHandshake);
    return false;
  }
  if (kPreface.starts_with(have)) {
    Recv(bytes.first(n));
    bytes = bytes.subspan(n);
    return true;
  }
  Break(have.starts_with("\x16\x03") ? Violation::kTlsOnPlaintext
        : LooksLikeHttp1(have)       ? Violation::kHttp1
                                     : Violation::kProtocol);
  return false;
}

void Session::Recv(std::span<const char> bytes) {
  const ssize_t n = nghttp2_session_mem_recv(ng_, Raw({bytes.data(), bytes.size()}), bytes.size());
  if (n < 0 && !violation_) {
    Break(n == NGHTTP2_ERR_FLOODED ? Violation::kControls : Violation::kProtocol);
  }
  options_.host.WantFlush();
}

int Session::Break(Violation kind) {
  if (!violation_) violation_ = kind;
  options_.host.WantFlush();
  return NGHTTP2_ERR_CALLBACK_FAILURE;
}

int Session::Judge(Verdict verdict) { return verdict ? Break(*verdict) : 0; }

ServerCall* Session::Find(std::int32_t id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

// --- Requests.

void Session::BeginCall(std::int32_t id) {
  calls_.emplace(id, std::make_shared<ServerCall>(*this, id, options_.executor));
  // All calls of a connection take turns (RFC 9218, incremental), whatever the client asks.
  const nghttp2_extpri turns{NGHTTP2_EXTPRI_DEFAULT_URGENCY, 1};
  nghttp2_session_change_extpri_stream_priority(ng_, id, &turns, 1);
}

int Session::OnField(std::int32_t id, std::string_view name, std::string_view value) {
  const int verdict = Judge(budget_.OnField(name.size() + value.size() + kFieldOverheadBytes));
  if (verdict != 0) return verdict;
  if (ServerCall* call = Find(id)) {
    call->head().Add(name, value, options_.budgets.metadata_bytes_max);
  }
  return 0;
}

void Session::OnHeadersComplete(ServerCall& call) {
  got_request_ = true;
  const auto rejection = Route(call);
  if (!rejection) return;
  if (const auto* http = std::get_if<RequestHead::HttpError>(&*rejection)) {
    call.RejectHttp(http->status);
  } else {
    call.Finish(Explain(std::get<Error>(*rejection)));
  }
}

std::optional<RequestHead::Rejection> Session::Route(ServerCall& call) {
  if (auto rejection = call.head().Judge(options_.budgets.metadata_bytes_max)) return rejection;
  Handler* handler = options_.router.Find(call.head().path());
  if (handler == nullptr) return MethodUnknown(call.head().path());
  const Duration allowed =
      std::min(call.head().timeout().value_or(Duration::max()), handler->Traits().deadline_max);
  Deadline deadline{MonoTime::max()};
  if (allowed < MonoTime::max() - now_) deadline.at = now_ + allowed;
  TickAt(deadline.at);
  call.Accept(*handler, PeerOf(call.head()), deadline);
  return std::nullopt;
}

std::shared_ptr<const Peer> Session::PeerOf(const RequestHead& head) const {
  if (options_.trusted_proxies == nullptr) return options_.peer;
  const auto forwarded = head.Joined("x-forwarded-for");
  const auto client =
      forwarded ? ClientBehind(*options_.trusted_proxies, *forwarded) : std::nullopt;
  if (!client) return options_.peer;
  auto peer = std::make_shared<Peer>(*options_.peer);
  peer->address = client->to_string();
  peer->port = 0;
  peer->loopback = client->is_loopback();
  peer->proxied = true;
  return peer;
}

void Session::OnData(std::int32_t id, std::span<const char> bytes) {
  // The connection's window stays open: what waits is bounded per stream and by kUnreadBytesMax.
  nghttp2_session_consume_connection(ng_, bytes.size());
  if (ServerCall* call = Find(id)) return call->OnData(bytes);
  Consume(id, bytes.size());
}

void Session::OnFrameReceived(const nghttp2_frame& frame) {
  if (frame.hd.type == NGHTTP2_PING && (frame.hd.flags & NGHTTP2_FLAG_ACK) != 0) {
    if (View(frame.ping.opaque_data, sizeof frame.ping.opaque_data) == kAgePing) GoAway();
    return;
  }
  if (frame.hd.type != NGHTTP2_HEADERS && frame.hd.type != NGHTTP2_DATA) return;
  ServerCall* call = Find(frame.hd.stream_id);
  if (call == nullptr) return;
  if (frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST) {
    OnHeadersComplete(*call);
  }
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) call->OnHalfClose();
}

void Session::OnStreamClosed(std::int32_t id) {
  auto node = calls_.extract(id);
  if (node.empty()) return;
  if (node.mapped()->served()) budget_.OnServed();
  node.mapped()->OnClosed();
}

void Session::Consume(std::int32_t id, std::size_t bytes) {
  nghttp2_session_consume_stream(ng_, id, bytes);
  options_.host.WantFlush();
}

// --- Bytes out.

bool Session::Pull(Output& out) {
  if (violation_) {
    SayGoodbye(out);
    return false;
  }
  // Nothing before the client has said that it speaks HTTP/2: another one gets another answer.
  if (preface_have_ < kPreface.size()) return false;
  now_ = options_.clock.Mono();
  out_ = &out;
  paused_ = false;
  bool full = false;
  while (!(full = out.Room() == 0) && !violation_) {
    const std::uint8_t* data = nullptr;
    const ssize_t n = nghttp2_session_mem_send(ng_, &data);
    if (n < 0 && !violation_) violation_ = Violation::kProtocol;
    if (n <= 0) break;
    out.Copy(Bytes(data, static_cast<std::size_t>(n)));
  }
  out_ = nullptr;
  if (violation_) SayGoodbye(out);
  return full || paused_;
}

ssize_t Session::ReadData(ServerCall& call, std::size_t length, std::uint32_t& flags) {
  const std::size_t room = out_->Room();
  if (room < kDataRoomMin) {
    paused_ = true;
    return NGHTTP2_ERR_PAUSE;
  }
  const std::size_t n = call.Available(std::min(length, room - kFrameHeaderBytes));
  if (call.EndsAfter(n)) {
    flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    call.SubmitTrailers();
  } else if (n == 0) {
    return Rest(call);
  }
  if (n > 0) flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  return static_cast<ssize_t>(n);
}

// Nothing to send for now. The one call of a connection just stays next in turn: to take it out of
// the library's queue and put it back is a good part of what a small flush costs.
ssize_t Session::Rest(ServerCall& call) const {
  if (calls_.size() == 1) return NGHTTP2_ERR_PAUSE;
  call.Sleep();
  return NGHTTP2_ERR_DEFERRED;
}

void Session::SendData(ServerCall& call, std::span<const char> frame_header, std::size_t length) {
  out_->Copy(frame_header);
  call.Take(length, *out_);
  budget_.OnDataSent();
}

// The library calls this before it hands the frame over; an error here would swallow the frame.
void Session::OnFrameSent(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS: {
      budget_.OnHeadersSent();
      const ServerCall* call = Find(frame.hd.stream_id);
      const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      if (last && call != nullptr && !call->half_closed()) {
        // RFC 9113, 8.1: the answer is complete, the rest of the request is not wanted.
        nghttp2_submit_rst_stream(ng_, NGHTTP2_FLAG_NONE, frame.hd.stream_id, NGHTTP2_NO_ERROR);
      }
      return;
    }
    case NGHTTP2_RST_STREAM:
      Judge(budget_.OnResetSent(now_));
      return;
    case NGHTTP2_GOAWAY:
      if (frame.goaway.error_code != NGHTTP2_NO_ERROR) {
        // The library found the peer at fault and says so; no need to say it again.
        said_goodbye_ = true;
        Break(Violation::kProtocol);
      } else if (!went_away_) {
        // Behind the first one, so that its answer shows that it was read (a PING overtakes).
        nghttp2_submit_ping(ng_, NGHTTP2_FLAG_NONE, Raw(kAgePing));
      }
      return;
    default:
      return;
  }
}

void Session::SayGoodbye(Output& out) {
  if (std::exchange(said_goodbye_, true) || !violation_) return;
  if (*violation_ == Violation::kHttp1) return out.Copy(kUpgradeRequired);
  if (preface_have_ < kPreface.size()) return;
  const std::string_view reason = ViolationName(*violation_);
  const auto last = static_cast<std::uint32_t>(nghttp2_session_get_last_proc_stream_id(ng_));
  const std::uint32_t code =
      *violation_ == Violation::kProtocol ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_ENHANCE_YOUR_CALM;
  std::string frame = {0, 0, static_cast<char>(8 + reason.size()), NGHTTP2_GOAWAY, 0, 0, 0, 0, 0};
  for (const std::uint32_t word : {last, code}) {
    for (const int shift : {24, 16, 8, 0}) frame.push_back(static_cast<char>(word >> shift));
  }
  frame += reason;
  out.Copy(frame);
}

bool Session::Closing() const {
  if (violation_) return said_goodbye_;
  return nghttp2_session_want_read(ng_) == 0 && nghttp2_session_want_write(ng_) == 0;
}

// --- What calls and the connection ask for.

std::optional<Duration> Session::ageing_left() const {
  if (!ageing_) return std::nullopt;
  return std::max(Duration(ageing_until_ - options_.clock.Mono()), Duration::zero());
}

void Session::SubmitResponse(ServerCall& call, const HeaderList& headers) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &call;
  provider.read_callback = Callbacks::OnReadData;
  nghttp2_submit_response(ng_, call.id(), headers.data(), headers.size(), &provider);
  options_.host.WantFlush();
}

void Session::SubmitLastHeaders(std::int32_t id, const HeaderList& headers, HeadersKind kind) {
  if (kind == HeadersKind::kResponse) {
    nghttp2_submit_response(ng_, id, headers.data(), headers.size(), nullptr);
  } else {
    nghttp2_submit_trailer(ng_, id, headers.data(), headers.size());
  }
  options_.host.WantFlush();
}

void Session::Resume(std::int32_t id) {
  nghttp2_session_resume_data(ng_, id);
  options_.host.WantFlush();
}

void Session::TickAt(MonoTime at) {
  if (at >= next_deadline_) return;
  next_deadline_ = at;
  options_.host.WantTimer();
}

MonoTime Session::StallTime() {
  const auto patience =
      std::chrono::duration_cast<MonoTime::duration>(options_.budgets.write_stall_timeout);
  const MonoTime at = options_.clock.Mono() + patience;
  TickAt(at);
  return at;
}

void Session::Tick() {
  now_ = options_.clock.Mono();
  if (now_ < next_deadline_) return;
  next_deadline_ = MonoTime::max();
  for (auto& [id, call] : calls_) {
    if (call->DueAt() <= now_) call->OnDue(now_);
    next_deadline_ = std::min(next_deadline_, call->DueAt());
  }
}

void Session::SendPing() {
  nghttp2_submit_ping(ng_, NGHTTP2_FLAG_NONE, Raw(kKeepalivePing));
  options_.host.WantFlush();
}

void Session::Age(Duration left) {
  if (std::exchange(ageing_, true)) return;
  ageing_until_ = options_.clock.Mono() + std::chrono::duration_cast<MonoTime::duration>(left);
  const auto calls = calls_;  // A call that is told may end, and leave the map.
  for (auto& [id, call] : calls) call->Age(left);
  nghttp2_submit_shutdown_notice(ng_);
  options_.host.WantFlush();
}

void Session::GoAway() {
  if (std::exchange(went_away_, true)) return;
  nghttp2_submit_goaway(ng_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(ng_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  options_.host.WantFlush();
}

void Session::AbortCalls(const Error& error) {
  const auto calls = calls_;
  for (auto& [id, call] : calls) call->Abort(error);
}

}  // namespace yap::edge
