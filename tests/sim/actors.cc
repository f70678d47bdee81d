#include "sim/actors.h"

#include <fmt/format.h>

#include "base/encoding.h"

namespace yap::sim {
namespace {

using namespace std::chrono_literals;  // NOLINT: literals only.

core::ClientKey NewKey(Random& random) {
  core::ClientKey key{};
  random.Fill(key);
  return key;
}

// C6: these promise that this attempt stored nothing, and no other attempt is under way.
bool IsDefinite(Errc code) {
  switch (code) {
    case Errc::kUnavailable:
    case Errc::kDeadlineExceeded:
    case Errc::kConflict:
    case Errc::kInternal:
      return false;
    case Errc::kResourceExhausted:  // Definite, and worth another try: nothing was stored.
      return false;
    default:
      return true;
  }
}

// Collects what a pass hands out.
class StringSink final : public hub::Sink {
 public:
  void Share(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  void Copy(std::span<const char> bytes) override { out.append(bytes.data(), bytes.size()); }
  std::string out;
};

}  // namespace

Duration Stage::Some(Duration least, Duration most) {
  const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
  return least + Duration(static_cast<Duration::rep>(random.Below(span)));
}

core::Principal PrincipalOf(core::UserId user, const std::string& name) {
  return {user, name, core::SessionId(user.value + 1'000'000), false};
}

Sender::Sender(Stage& stage, core::Principal who, core::ChannelId channel)
    : stage_(stage), who_(std::move(who)), channel_(channel) {}

asio::awaitable<void> Sender::Run() {
  while (!stage_.closing) {
    co_await SendOne();
    co_await SleepFor(stage_.clock, stage_.Some(0ms, 200ms));
  }
  done_ = true;
}

asio::awaitable<void> Sender::SendOne() {
  checker::Send send{fmt::format("{}", channel_.value), {}, stage_.Nanos(), 0, {}, 0};
  const auto key = NewKey(stage_.random);
  send.key = ToHex(key);
  for (std::uint32_t attempt = 1;; ++attempt) {
    const auto server = stage_.server();
    if (!server) {
      co_await SleepFor(stage_.clock, 50ms);
      continue;
    }
    core::SendRequest request{.channel = channel_, .text = "message " + send.key, .key = key};
    request.attempt = attempt;
    auto answer = co_await server->channels().Send(who_, std::move(request),
                                                   Deadline::After(stage_.clock, 2s));
    // A dead server's answer never arrives, whatever it was.
    const bool heard = !server->dead();
    if (heard && (answer || IsDefinite(answer.error().code))) {
      send.answered = stage_.Nanos();
      send.answer = answer ? checker::Answer::kStored : checker::Answer::kUnknown;
      // A definite no to a later attempt says nothing about an earlier one of unknown outcome.
      if (!answer && attempt == 1) send.answer = checker::Answer::kRefused;
      if (answer) send.seq = answer->seq.value;
      break;
    }
    co_await SleepFor(stage_.clock, stage_.Some(10ms, 300ms));
  }
  stored_ += send.answer == checker::Answer::kStored ? 1 : 0;
  stage_.history.Add(std::move(send));
}

Reader::Reader(Stage& stage, std::string name, core::Principal who, core::ChannelId channel)
    : stage_(stage), name_(std::move(name)), who_(std::move(who)), channel_(channel) {}

asio::awaitable<void> Reader::Run() {
  while (true) {
    co_await SleepFor(stage_.clock, stage_.Some(0ms, 100ms));
    const auto server = stage_.server();
    if (!server || !co_await Connect(server)) continue;
    co_await Listen(server);
    subscriber_.reset();
  }
}

asio::awaitable<bool> Reader::Connect(std::shared_ptr<Server> server) {
  auto grant =
      co_await server->channels().AuthorizeRead(who_, channel_, Deadline::After(stage_.clock, 2s));
  if (!grant || server->dead()) co_return false;
  decoder_ = Decoder();
  gone_ = ended_ = reconnect_ = false;
  granted_ = grant->head.seq;
  hub::SubscribeOptions options{who_.user, who_.session, {}, std::nullopt};
  options.cursors.push_back({channel_, grant->head, last_, {}});
  subscriber_ = server->hub().Subscribe(std::move(options), server->executor(), [] {});
  co_return true;
}

// A window now and then, of any size; sometimes a pause long enough to fall off the tail.
asio::awaitable<void> Reader::Listen(std::shared_ptr<Server> server) {
  const auto until = stage_.clock.Mono() + stage_.Some(200ms, 20s);
  while (!server->dead() && !ended_ && !reconnect_) {
    Drain(hurry_ ? 1U << 20U : 1 + stage_.random.Below(400));
    if (subscriber_->Finished()) break;
    if (!hurry_ && stage_.clock.Mono() >= until) break;  // The connection was cut.
    const bool dozes = !hurry_ && stage_.random.Below(20) == 0;
    co_await SleepFor(stage_.clock, dozes ? stage_.Some(1s, 5s) : stage_.Some(1ms, 60ms));
  }
}

void Reader::Drain(std::size_t window) {
  StringSink sink;
  while (window > 0) {
    const std::size_t n = subscriber_->Available(window);
    if (n == 0) break;
    const std::size_t part = 1 + stage_.random.Below(n);
    subscriber_->Take(part, sink);
    window -= part;
  }
  for (const Frame& frame : decoder_.Feed(sink.out)) Take(frame);
  if (decoder_.broken()) stage_.violations.push_back(name_ + ": the stream is torn");
}

void Reader::Take(const Frame& frame) {
  if (frame.kind == "event") {
    if (gone_ || ended_) stage_.violations.push_back(name_ + ": saw an event after its removal");
    gone_ = (frame.body == "left" || frame.body == "removed") && frame.user == who_.user.value &&
            core::Seq(frame.seq) > granted_;
    const bool message = frame.body == "posted";
    stage_.history.Deliver(name_, fmt::format("{}", frame.channel),
                           {frame.seq, message ? frame.key : "", stage_.Nanos()});
    last_ = core::Seq(std::max(last_.value, frame.seq));
  }
  if (frame.kind == "ended") ended_ = true;
  if (frame.kind == "reconnect") reconnect_ = true;
  if (frame.kind == "epoch" || frame.kind == "truncated") {
    stage_.violations.push_back(
        fmt::format("{}: told '{}' though nothing was cut", name_, frame.kind));
  }
}

Stranger::Stranger(Stage& stage, core::Principal who, core::ChannelId channel)
    : stage_(stage), who_(std::move(who)), channel_(channel) {}

asio::awaitable<void> Stranger::Run() {
  while (!stage_.closing) {
    co_await SleepFor(stage_.clock, stage_.Some(0ms, 500ms));
    if (const auto server = stage_.server()) co_await Visit(server);
  }
  done_ = true;
}

asio::awaitable<void> Stranger::Visit(std::shared_ptr<Server> server) {
  auto grant =
      co_await server->channels().AuthorizeRead(who_, channel_, Deadline::After(stage_.clock, 2s));
  if (!grant || server->dead()) co_return;
  const core::Epoch other(grant->head.epoch.value + 1);
  hub::SubscribeOptions options{who_.user, who_.session, {}, std::nullopt};
  options.cursors.push_back({channel_, grant->head, core::Seq(), other});
  const auto subscriber = server->hub().Subscribe(std::move(options), server->executor(), [] {});
  co_await SleepFor(stage_.clock, stage_.Some(1ms, 3s));
  if (!server->dead()) Judge(*subscriber);
}

void Stranger::Judge(hub::Subscriber& subscriber) {
  StringSink sink;
  while (const std::size_t n = subscriber.Available(1U << 20U)) subscriber.Take(n, sink);
  std::size_t told = 0;
  for (const Frame& frame : Decoder().Feed(sink.out)) {
    if (frame.kind == "epoch") ++told;
    if (frame.kind == "event" || frame.kind == "caught") {
      stage_.violations.push_back("a stranger was given '" + frame.kind + "'");
    }
  }
  if (told != 1) stage_.violations.push_back(fmt::format("a stranger was told {} times", told));
}

Restless::Restless(Stage& stage, core::Principal owner, core::Principal who,
                   core::ChannelId channel)
    : stage_(stage), owner_(std::move(owner)), who_(std::move(who)), channel_(channel) {}

asio::awaitable<void> Restless::Run() {
  while (!stage_.closing) {
    co_await SleepFor(stage_.clock, stage_.Some(100ms, 4s));
    const auto server = stage_.server();
    if (!server) continue;
    auto& channels = server->channels();
    const auto deadline = Deadline::After(stage_.clock, 2s);
    const auto key = NewKey(stage_.random);
    switch (stage_.random.Below(4)) {
      case 0:
        (void)co_await channels.Leave(who_, channel_, key, deadline);
        break;
      case 1:
        (void)co_await channels.Remove(owner_, channel_, who_.user, false, key, deadline);
        break;
      case 2:
        (void)co_await channels.Invite(owner_, channel_, who_.user, key, deadline);
        break;
      default:
        (void)co_await channels.Join(who_, channel_, key, deadline);
        break;
    }
  }
}

}  // namespace yap::sim
