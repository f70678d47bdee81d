#include "sim/cluster_actors.h"

#include <fmt/format.h>

#include "api/limits.h"
#include "base/encoding.h"
#include "yap/v1/auth_service.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::sim {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals only.
namespace v1 = yap::v1;

// C6: these promise that this attempt stored nothing, and no other attempt is under way.
bool IsDefinite(edge::Code code) {
  switch (code) {
    case edge::Code::kUnavailable:
    case edge::Code::kDeadlineExceeded:
    case edge::Code::kAborted:
    case edge::Code::kInternal:
    case edge::Code::kResourceExhausted:  // Definite, and worth another try.
      return false;
    default:
      return true;
  }
}

class StringGather final : public edge::Gather {
 public:
  void Share(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  void Copy(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  std::string out;
};

}  // namespace

Duration ClusterStage::Some(Duration least, Duration most) {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration(static_cast<Duration::rep>(random.Below(span)));
}

std::optional<std::size_t> ClusterStage::AnyGateway() {
  const std::size_t wanted = random.Below(lives.size());
  if (lives[wanted] % 2 != 0) return std::nullopt;
  return wanted;
}

// --- ClusterSender ---

asio::awaitable<void> ClusterSender::Run() {
  while (!stage_.closing) {
    co_await SendOne();
    co_await SleepFor(stage_.cluster.clock, stage_.Some(0ms, 300ms));
  }
  done_ = true;
}

asio::awaitable<void> ClusterSender::SendOne() {
  checker::Send send{fmt::format("{}", channel_.value), {}, stage_.Nanos(), 0, {}, 0};
  core::ClientKey key{};
  stage_.random.Fill(key);
  send.key = ToHex(key);
  v1::SendMessageRequest request;
  request.mutable_channel()->set_id(channel_.value);
  request.set_client_msg_id(key.data(), key.size());
  request.set_text("message " + send.key);
  for (std::uint32_t attempt = 1;; ++attempt) {
    request.set_attempt(attempt);
    const auto gateway = stage_.AnyGateway();
    if (gateway) {
      auto reply = co_await stage_.cluster.CallBytes(*gateway, "/yap.v1.MessageService/SendMessage",
                                                     request.SerializeAsString(), who_.token);
      if (reply || IsDefinite(reply.error().code)) {
        send.answered = stage_.Nanos();
        send.answer = reply ? checker::Answer::kStored : checker::Answer::kUnknown;
        // A definite no to a later attempt says nothing about an earlier one of unknown outcome.
        if (!reply && attempt == 1) send.answer = checker::Answer::kRefused;
        v1::SendMessageResponse response;
        if (reply && response.ParseFromString(*reply)) send.seq = response.seq();
        if (!reply) {
          stage_.violations.push_back(
              fmt::format("a member's message was refused: {}", reply.error().message));
        }
        break;
      }
    }
    co_await SleepFor(stage_.cluster.clock, stage_.Some(10ms, 300ms));
  }
  stage_.history.Add(std::move(send));
}

// --- ClusterReader ---

asio::awaitable<void> ClusterReader::Run() {
  while (!stage_.over) {
    co_await SleepFor(stage_.cluster.clock, stage_.Some(0ms, 200ms));
    if (const auto gateway = stage_.AnyGateway()) co_await Listen(*gateway);
  }
}

asio::awaitable<void> ClusterReader::Listen(std::size_t gateway) {
  const std::string token = who_.token;
  v1::SubscribeRequest request;
  auto* cursor = request.add_cursors();
  cursor->mutable_channel()->set_id(channel_.value);
  cursor->set_after_seq(last_.value);
  auto call =
      std::make_shared<api::LocalCall>(api::LocalCallOptions{"/yap.v1.MessageService/Subscribe",
                                                             request.SerializeAsString(),
                                                             {{"authorization", "Bearer " + token}},
                                                             Deadline{MonoTime::max()},
                                                             {}},
                                       stage_.cluster.io.get_executor());
  decoder_ = Decoder();
  over_ = false;
  auto served = std::make_shared<bool>(false);
  SpawnThen(stage_.cluster.io.get_executor(), call->Serve(stage_.cluster.gateway(gateway).router()),
            [served](const edge::Status&) { *served = true; });
  const auto until = stage_.cluster.clock.Mono() + stage_.Some(500ms, 20s);
  const int life = stage_.lives[gateway];
  while (!*served && !over_ && !stage_.over && stage_.lives[gateway] == life) {
    if (call->source() != nullptr) {
      Drain(*call, hurry_ ? 1U << 20U : 1 + stage_.random.Below(400), token);
      if (call->source()->Finished()) break;
    }
    if (!hurry_ && stage_.cluster.clock.Mono() >= until) break;  // The connection was cut.
    const bool dozes = !hurry_ && stage_.random.Below(20) == 0;
    co_await SleepFor(stage_.cluster.clock, dozes ? stage_.Some(1s, 4s) : stage_.Some(1ms, 60ms));
  }
  call->End({});
}

void ClusterReader::Drain(api::LocalCall& call, std::size_t window, const std::string& token) {
  StringGather sink;
  while (window > 0) {
    const std::size_t n = call.source()->Available(window);
    if (n == 0) break;
    const std::size_t part = 1 + stage_.random.Below(n);
    call.source()->Take(part, sink);
    window -= part;
  }
  // C10: two seconds after the end of the session was answered, no new event. One that was begun
  // before is finished, however slowly it is taken.
  const MonoTime now = stage_.cluster.clock.Mono();
  MonoTime begun = decoder_.idle() ? now : begun_;
  const auto ended = who_.ended.find(token);
  for (const Frame& frame : decoder_.Feed(sink.out)) {
    if (frame.kind == "event" && ended != who_.ended.end() && begun > ended->second + 2s) {
      stage_.violations.push_back(name_ + ": an event for a session that had ended");
    }
    Take(frame);
    begun = now;
  }
  begun_ = begun;
  if (decoder_.broken()) stage_.violations.push_back(name_ + ": the stream is torn");
}

void ClusterReader::Take(const Frame& frame) {
  if (frame.kind == "event") {
    const bool message = frame.body == "posted";
    stage_.history.Deliver(name_, fmt::format("{}", frame.channel),
                           {frame.seq, message ? frame.key : "", stage_.Nanos()});
    last_ = core::Seq(std::max(last_.value, frame.seq));
  }
  if (frame.kind == "ended" || frame.kind == "reconnect") over_ = true;
  if (frame.kind == "epoch" || frame.kind == "truncated") {
    stage_.violations.push_back(
        fmt::format("{}: told '{}' though nothing was cut", name_, frame.kind));
  }
}

// --- Fickle ---

asio::awaitable<void> Fickle::Run() {
  while (!stage_.closing) {
    co_await SleepFor(stage_.cluster.clock, stage_.Some(1s, 10s));
    if (!co_await LogOut()) continue;
    co_await SleepFor(stage_.cluster.clock, stage_.Some(0s, 6s));
    while (!stage_.closing && !co_await LogIn()) co_await SleepFor(stage_.cluster.clock, 500ms);
  }
}

// Whether the session is known to have ended.
asio::awaitable<bool> Fickle::LogOut() {
  const auto gateway = stage_.AnyGateway();
  if (!gateway) co_return false;
  const auto out =
      co_await stage_.cluster.CallBytes(*gateway, "/yap.v1.AuthService/Logout", "", who_.token);
  // The answer to an earlier try may have been lost.
  if (!out && out.error().code != edge::Code::kUnauthenticated) co_return false;
  who_.ended.emplace(who_.token, stage_.cluster.clock.Mono());
  co_return true;
}

asio::awaitable<bool> Fickle::LogIn() {
  const auto gateway = stage_.AnyGateway();
  if (!gateway) co_return false;
  v1::LoginRequest login;
  login.set_username(who_.name);
  login.set_password("three small green boats");
  const auto in = co_await stage_.cluster.CallBytes(*gateway, "/yap.v1.AuthService/Login",
                                                    login.SerializeAsString(), "");
  v1::LoginResponse response;
  if (!in || !response.ParseFromString(*in)) co_return false;
  who_.token = response.tokens().access_token();
  co_return true;
}

}  // namespace yap::sim
