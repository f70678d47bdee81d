#include "bench/yap_protocol.h"

#include <unordered_map>

#include "bench/yap_channels.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::bench {
namespace {

// Calls at once on one connection: what yapd allows, and most gRPC servers.
constexpr std::size_t kCallsPerConnection = 100;

class CreatingCodec final : public Codec, GrpcEvents {
 public:
  CreatingCodec(YapChannels& channels, std::size_t count)
      : channels_(channels), client_(output_, *this) {
    channels_.all.resize(count);
  }

  Result<> Input(std::string_view bytes, MonoTime now) override {
    YAP_TRY_VOID(client_.Input(bytes, now));
    while (next_ < channels_.all.size()) {
      const std::string request = Request();
      if (client_.Room(request.size()) == 0) break;
      calls_[client_.Call(channels_.owner(next_).create, request)] = next_;
      ++next_;
    }
    return {};
  }
  bool Ready() const override { return made_ == channels_.all.size(); }

 private:
  std::string Request() const {
    yap::v1::CreateChannelRequest request;
    request.set_name(fmt::format("b{}-{:05}", channels_.run, next_));
    request.set_visibility(yap::v1::VISIBILITY_PUBLIC);
    request.set_request_id(channels_.KeyOf(next_));
    return request.SerializeAsString();
  }

  Result<> OnMessage(std::uint32_t call, std::string_view message, MonoTime) override {
    YAP_TRY(const auto response, Parse<yap::v1::CreateChannelResponse>(message));
    const auto& channel = response.joined().channel();
    channels_.all[calls_[call]] = {channel.id(), channel.head(), channel.epoch()};
    return {};
  }
  Result<> OnEnd(std::uint32_t call, const GrpcEnd& end, MonoTime) override {
    if (end.status != 0) return Refused("CreateChannel", end);
    calls_.erase(call);
    ++made_;
    return {};
  }

  YapChannels& channels_;
  GrpcClient client_;
  std::unordered_map<std::uint32_t, std::size_t> calls_;  // Whose channel is under way.
  std::size_t next_ = 0;
  std::size_t made_ = 0;
};

class SenderCodec final : public SendingCodec, GrpcEvents {
 public:
  SenderCodec(const YapChannels& channels, Flights& flights)
      : channels_(channels),
        flights_(flights),
        filler_(Filler(flights.front().options().message_bytes - kMessageBytesMin)),
        request_bytes_(RequestOf(0, 0).ByteSizeLong()),
        client_(output_, *this) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    return client_.Input(bytes, now);
  }
  bool Ready() const override { return client_.Ready(); }
  std::size_t Room() const override { return client_.Room(request_bytes_); }
  void Send(std::size_t channel, std::uint64_t index, MonoTime) override {
    const GrpcMethod& method = channels_.owner(channel).send;
    const auto call = client_.Call(method, RequestOf(channel, index).SerializeAsString());
    calls_[call] = {.channel = channel, .index = index};
  }

 private:
  struct Pending {
    std::size_t channel = 0;
    std::uint64_t index = 0;
    std::uint64_t seq = 0;
  };

  yap::v1::SendMessageRequest RequestOf(std::size_t channel, std::uint64_t index) const {
    yap::v1::SendMessageRequest request;
    request.mutable_channel()->set_id(channels_.all[channel].id);
    request.set_client_msg_id(channels_.KeyOf(index));
    request.set_text(TextOf(index, filler_));
    request.set_attempt(1);
    return request;
  }

  Result<> OnMessage(std::uint32_t call, std::string_view message, MonoTime) override {
    YAP_TRY(const auto response, Parse<yap::v1::SendMessageResponse>(message));
    calls_[call].seq = response.seq();
    return {};
  }
  Result<> OnEnd(std::uint32_t call, const GrpcEnd& end, MonoTime now) override {
    if (end.status != 0) return Refused("SendMessage", end);
    const Pending pending = calls_[call];
    calls_.erase(call);
    const std::uint64_t base = channels_.all[pending.channel].base;
    if (pending.seq <= base) return Malformed("the seq of a SendMessageResponse");
    flights_[pending.channel].Acknowledge(pending.index, pending.seq - base - 1, now);
    return {};
  }

  const YapChannels& channels_;
  Flights& flights_;
  const std::string filler_;
  const std::size_t request_bytes_;  // The same for all: id, index, key and text have fixed sizes.
  GrpcClient client_;
  std::unordered_map<std::uint32_t, Pending> calls_;
};

class Yap final : public YapSystem {
 public:
  Yap(const std::vector<std::string>& tokens, std::string run) : channels_{.run = std::move(run)} {
    for (const std::string& token : tokens) channels_.users.emplace_back(token);
  }

  Order order() const override { return Order::kByServer; }
  std::size_t SendersFor(std::size_t in_flight) const override {
    return (in_flight + kCallsPerConnection - 1) / kCallsPerConnection;
  }
  std::unique_ptr<Codec> NewPreparation(std::size_t channels) override {
    return std::make_unique<CreatingCodec>(channels_, channels);
  }
  std::unique_ptr<Codec> NewReader(std::span<Reader* const> readers) override {
    return NewYapSubscriber(channels_, readers);
  }
  std::unique_ptr<SendingCodec> NewSender(Flights& flights) override {
    return std::make_unique<SenderCodec>(channels_, flights);
  }
  std::unique_ptr<Codec> NewPager(Reader& reader, Histogram& times) override {
    return NewYapPager(channels_, reader, times);
  }

 private:
  YapChannels channels_;
};

}  // namespace

std::unique_ptr<YapSystem> NewYap(const std::vector<std::string>& tokens, std::string run) {
  return std::make_unique<Yap>(tokens, std::move(run));
}

}  // namespace yap::bench
