#include "edge/test_server.h"

#include <charconv>

#include "base/check.h"
#include "edge/grpc_wire.h"

namespace yap::edge {
namespace {

constexpr HandlerTraits kUnary{};
constexpr HandlerTraits kStream{CallKind::kServerStream, Duration::max(), kMessageBytesMax};
constexpr HandlerTraits kBidi{CallKind::kBidi, Duration::max(), kMessageBytesMax};

const Status kGone{Code::kCancelled, "gone", {}};

// Nonsense is 0.
int Number(const std::string& text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

asio::awaitable<Status> Echo(std::shared_ptr<Call> call) {
  for (const Header& header : call->RequestMetadata()) {
    if (!header.name.starts_with("x-")) continue;
    call->AddInitialMetadata(header);
    call->AddTrailer(header);
  }
  auto request = co_await call->Read();
  if (!request || !*request) co_return kGone;
  const auto written = co_await call->Write(*std::move(*request));
  co_return written ? Status{} : kGone;
}

asio::awaitable<Status> FailAs(std::shared_ptr<Call> call) {
  auto request = co_await call->Read();
  if (!request || !*request) co_return kGone;
  co_return Status{static_cast<Code>(Number(**request)), "Line 1: 100 % \xc3\xa4\nline 2",
                   std::string("\x00\xff details", 10)};
}

// Waits for the end of the call by waiting for a message that never comes.
asio::awaitable<Status> Hang(std::shared_ptr<Call> call) {
  call->OnEnd([] { Events().ended++; });
  auto waited = co_await FromCallback<void>([call](Callback<void> done) {
    call->OnEnd([done = std::move(done)]() mutable { done({}); });
  });
  auto answer = co_await call->Read();
  if (!answer && answer.error().code == Errc::kDeadlineExceeded) Events().deadline_errors++;
  co_return waited ? kGone : Status{};
}

asio::awaitable<Status> Count(std::shared_ptr<Call> call) {
  auto request = co_await call->Read();
  if (!request || !*request) co_return kGone;
  const int n = Number(**request);
  for (int i = 0; i < n; ++i) {
    const auto written = co_await call->Write(std::to_string(i));
    if (!written) co_return kGone;
  }
  co_return Status{};
}

asio::awaitable<Status> Idle(std::shared_ptr<Call> call) {
  auto said = co_await call->Write("hello");
  auto aged = co_await FromCallback<void>([call](Callback<void> done) {
    auto shared = std::make_shared<Callback<void>>(std::move(done));
    const auto once = [shared](Result<> result) {
      if (*shared) std::exchange(*shared, nullptr)(std::move(result));
    };
    call->OnAgeing([once](Duration) { once({}); });
    call->OnEnd([once] { once(Fail(Errc::kUnavailable, "GONE", "gone")); });
  });
  if (!said || !aged) co_return kGone;
  said = co_await call->Write("bye");
  co_return Status{};
}

asio::awaitable<Status> WhoCalls(std::shared_ptr<Call> call) {
  const Peer& peer = call->GetPeer();
  std::string answer = peer.address + (peer.loopback ? " loopback" : "") +
                       (peer.proxied ? " proxied" : "") + (peer.tls ? " tls" : "");
  if (!peer.certificate_subject.empty()) answer += " " + peer.certificate_subject;
  for (const auto& name : peer.certificate_names) answer += " " + name;
  const auto written = co_await call->Write(std::move(answer));
  co_return written ? Status{} : kGone;
}

asio::awaitable<Status> Chat(std::shared_ptr<Call> call) {
  while (true) {
    auto message = co_await call->Read();
    if (!message) co_return kGone;
    if (!*message) co_return Status{};
    const auto written = co_await call->Write(*std::move(*message));
    if (!written) co_return kGone;
  }
}

}  // namespace

std::string Frame(std::string_view message) {
  const Prefix prefix = MakePrefix(message.size());
  return std::string(prefix.begin(), prefix.end()).append(message);
}

HandlerEvents& Events() {
  static HandlerEvents events;
  return events;
}

void AddTestMethods(MapRouter& router) {
  router.Add("/t.T/Echo", kUnary, Echo);
  router.Add("/t.T/Fail", kUnary, FailAs);
  router.Add("/t.T/Hang", kUnary, Hang);
  router.Add("/t.T/Count", kStream, Count);
  router.Add("/t.T/Idle", kStream, Idle);
  router.Add("/t.T/Peer", kUnary, WhoCalls);
  router.Add("/t.T/Chat", kBidi, Chat);
}

TestServer::TestServer(ListenerOptions listener, ServerOptions options, std::size_t threads,
                       Clock& clock)
    : threads_(std::make_unique<IoThreads>(threads)) {
  AddTestMethods(router_);
  server_ = std::make_unique<Server>(std::move(options), threads_->executors(), router_, clock,
                                     SystemRandom());
  auto port = server_->Listen(std::move(listener));
  YAP_CHECK(port.has_value(), port ? "" : port.error().message);
  port_ = *port;
}

TestServer::~TestServer() {
  threads_->Stop();
  server_.reset();
}

}  // namespace yap::edge
