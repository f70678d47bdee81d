#include <fmt/format.h>

#include <limits>

#include "bench/record_reader.h"
#include "bench/text_protocols.h"

namespace yap::bench {
namespace {

constexpr std::string_view kSubscribe = "*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\nbench\r\n";
constexpr std::string_view kSubscribed = "*3\r\n$9\r\nsubscribe\r\n$5\r\nbench\r\n:1\r\n";

std::unexpected<Error> Unexpected(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, std::min<std::size_t>(bytes.find("\r\n"), 80));
  return Fail(line.starts_with('-') ? Errc::kUnavailable : Errc::kCorruption, "REDIS",
              fmt::format("redis-server says '{}', which no run expects", line));
}

class RedisReader final : public RecordReader {
 public:
  explicit RedisReader(Reader& reader)
      : RecordReader(reader, fmt::format("*3\r\n$7\r\nmessage\r\n$5\r\nbench\r\n${}\r\n",
                                         reader.flight().options().message_bytes)) {
    output_ = kSubscribe;
  }

 private:
  Result<std::size_t> TakeOther(std::string_view bytes) override {
    if (bytes.starts_with(kSubscribed)) {
      SetReady();
      return kSubscribed.size();
    }
    if (kSubscribed.starts_with(bytes)) return 0;
    return Unexpected(bytes);
  }
};

class RedisSender final : public SendingCodec {
 public:
  explicit RedisSender(Flight& flight)
      : flight_(flight),
        command_(fmt::format("*3\r\n$7\r\nPUBLISH\r\n$5\r\nbench\r\n${}\r\n",
                             flight.options().message_bytes)),
        answer_(fmt::format(":{}\r\n", flight.options().readers)),
        filler_(Filler(flight.options().message_bytes - sizeof(std::uint64_t))) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    rest_.append(bytes);
    std::string_view left = rest_;
    for (; left.starts_with(answer_); left.remove_prefix(answer_.size())) {
      flight_.Acknowledge(acknowledged_, acknowledged_, now);
      ++acknowledged_;
    }
    if (!answer_.starts_with(left)) return Unexpected(left);
    rest_.erase(0, rest_.size() - left.size());
    return {};
  }
  bool Ready() const override { return true; }
  std::size_t Room() const override { return std::numeric_limits<std::size_t>::max(); }
  void Send(std::uint64_t index, MonoTime /*now*/) override {
    output_.append(command_).append(MakeRecordBody(index, filler_)).append("\r\n");
  }

 private:
  Flight& flight_;
  const std::string command_;
  const std::string answer_;
  const std::string filler_;
  std::string rest_;
  std::uint64_t acknowledged_ = 0;
};

class Redis final : public System {
 public:
  Order order() const override { return Order::kAsSent; }
  std::size_t SendersFor(std::size_t /*in_flight*/) const override { return 1; }
  std::unique_ptr<Codec> NewPreparation() override { return nullptr; }
  std::unique_ptr<Codec> NewReader(Reader& reader) override {
    return std::make_unique<RedisReader>(reader);
  }
  std::unique_ptr<SendingCodec> NewSender(Flight& flight) override {
    return std::make_unique<RedisSender>(flight);
  }
};

}  // namespace

std::unique_ptr<System> NewRedis() { return std::make_unique<Redis>(); }

}  // namespace yap::bench
