#include <fmt/format.h>

#include <limits>

#include "bench/record_reader.h"
#include "bench/text_protocols.h"

namespace yap::bench {
namespace {

constexpr std::string_view kConnect =
    "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,\"name\":\"yap-bench\","
    "\"lang\":\"c++\",\"version\":\"1\",\"protocol\":1}\r\n";

enum class Line : std::uint8_t { kInfo, kPong, kPing };

// What a server says that is no message. Errors: Unavailable (it refused something), Corruption.
Result<Line> Understand(std::string_view line) {
  if (line.starts_with("INFO ")) return Line::kInfo;
  if (line == "PONG") return Line::kPong;
  if (line == "PING") return Line::kPing;
  if (line.starts_with("-ERR")) {
    return Fail(Errc::kUnavailable, "NATS", fmt::format("nats-server says {}", line));
  }
  return Fail(Errc::kCorruption, "NATS",
              fmt::format("nats-server sent '{}', which no run expects", line.substr(0, 80)));
}

// The first line of `bytes` without its end; nullopt while there is none.
std::optional<std::string_view> FirstLine(std::string_view bytes) {
  const auto end = bytes.find("\r\n");
  if (end == bytes.npos) return std::nullopt;
  return bytes.substr(0, end);
}

// Answers the line; true for the PONG that ends the greeting.
bool Answer(Line line, std::string_view greeting, std::string& output) {
  if (line == Line::kInfo) output.append(greeting);
  if (line == Line::kPing) output.append("PONG\r\n");
  return line == Line::kPong;
}

class NatsReader final : public RecordReader {
 public:
  explicit NatsReader(std::span<Reader* const> readers) : RecordReader(PlacesOf(readers)) {
    greeting_ = kConnect;
    for (const Place& place : places()) {
      const std::size_t channel = place.reader->flight().options().channel;
      greeting_ += fmt::format("SUB {} {:05}\r\n", SubjectOf(channel), channel);
    }
    greeting_ += "PING\r\n";
  }

 private:
  static std::vector<Place> PlacesOf(std::span<Reader* const> readers) {
    std::vector<Place> places;
    for (Reader* const reader : readers) {
      const FlightOptions& flight = reader->flight().options();
      places.push_back({fmt::format("MSG {} {:05} {}\r\n", SubjectOf(flight.channel),
                                    flight.channel, flight.message_bytes),
                        reader});
    }
    return places;
  }
  Result<std::size_t> TakeOther(std::string_view bytes) override {
    const auto text = FirstLine(bytes);
    if (!text) return 0;
    YAP_TRY(const Line line, Understand(*text));
    if (Answer(line, greeting_, output_)) SetReady();
    return text->size() + 2;
  }

  std::string greeting_;
};

class NatsSender final : public SendingCodec {
 public:
  explicit NatsSender(Flights& flights)
      : flights_(flights),
        greeting_(std::string(kConnect) + "PING\r\n"),
        bytes_(flights.front().options().message_bytes),
        filler_(Filler(bytes_ - sizeof(std::uint64_t))) {}

  Result<> Input(std::string_view bytes, MonoTime /*now*/) override {
    rest_.append(bytes);
    while (const auto text = FirstLine(rest_)) {
      YAP_TRY(const Line line, Understand(*text));
      ready_ = Answer(line, greeting_, output_) || ready_;
      rest_.erase(0, text->size() + 2);
    }
    return {};
  }
  bool Ready() const override { return ready_; }
  std::size_t Room() const override { return std::numeric_limits<std::size_t>::max(); }
  // One connection's messages keep their order, so the place is known from the start.
  void Send(std::size_t channel, std::uint64_t index, MonoTime now) override {
    fmt::format_to(std::back_inserter(output_), "PUB {} {}\r\n{}\r\n", SubjectOf(channel), bytes_,
                   MakeRecordBody(index, filler_));
    flights_[channel].witness().Answered(index, index, now);
  }

 private:
  Flights& flights_;
  const std::string greeting_;
  const std::size_t bytes_;
  const std::string filler_;
  std::string rest_;
  bool ready_ = false;
};

class Nats final : public System {
 public:
  Order order() const override { return Order::kAsSent; }
  std::size_t SendersFor(std::size_t /*in_flight*/) const override { return 1; }
  std::unique_ptr<Codec> NewPreparation(std::size_t /*channels*/) override { return nullptr; }
  std::unique_ptr<Codec> NewReader(std::span<Reader* const> readers) override {
    return std::make_unique<NatsReader>(readers);
  }
  std::unique_ptr<SendingCodec> NewSender(Flights& flights) override {
    return std::make_unique<NatsSender>(flights);
  }
};

}  // namespace

std::unique_ptr<System> NewNats() { return std::make_unique<Nats>(); }

}  // namespace yap::bench
