#include "bench/yap_protocol.h"

#include <fmt/format.h>

#include <cstring>
#include <unordered_map>

#include "bench/grpc_client.h"
#include "yap/v1/channel_service.pb.h"
#include "yap/v1/message_service.pb.h"

namespace yap::bench {
namespace {

// Calls at once on one connection: what yapd allows, and most gRPC servers.
constexpr std::size_t kCallsPerConnection = 100;
constexpr std::size_t kKeyBytes = 16;

// What all connections of a run share.
struct Channel {
  std::string run;
  GrpcMethod create;
  GrpcMethod subscribe;
  GrpcMethod send;
  std::uint64_t id = 0;
  std::optional<std::uint64_t> base;
};

// Another for each run and message.
std::string MakeKey(std::uint64_t index, std::string_view run) {
  std::string key(kKeyBytes, '.');
  std::memcpy(key.data(), &index, sizeof(index));
  run = run.substr(0, kKeyBytes - sizeof(index));
  return key.replace(sizeof(index), run.size(), run);
}

std::string MakeText(std::uint64_t index, std::string_view filler) {
  return fmt::format("{:016x}{}", index, filler);
}

std::unexpected<Error> Refused(std::string_view what, const GrpcEnd& end) {
  return Fail(Errc::kUnavailable, "YAP",
              fmt::format("yapd ended {} with gRPC status {}: {}", what, end.status, end.message));
}

std::unexpected<Error> Malformed(std::string_view what) {
  return Fail(Errc::kCorruption, "YAP", fmt::format("{} cannot be parsed", what));
}

class CreatingCodec final : public Codec, GrpcEvents {
 public:
  explicit CreatingCodec(Channel& channel) : channel_(channel), client_(output_, *this) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    YAP_TRY_VOID(client_.Input(bytes, now));
    if (called_ || !client_.Ready()) return {};
    yap::v1::CreateChannelRequest request;
    request.set_name("bench-" + channel_.run);
    request.set_visibility(yap::v1::VISIBILITY_PUBLIC);
    request.set_request_id(MakeKey(0, channel_.run));
    client_.Call(channel_.create, request.SerializeAsString());
    called_ = true;
    return {};
  }
  bool Ready() const override { return channel_.id != 0; }

 private:
  Result<> OnMessage(std::uint32_t, std::string_view message, MonoTime) override {
    yap::v1::CreateChannelResponse response;
    if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return Malformed("CreateChannelResponse");
    }
    channel_.id = response.joined().channel().id();
    return {};
  }
  Result<> OnEnd(std::uint32_t, const GrpcEnd& end, MonoTime) override {
    if (end.status != 0) return Refused("CreateChannel", end);
    return {};
  }

  Channel& channel_;
  GrpcClient client_;
  bool called_ = false;
};

class ReadingCodec final : public Codec, GrpcEvents {
 public:
  ReadingCodec(Channel& channel, Reader& reader)
      : channel_(channel),
        reader_(reader),
        filler_(Filler(reader.flight().options().message_bytes - kMessageBytesMin)),
        client_(output_, *this) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    YAP_TRY_VOID(client_.Input(bytes, now));
    reader_.EndBatch(now);
    if (!called_ && client_.Ready()) Subscribe();
    return {};
  }
  bool Ready() const override { return caught_up_; }

 private:
  void Subscribe() {
    yap::v1::SubscribeRequest request;
    request.add_cursors()->mutable_channel()->set_id(channel_.id);
    client_.Call(channel_.subscribe, request.SerializeAsString());
    called_ = true;
  }

  Result<> OnMessage(std::uint32_t, std::string_view message, MonoTime now) override {
    YAP_TRY(const auto event, ScanEvent(message));
    if (!event) return OnOther(message);
    if (event->channel_id != channel_.id || !caught_up_ || event->seq <= *channel_.base) {
      return Fail(Errc::kCorruption, "YAP",
                  fmt::format("seq {} of channel {}, before the stream's CaughtUp or of no channel "
                              "of the run",
                              event->seq, event->channel_id));
    }
    const std::uint64_t number = event->seq - *channel_.base - 1;
    const bool first = number == reader_.flight().named();
    const bool watched = reader_.Watched();
    if (first || watched) YAP_TRY_VOID(Examine(message, number, first, watched, now));
    if (!reader_.Take(number)) return Fail(reader_.OutOfOrder(number));
    return {};
  }

  // The whole event: for the first reader that has it, and for those whose streams are checked.
  Result<> Examine(std::string_view message, std::uint64_t number, bool first, bool watched,
                   MonoTime now) {
    yap::v1::SubscribeResponse response;
    if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return Malformed("SubscribeResponse");
    }
    const auto& event = response.event();
    std::uint64_t index = 0;
    if (event.client_msg_id().size() != kKeyBytes) return Malformed("a key of the run");
    std::memcpy(&index, event.client_msg_id().data(), sizeof(index));
    if (event.message_posted().text() != MakeText(index, filler_)) {
      return Fail(Errc::kCorruption, "BODY", fmt::format("seq {} has another text", event.seq()));
    }
    if (first) YAP_TRY_VOID(reader_.flight().Name(index));
    if (watched) reader_.Testify(number, index, now);
    return {};
  }

  Result<> OnOther(std::string_view message) {
    yap::v1::SubscribeResponse response;
    if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return Malformed("SubscribeResponse");
    }
    if (response.has_hello() || response.has_heartbeat()) return {};
    if (!response.has_caught_up()) {
      return Fail(Errc::kCorruption, "YAP",
                  fmt::format("a stream got a frame of kind {}, which no run expects",
                              static_cast<int>(response.frame_case())));
    }
    const std::uint64_t head = response.caught_up().head();
    if (channel_.base.value_or(head) != head) {
      return Fail(Errc::kCorruption, "YAP", "two streams began at different heads");
    }
    channel_.base = head;
    caught_up_ = true;
    return {};
  }

  Result<> OnEnd(std::uint32_t, const GrpcEnd& end, MonoTime) override {
    return Refused("Subscribe", end);
  }

  Channel& channel_;
  Reader& reader_;
  const std::string filler_;
  GrpcClient client_;
  bool called_ = false;
  bool caught_up_ = false;
};

class SenderCodec final : public SendingCodec, GrpcEvents {
 public:
  SenderCodec(Channel& channel, Flight& flight)
      : channel_(channel),
        flight_(flight),
        filler_(Filler(flight.options().message_bytes - kMessageBytesMin)),
        request_bytes_(RequestOf(0).ByteSizeLong()),
        client_(output_, *this) {}

  Result<> Input(std::string_view bytes, MonoTime now) override {
    return client_.Input(bytes, now);
  }
  bool Ready() const override { return client_.Ready(); }
  std::size_t Room() const override { return client_.Room(request_bytes_); }
  void Send(std::uint64_t index, MonoTime) override {
    calls_[client_.Call(channel_.send, RequestOf(index).SerializeAsString())] = {.index = index};
  }

 private:
  struct Pending {
    std::uint64_t index = 0;
    std::uint64_t seq = 0;
  };

  yap::v1::SendMessageRequest RequestOf(std::uint64_t index) const {
    yap::v1::SendMessageRequest request;
    request.mutable_channel()->set_id(channel_.id);
    request.set_client_msg_id(MakeKey(index, channel_.run));
    request.set_text(MakeText(index, filler_));
    request.set_attempt(1);
    return request;
  }

  Result<> OnMessage(std::uint32_t call, std::string_view message, MonoTime) override {
    yap::v1::SendMessageResponse response;
    if (!response.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      return Malformed("SendMessageResponse");
    }
    calls_[call].seq = response.seq();
    return {};
  }
  Result<> OnEnd(std::uint32_t call, const GrpcEnd& end, MonoTime now) override {
    if (end.status != 0) return Refused("SendMessage", end);
    const Pending pending = calls_[call];
    calls_.erase(call);
    if (pending.seq <= *channel_.base) return Malformed("the seq of a SendMessageResponse");
    flight_.Acknowledge(pending.index, pending.seq - *channel_.base - 1, now);
    return {};
  }

  Channel& channel_;
  Flight& flight_;
  const std::string filler_;
  const std::size_t request_bytes_;  // The same for all: index, key and text have fixed sizes.
  GrpcClient client_;
  std::unordered_map<std::uint32_t, Pending> calls_;
};

class Yap final : public System {
 public:
  Yap(const std::string& token, const std::string& run)
      : channel_{.run = run,
                 .create = GrpcMethod::Make("/yap.v1.ChannelService/CreateChannel", token),
                 .subscribe = GrpcMethod::Make("/yap.v1.MessageService/Subscribe", token),
                 .send = GrpcMethod::Make("/yap.v1.MessageService/SendMessage", token)} {}

  Order order() const override { return Order::kByServer; }
  std::size_t SendersFor(std::size_t in_flight) const override {
    return (in_flight + kCallsPerConnection - 1) / kCallsPerConnection;
  }
  std::unique_ptr<Codec> NewPreparation() override {
    return std::make_unique<CreatingCodec>(channel_);
  }
  std::unique_ptr<Codec> NewReader(Reader& reader) override {
    return std::make_unique<ReadingCodec>(channel_, reader);
  }
  std::unique_ptr<SendingCodec> NewSender(Flight& flight) override {
    return std::make_unique<SenderCodec>(channel_, flight);
  }

 private:
  Channel channel_;
};

}  // namespace

std::unique_ptr<System> NewYap(std::string token, std::string run) {
  return std::make_unique<Yap>(token, run);
}

}  // namespace yap::bench
