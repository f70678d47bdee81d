#include "edge/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/post.hpp>
#include <cerrno>
#include <cmath>
#include <utility>

#include "base/metrics.h"
#include "edge/refusals.h"
#include "edge/worker.h"

namespace yap::edge {
namespace {

// How long the peer may take to answer the PING behind a first GOAWAY before the last one is sent.
constexpr Duration kGoAwayWait = std::chrono::seconds(1);

metrics::Gauge OpenGauge() {
  static auto gauge = metrics::NewGauge("yap_edge_connections_open", "Connections of clients");
  return gauge;
}

std::shared_ptr<Peer> MakePeer(const Accepted& accepted) {
  auto peer = std::make_shared<Peer>();
  peer->address = accepted.address.to_string();
  peer->port = accepted.port;
  peer->loopback = accepted.address.is_loopback();
  return peer;
}

MonoTime After(MonoTime from, Duration span) {
  return from + std::chrono::duration_cast<MonoTime::duration>(span);
}

// age_max ± age_jitter of it, so that connections opened together do not end together.
MonoTime AgeAt(const Budgets& budgets, MonoTime now, Random& random) {
  if (budgets.age_max <= Duration::zero()) return MonoTime::max();
  const double unit = static_cast<double>(random.Below(1'000'001)) / 1e6;  // 0 … 1
  const double factor = 1 + budgets.age_jitter * (2 * unit - 1);
  return After(now, Duration(std::llround(static_cast<double>(budgets.age_max.count()) * factor)));
}

}  // namespace

Connection::Connection(std::shared_ptr<Worker> worker, Accepted& accepted)
    : worker_(std::move(worker)),
      state_(worker_->shared_state()),
      listener_(accepted.listener),
      budgets_(listener_->options.budgets),
      accepted_at_(state_->clock.Mono()),
      socket_(worker_->executor()),
      slot_(std::move(accepted.slot)),
      peer_(MakePeer(accepted)),
      from_trusted_proxy_(listener_->trusted_proxies.Contains(accepted.address)),
      timer_(state_->clock.NewTimer(worker_->executor())),
      last_read_(accepted_at_),
      last_progress_(accepted_at_) {
  const auto protocol = listener_->v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
  std::error_code error;
  const int fd = accepted.Release();
  socket_.assign(protocol, fd, error);
  OpenGauge().Add(1);
  if (!error) return;
  ::close(fd);
  phase_ = Phase::kClosed;
}

Connection::~Connection() {
  OpenGauge().Add(-1);
  state_->ConnectionClosed();
}

void Connection::Start() {
  if (phase_ == Phase::kClosed) return worker_->Remove(*this);
  const int fd = socket_.native_handle();
  const auto tls = listener_->tls.With([](const auto& context) { return context; });
  transport_ = tls ? tls->NewTransport(fd) : NewPlainTransport(fd);
  if (listener_->options.proxy_protocol == ProxyProtocol::kRequired) phase_ = Phase::kProxyHeader;
  Proceed();
  ArmTimer();
}

void Connection::WaitFor(IoState want, void (Connection::*next)()) {
  if (phase_ == Phase::kClosed) return;
  const auto readiness =
      want == IoState::kWantWrite ? asio::socket_base::wait_write : asio::socket_base::wait_read;
  socket_.async_wait(readiness, [self = shared_from_this(), next](const std::error_code& error) {
    if (!error) (self.get()->*next)();
  });
}

// --- Reading.

void Connection::OnReadable() {
  if (phase_ == Phase::kClosed) return;
  for (int reads = 0; reads < kReadsPerTurnMax; ++reads) {
    if (!ReadOnce()) return;
  }
  // There may be more, also inside the transport, where no readiness would tell.
  asio::post(worker_->executor(), [self = shared_from_this()] { self->OnReadable(); });
}

// False when there is nothing more for now, or for ever.
bool Connection::ReadOnce() {
  const std::span<char> buffer = worker_->read_buffer();
  const IoResult got = transport_->Read(buffer);
  if (got.bytes > 0) OnBytes(buffer.first(got.bytes));
  switch (got.state) {
    case IoState::kOk:
      return phase_ != Phase::kClosed;
    case IoState::kWantWrite:  // TLS wants to say something first.
    case IoState::kWantRead:
      WaitFor(got.state, &Connection::OnReadable);
      return false;
    case IoState::kEnd:
      Close();
      return false;
  }
  return false;
}

void Connection::OnBytes(std::span<const char> bytes) {
  last_read_ = state_->clock.Mono();
  ping_sent_at_.reset();
  if (phase_ == Phase::kLingering) {
    lingered_bytes_ += bytes.size();
    if (lingered_bytes_ > kLingerBytesMax) Close();
  } else {
    session_->Feed(bytes);
    AfterSession();
  }
}

// --- Before the session.

void Connection::Proceed() {
  if (phase_ == Phase::kProxyHeader && !ReadProxyHeader()) return;
  if (phase_ == Phase::kHandshake && Handshake()) BeginSession();
}

bool Connection::ReadProxyHeader() {
  if (!from_trusted_proxy_) {
    Violate(Violation::kProxyHeader);
    return false;
  }
  std::array<char, kProxyHeaderBytesMax> peeked;
  const int fd = socket_.native_handle();
  const ssize_t n =
      ::recv(fd, peeked.data(), kProxyHeaderBytesMax - proxy_header_.size(), MSG_PEEK);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    WaitFor(IoState::kWantRead, &Connection::Proceed);
    return false;
  }
  if (n <= 0) {
    Close();
    return false;
  }
  const std::size_t had = proxy_header_.size();
  proxy_header_.append(peeked.data(), static_cast<std::size_t>(n));
  const ProxyHeader header = ParseProxyHeader(proxy_header_);
  const bool complete = header.state == ProxyHeader::State::kComplete;
  const std::size_t take = complete ? header.bytes - had : static_cast<std::size_t>(n);
  const bool taken = ::recv(fd, peeked.data(), take, 0) == static_cast<ssize_t>(take);
  if (!taken || header.state == ProxyHeader::State::kBad ||
      (!complete && proxy_header_.size() >= kProxyHeaderBytesMax)) {
    Violate(Violation::kProxyHeader);
    return false;
  }
  if (!complete) {
    WaitFor(IoState::kWantRead, &Connection::Proceed);
    return false;
  }
  return UseProxyHeader(header);
}

// From here on the peer is the client: it counts where the proxy's address did not, and it is not
// trusted because the proxy was.
bool Connection::UseProxyHeader(const ProxyHeader& header) {
  proxy_header_ = {};
  phase_ = Phase::kHandshake;
  if (!header.address) return true;
  from_trusted_proxy_ = listener_->trusted_proxies.Contains(*header.address);
  peer_->address = header.address->to_string();
  peer_->port = header.port;
  peer_->loopback = header.address->is_loopback();
  peer_->proxied = true;
  slot_.reset();
  slot_ = listener_->counts->Acquire(AddressKey(*header.address), peer_->address);
  if (slot_) return true;
  state_->refused.fetch_add(1);
  Close();
  return false;
}

bool Connection::Handshake() {
  const IoState state = transport_->Handshake().state;
  switch (state) {
    case IoState::kOk:
      return true;
    case IoState::kWantRead:
    case IoState::kWantWrite:
      WaitFor(state, &Connection::Proceed);
      return false;
    case IoState::kEnd:
      Violate(transport_->SawPlaintext() ? Violation::kPlaintextOnTls : Violation::kTlsHandshake);
      return false;
  }
  return false;
}

void Connection::BeginSession() {
  transport_->Describe(*peer_);
  phase_ = Phase::kOpen;
  age_at_ = AgeAt(budgets_, state_->clock.Mono(), state_->random);
  session_ = std::make_unique<Session>(SessionOptions{
      .budgets = budgets_,
      .router = state_->router,
      .clock = state_->clock,
      .host = *this,
      .executor = worker_->executor(),
      .peer = peer_,
      .memory = worker_->memory(),
      .trusted_proxies = from_trusted_proxy_ ? &listener_->trusted_proxies : nullptr,
      .http2_agreed = transport_->NegotiatedHttp2(),
  });
  WantFlush();
  ArmTimer();
  OnReadable();
}

// --- Writing.

void Connection::WantFlush() {
  // Bytes that wait for the socket go first; the flush follows when they are gone.
  if (phase_ != Phase::kOpen || !pending_.empty() || std::exchange(dirty_, true)) return;
  worker_->WantFlush(*this);
}

void Connection::Gather(Output& out) {
  dirty_ = false;
  out.Reset();
  if (phase_ != Phase::kOpen || !pending_.empty()) return;
  has_more_ = session_->Pull(out);
  if (out.empty()) AfterFlush();
}

void Connection::Write(const Output& out) {
  if (phase_ != Phase::kOpen) return;
  Send(out);
  AfterFlush();
}

void Connection::AfterFlush() {
  AfterSession();
  if (has_more_) WantFlush();
}

void Connection::Send(const Output& out) {
  const IoResult sent = transport_->Write(out.ranges());
  worker_->CountSent(sent.bytes);
  if (sent.state == IoState::kEnd) return Close();
  if (sent.bytes == out.size()) return;
  pending_sent_ = 0;
  pending_.reserve(out.size() - sent.bytes);
  out.CopyRest(sent.bytes, pending_);
  last_progress_ = state_->clock.Mono();
  WaitFor(sent.state, &Connection::WriteRest);
  ArmTimer();
}

void Connection::WriteRest() {
  if (phase_ == Phase::kClosed) return;
  const iovec rest{pending_.data() + pending_sent_, pending_.size() - pending_sent_};
  const IoResult sent = transport_->Write({&rest, 1});
  worker_->CountSent(sent.bytes);
  if (sent.state == IoState::kEnd) return Close();
  pending_sent_ += sent.bytes;
  if (sent.bytes > 0) last_progress_ = state_->clock.Mono();
  if (pending_sent_ < pending_.size()) return WaitFor(sent.state, &Connection::WriteRest);
  pending_.clear();
  pending_.shrink_to_fit();
  pending_sent_ = 0;
  WantFlush();
  AfterSession();
}

// --- The end.

// After every call into the session: what it found out about the peer, and whether it is over.
void Connection::AfterSession() {
  if (phase_ != Phase::kOpen) return;
  const std::size_t calls = session_->calls();
  if (calls != calls_counted_) {
    state_->calls.fetch_add(calls - calls_counted_);  // Wraps to a subtraction.
    calls_counted_ = calls;
  }
  if (session_->violation() && !std::exchange(violation_recorded_, true)) {
    state_->violations.fetch_add(1);
    RecordViolation(*session_->violation(), peer_->address);
  }
  if (pending_.empty() && session_->Closing()) Linger();
}

// Everything is said; the peer's last bytes are dropped, so that they do not reset the connection
// before it has heard us.
void Connection::Linger() {
  phase_ = Phase::kLingering;
  transport_->ShutdownWrite();
  close_at_ = After(state_->clock.Mono(), kLingerTime);
  ArmTimer();
}

void Connection::Violate(Violation kind) {
  if (phase_ == Phase::kClosed) return;
  if (!std::exchange(violation_recorded_, true)) {
    state_->violations.fetch_add(1);
    RecordViolation(kind, peer_->address);
  }
  Close();
}

void Connection::Close() {
  if (std::exchange(phase_, Phase::kClosed) == Phase::kClosed) return;
  state_->calls.fetch_sub(std::exchange(calls_counted_, 0));
  timer_->Cancel();
  session_.reset();
  transport_.reset();
  pending_ = {};
  slot_.reset();
  std::error_code ignored;
  socket_.close(ignored);
  worker_->Remove(*this);
}

void Connection::Drain(Duration grace) {
  if (phase_ == Phase::kClosed || phase_ == Phase::kLingering) return;
  if (phase_ != Phase::kOpen) return Close();
  const MonoTime now = state_->clock.Mono();
  age_at_ = MonoTime::max();
  go_away_at_ = After(now, std::min(kGoAwayWait, grace));
  close_at_ = std::min(close_at_, After(now, grace));
  session_->Age(grace);
  AfterSession();
  ArmTimer();
}

// --- Time.

void Connection::WantTimer() { ArmTimer(); }

MonoTime Connection::NextTimeout() const {
  if (phase_ == Phase::kLingering) return close_at_;
  if (phase_ != Phase::kOpen) return After(accepted_at_, budgets_.handshake_timeout);
  MonoTime next = std::min({age_at_, go_away_at_, close_at_, session_->NextDeadline()});
  if (!session_->got_request()) {
    next = std::min(next, After(accepted_at_, budgets_.first_request_timeout));
  }
  if (!pending_.empty()) next = std::min(next, After(last_progress_, budgets_.write_stall_timeout));
  return std::min(next, KeepaliveDue());
}

// When the silence asks for a PING, or the missing answer for an end. A slow reader that takes
// bytes is alive, though its answer stands behind them.
MonoTime Connection::KeepaliveDue() const {
  const MonoTime alive = pending_.empty() ? last_read_ : std::max(last_read_, last_progress_);
  return ping_sent_at_ ? After(std::max(*ping_sent_at_, alive), budgets_.keepalive_timeout)
                       : After(alive, budgets_.keepalive_interval);
}

// Armed times only come nearer: what has moved away is looked at again when the timer fires.
void Connection::ArmTimer() {
  if (phase_ == Phase::kClosed) return;
  const MonoTime next = NextTimeout();
  if (next >= armed_at_) return;
  armed_at_ = next;
  timer_->Arm(next, [self = weak_from_this()] {
    if (const auto connection = self.lock()) connection->OnTimer();
  });
}

void Connection::OnTimer() {
  armed_at_ = MonoTime::max();
  if (phase_ == Phase::kClosed) return;
  if (CheckTimeouts(state_->clock.Mono())) ArmTimer();
}

// False when the connection was closed.
bool Connection::CheckTimeouts(MonoTime now) {
  if (phase_ != Phase::kOpen) {
    if (now < NextTimeout()) return true;
    if (phase_ == Phase::kLingering) {
      Close();
    } else {
      Violate(Violation::kHandshakeTimeout);
    }
    return false;
  }
  if (!session_->got_request() && now >= After(accepted_at_, budgets_.first_request_timeout)) {
    Violate(Violation::kFirstRequestTimeout);
  } else if (!pending_.empty() && now >= After(last_progress_, budgets_.write_stall_timeout)) {
    Violate(Violation::kWriteStall);
  } else {
    session_->Tick();
    CheckKeepalive(now);
    CheckAge(now);
    AfterSession();
  }
  return phase_ != Phase::kClosed;
}

void Connection::CheckKeepalive(MonoTime now) {
  if (now < KeepaliveDue()) return;
  if (ping_sent_at_) return Violate(Violation::kKeepaliveTimeout);
  ping_sent_at_ = now;
  session_->SendPing();
}

void Connection::CheckAge(MonoTime now) {
  if (phase_ != Phase::kOpen) return;
  if (now >= age_at_) return Drain(budgets_.age_grace);
  if (now >= go_away_at_) {
    go_away_at_ = MonoTime::max();
    session_->GoAway();
  }
  if (now < close_at_) return;
  if (session_->calls() == 0 || std::exchange(aborted_, true)) return Close();
  // Those that have not finished learn why, as far as the socket takes it by then.
  close_at_ = After(now, kLingerTime);
  session_->AbortCalls(ConnectionCloses());
}

}  // namespace yap::edge
