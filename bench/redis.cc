#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>

#include "bench/record_reader.h"
#include "bench/text_protocols.h"

namespace yap::bench {
namespace {

std::unexpected<Error> Unexpected(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, std::min<std::size_t>(bytes.find("\r\n"), 80));
  return Fail(line.starts_with('-') ? Errc::kUnavailable : Errc::kCorruption, "REDIS",
              fmt::format("redis-server says '{}', which no run expects", line));
}

// A command or answer of strings, as RESP has them.
template <class... Words>
std::string Array(const Words&... words) {
  std::string out = fmt::format("*{}\r\n", sizeof...(words));
  (fmt::format_to(std::back_inserter(out), "${}\r\n{}\r\n", std::string_view(words).size(), words),
   ...);
  return out;
}

// --- PUBLISH and SUBSCRIBE

class RedisReader final : public RecordReader {
 public:
  explicit RedisReader(std::span<Reader* const> readers) : RecordReader(PlacesOf(readers)) {
    for (const Reader* reader : readers) output_ += Array("SUBSCRIBE", Subject(*reader));
  }

 private:
  static std::string Subject(const Reader& reader) {
    return SubjectOf(reader.flight().options().channel);
  }
  static std::vector<Place> PlacesOf(std::span<Reader* const> readers) {
    std::vector<Place> places;
    for (Reader* const reader : readers) {
      const std::string subject = Subject(*reader);
      places.push_back({fmt::format("*3\r\n$7\r\nmessage\r\n${}\r\n{}\r\n${}\r\n", subject.size(),
                                    subject, reader->flight().options().message_bytes),
                        reader});
    }
    return places;
  }

  // The answer to a SUBSCRIBE: the subject and how many there are now.
  Result<std::size_t> TakeOther(std::string_view bytes) override {
    if (Ready()) return Unexpected(bytes);
    const std::string subject = Subject(*places()[subscribed_].reader);
    const std::string answer = fmt::format("*3\r\n$9\r\nsubscribe\r\n${}\r\n{}\r\n:{}\r\n",
                                           subject.size(), subject, subscribed_ + 1);
    if (!bytes.starts_with(answer)) {
      if (answer.starts_with(bytes)) return 0;
      return Unexpected(bytes);
    }
    if (++subscribed_ == places().size()) SetReady();
    return answer.size();
  }

  std::size_t subscribed_ = 0;
};

class RedisSender final : public SendingCodec {
 public:
  explicit RedisSender(Flights& flights)
      : flights_(flights),
        answer_(fmt::format(":{}\r\n", flights.front().options().readers)),
        filler_(Filler(flights.front().options().message_bytes - sizeof(std::uint64_t))) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    rest_.append(bytes);
    std::string_view left = rest_;
    for (; !sent_.empty() && left.starts_with(answer_); left.remove_prefix(answer_.size())) {
      const auto [channel, index] = sent_.front();
      sent_.pop_front();
      flights_[channel].Acknowledge(index, index, now);
    }
    if (!answer_.starts_with(left)) return Unexpected(left);
    rest_.erase(0, rest_.size() - left.size());
    return {};
  }
  bool Ready() const override { return true; }
  std::size_t Room() const override { return std::numeric_limits<std::size_t>::max(); }
  void Send(std::size_t channel, std::uint64_t index, MonoTime /*now*/) override {
    output_ += Array("PUBLISH", SubjectOf(channel), MakeRecordBody(index, filler_));
    sent_.emplace_back(channel, index);
  }

 private:
  Flights& flights_;
  const std::string answer_;
  const std::string filler_;
  std::string rest_;
  std::deque<std::pair<std::size_t, std::uint64_t>> sent_;  // Without an answer: channel, index.
};

class Redis final : public System {
 public:
  Order order() const override { return Order::kAsSent; }
  std::size_t SendersFor(std::size_t /*in_flight*/) const override { return 1; }
  std::unique_ptr<Codec> NewPreparation(std::size_t /*channels*/) override { return nullptr; }
  std::unique_ptr<Codec> NewReader(std::span<Reader* const> readers) override {
    return std::make_unique<RedisReader>(readers);
  }
  std::unique_ptr<SendingCodec> NewSender(Flights& flights) override {
    return std::make_unique<RedisSender>(flights);
  }
};

// --- SET and GET

std::string KeyOf(std::size_t channel, std::uint64_t index) {
  return fmt::format("{}.{:010}", SubjectOf(channel), index);
}

// Stores one message at a time: whoever wants more in flight takes more connections.
class RedisSetter final : public SendingCodec {
 public:
  explicit RedisSetter(Flights& flights)
      : flights_(flights),
        filler_(Filler(flights.front().options().message_bytes - sizeof(std::uint64_t))) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    static constexpr std::string_view kStored = "+OK\r\n";
    rest_.append(bytes);
    if (rest_.size() < kStored.size() && kStored.starts_with(rest_)) return {};
    if (rest_ != kStored || !busy_) return Unexpected(rest_);
    rest_.clear();
    busy_ = false;
    flights_[channel_].Acknowledge(index_, index_, now);
    return {};
  }
  bool Ready() const override { return true; }
  std::size_t Room() const override { return busy_ ? 0 : 1; }
  void Send(std::size_t channel, std::uint64_t index, MonoTime /*now*/) override {
    output_ += Array("SET", KeyOf(channel, index), MakeRecordBody(index, filler_));
    channel_ = channel;
    index_ = index;
    busy_ = true;
  }

 private:
  Flights& flights_;
  const std::string filler_;
  std::string rest_;
  bool busy_ = false;
  std::size_t channel_ = 0;  // Of the message under way.
  std::uint64_t index_ = 0;
};

// Reads back all that the flight was sent, some commands ahead of the answers.
class RedisGetter final : public Codec {
 public:
  explicit RedisGetter(Reader& reader)
      : reader_(reader),
        header_(fmt::format("${}\r\n", reader.flight().options().message_bytes)),
        filler_(Filler(reader.flight().options().message_bytes - sizeof(std::uint64_t))) {
    Ask();
  }

  Result<> Input(std::string_view bytes, MonoTime now) override {
    rest_.append(bytes);
    std::string_view left = rest_;
    const std::size_t record = header_.size() + reader_.flight().options().message_bytes + 2;
    for (; left.size() >= record; left.remove_prefix(record)) {
      const std::uint64_t index = reader_.next();
      const std::string body = MakeRecordBody(index, filler_);
      if (!left.starts_with(header_) || left.substr(header_.size(), body.size()) != body) {
        return Unexpected(left);
      }
      const bool watched = reader_.Watched();
      if (!reader_.Take(index)) return Fail(reader_.OutOfOrder(index));
      if (watched) reader_.Testify(index, index, now);
    }
    if (left.starts_with("$-1") || left.starts_with('-')) return Unexpected(left);
    rest_.erase(0, rest_.size() - left.size());
    reader_.EndBatch(now);
    Ask();
    return {};
  }
  bool Ready() const override { return true; }

 private:
  static constexpr std::uint64_t kAhead = 256;

  void Ask() {
    const FlightOptions& flight = reader_.flight().options();
    const std::uint64_t to = std::min(reader_.flight().sent(), reader_.next() + kAhead);
    for (; asked_ < to; ++asked_) output_ += Array("GET", KeyOf(flight.channel, asked_));
  }

  Reader& reader_;
  const std::string header_;
  const std::string filler_;
  std::string rest_;
  std::uint64_t asked_ = 0;
};

class RedisStore final : public System {
 public:
  Order order() const override { return Order::kAsSent; }
  std::size_t SendersFor(std::size_t in_flight) const override { return in_flight; }
  std::unique_ptr<Codec> NewPreparation(std::size_t /*channels*/) override { return nullptr; }
  std::unique_ptr<Codec> NewReader(std::span<Reader* const> readers) override {
    return std::make_unique<RedisGetter>(*readers.front());
  }
  std::unique_ptr<SendingCodec> NewSender(Flights& flights) override {
    return std::make_unique<RedisSetter>(flights);
  }
};

}  // namespace

std::unique_ptr<System> NewRedis() { return std::make_unique<Redis>(); }
std::unique_ptr<System> NewRedisStore() { return std::make_unique<RedisStore>(); }

}  // namespace yap::bench
