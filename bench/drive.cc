#include "bench/drive.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yap::bench {
namespace {

using std::chrono::milliseconds;

constexpr auto kTurnMax = milliseconds(100);
// How long nothing may happen while something is under way: a cluster's start of a channel is slow
// where its servers are cold.
constexpr auto kPatience = std::chrono::seconds(20);

MonoTime Now() { return MonoTime::clock::now(); }

}  // namespace

Result<> Drive::Prepare(const sockaddr_in& server) {
  std::vector<std::unique_ptr<Codec>> codecs;
  codecs.push_back(system_.NewPreparation(audience_.options().channels));
  if (codecs.front() == nullptr) return {};
  YAP_TRY(const auto connections, Open(std::move(codecs), server));
  loop_.Close(*connections.front());
  return {};
}

Result<std::vector<Connection*>> Drive::Open(std::vector<std::unique_ptr<Codec>> codecs,
                                             const sockaddr_in& server, std::size_t at_once) {
  std::vector<Connection*> opened;
  std::size_t ready = 0;  // The first so many are.
  const auto advance = [&] {
    while (ready < opened.size() && opened[ready]->codec().Ready()) ++ready;
  };
  for (auto& codec : codecs) {
    YAP_TRY(Connection* const connection, loop_.Connect(std::move(codec), server));
    opened.push_back(connection);
    YAP_TRY_VOID(WaitFor([&] {
      advance();
      return opened.size() - ready < at_once;
    }));
  }
  YAP_TRY_VOID(WaitFor([&] {
    advance();
    return ready == opened.size();
  }));
  return opened;
}

Result<> Drive::OpenSenders(const sockaddr_in& server, std::size_t count, std::size_t in_flight) {
  if (count == 0) count = system_.SendersFor(in_flight);
  std::vector<std::unique_ptr<Codec>> codecs;
  std::vector<SendingCodec*> senders;
  for (std::size_t i = 0; i < count; ++i) {
    auto codec = system_.NewSender(audience_.flights());
    senders.push_back(codec.get());
    codecs.push_back(std::move(codec));
  }
  YAP_TRY(const auto connections, Open(std::move(codecs), server));
  for (std::size_t i = 0; i < count; ++i) senders_.push_back({senders[i], connections[i]});
  return {};
}

Result<std::vector<Connection*>> Drive::OpenReaders(const sockaddr_in& server,
                                                    std::size_t at_once) {
  std::vector<std::unique_ptr<Codec>> codecs;
  for (std::size_t i = 0; i < audience_.connections(); ++i) {
    codecs.push_back(audience_.NewReader(i));
  }
  return Open(std::move(codecs), server, at_once);
}

Result<> Drive::WaitFor(const std::function<bool()>& done) {
  due_ = {};
  for (Progress progress = Begin(); !done();) {
    YAP_TRY_VOID(Turn(kTurnMax));
    YAP_TRY_VOID(Check(progress));
  }
  return {};
}

Result<> Drive::TurnFor(Duration duration) {
  due_ = {};
  for (const MonoTime end = Now() + duration; Now() < end;) YAP_TRY_VOID(Turn(end - Now()));
  return {};
}

Result<> Drive::SendFor(Duration duration, const Pace& pace) {
  const MonoTime end = Now() + duration;
  const bool open = pace.messages_per_second > 0;
  if (due_ == MonoTime()) due_ = Now();
  Progress progress = Begin();
  for (MonoTime now = Now(); now < end; now = Now()) {
    YAP_TRY_VOID(open ? SendDue(pace, now) : FillUp(pace, now));
    YAP_TRY_VOID(Turn(std::min(end, open ? due_ : end) - now));
    YAP_TRY_VOID(Check(progress));
  }
  return {};
}

Result<> Drive::SendCount(std::uint64_t messages, const Pace& pace) {
  sent_max_ = meter_.counts().sent + messages;
  for (Progress progress = Begin(); meter_.counts().sent < sent_max_;) {
    YAP_TRY_VOID(FillUp(pace, Now()));
    YAP_TRY_VOID(Turn(kTurnMax));
    YAP_TRY_VOID(Check(progress));
  }
  sent_max_ = ~std::uint64_t{0};
  return {};
}

Result<> Drive::AwaitAcknowledgements() {
  return WaitFor([this] {
    const Counts& counts = meter_.counts();
    // Who acknowledges nothing (NATS) has acknowledged all.
    return counts.acknowledged == 0 || counts.acknowledged == counts.sent;
  });
}

Result<> Drive::Finish() {
  YAP_TRY_VOID(AwaitAcknowledgements());
  return WaitFor([this] { return audience_.AllComplete(); });
}

Result<> Drive::Turn(Duration wait_max) {
  YAP_TRY_VOID(chore_());
  return loop_.Turn(std::min<Duration>(wait_max, kTurnMax));
}

Drive::Progress Drive::Begin() const {
  // Before anybody sends, whatever comes is part of a greeting.
  const std::uint64_t greetings = senders_.empty() ? loop_.received_bytes() : 0;
  return {meter_.counts().deliveries + meter_.counts().acknowledged + greetings, Now()};
}

Result<> Drive::Check(Progress& progress) const {
  const Progress now = Begin();
  if (now.events != progress.events) progress = now;
  if (now.at - progress.at > kPatience) return Fail(Stalled());
  return {};
}

std::size_t Drive::RoomOf(const Flight& flight, const Pace& pace) const {
  const std::uint64_t under_way = pace.until == Pace::Until::kAcknowledged
                                      ? flight.unanswered()
                                      : flight.sent() - flight.complete();
  const std::size_t free = pace.in_flight - std::min(pace.in_flight, under_way);
  return std::min(free, flight.Room());
}

bool Drive::Full(const Pace& pace) const {
  const Counts& counts = meter_.counts();
  const bool acknowledged = pace.until == Pace::Until::kAcknowledged;
  const std::uint64_t under_way =
      counts.sent - (acknowledged ? counts.acknowledged : counts.complete);
  return counts.sent == sent_max_ || under_way >= pace.in_flight_total;
}

// Fills what is free in flight, from the channel on at which it stopped before.
Result<> Drive::FillUp(const Pace& pace, MonoTime now) {
  Flights& flights = audience_.flights();
  for (std::size_t i = 0; i < flights.size(); ++i, ++turns_) {
    Flight& flight = flights[turns_ % flights.size()];
    for (std::size_t room = RoomOf(flight, pace); room > 0; --room) {
      Sender* const sender = FreeSender(flight.options().channel + flight.sent());
      if (sender == nullptr || Full(pace)) return FlushSenders();
      SendOne(*sender, flight, now);
    }
  }
  return FlushSenders();
}

// Sends what is due, late where no sender has room; the latency has begun all the same.
Result<> Drive::SendDue(const Pace& pace, MonoTime now) {
  const auto interval = std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(1 / pace.messages_per_second));
  Flights& flights = audience_.flights();
  while (due_ <= now) {
    Flight& flight = flights[turns_ % flights.size()];
    if (flight.Room() == 0) {
      return Fail(Errc::kUnavailable, "OVERLOAD",
                  fmt::format("{:g} messages/s are too many: {}", pace.messages_per_second,
                              audience_.Waiting()));
    }
    Sender* const sender = FreeSender(turns_);
    if (sender == nullptr) break;
    SendOne(*sender, flight, due_);
    due_ += interval;
    ++turns_;
  }
  return FlushSenders();
}

Drive::Sender* Drive::FreeSender(std::size_t first) {
  for (std::size_t i = 0; i < senders_.size(); ++i) {
    Sender& sender = senders_[(first + i) % senders_.size()];
    if (sender.codec->Room() > 0) return &sender;
  }
  return nullptr;
}

void Drive::SendOne(Sender& sender, Flight& flight, MonoTime at) {
  sender.codec->Send(flight.options().channel, flight.BeginSend(at), at);
}

Result<> Drive::FlushSenders() {
  for (const Sender& sender : senders_) {
    if (!sender.codec->output().empty()) YAP_TRY_VOID(loop_.Flush(*sender.connection));
  }
  return {};
}

Error Drive::Stalled() const {
  const Counts& counts = meter_.counts();
  return MakeError(
      Errc::kUnavailable, "STALLED",
      fmt::format("nothing came for {} s: {} messages are sent, {} acknowledged; {}",
                  kPatience.count(), counts.sent, counts.acknowledged, audience_.Waiting()));
}

}  // namespace yap::bench
