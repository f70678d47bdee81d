// bench/yap_channels.h: what all connections of a load of yap share: its channels, who owns them,
// and how a message looks. Private to the protocol of yap.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bench/grpc_client.h"
#include "bench/yap_protocol.h"
#include "yap/v1/event.pb.h"

namespace yap::bench {

inline constexpr std::size_t kKeyBytes = 16;

// Who makes, reads and sends to some of the channels.
struct YapUser {
  explicit YapUser(std::string_view token)
      : create(GrpcMethod::Make("/yap.v1.ChannelService/CreateChannel", token)),
        subscribe(GrpcMethod::Make("/yap.v1.MessageService/Subscribe", token)),
        send(GrpcMethod::Make("/yap.v1.MessageService/SendMessage", token)),
        list(GrpcMethod::Make("/yap.v1.MessageService/ListEvents", token)) {}
  GrpcMethod create;
  GrpcMethod subscribe;
  GrpcMethod send;
  GrpcMethod list;
};

struct YapChannel {
  std::uint64_t id = 0;
  std::uint64_t base = 0;  // The seq before message number 0.
  std::uint64_t epoch = 0;
};

struct YapChannels {
  std::string run;
  std::vector<YapUser> users;
  std::vector<YapChannel> all;  // By their number in the load; made by the preparation.

  const YapUser& owner(std::size_t channel) const { return users[channel / kChannelsPerUser]; }

  // Another for each run and message.
  std::string KeyOf(std::uint64_t index) const {
    std::string key(kKeyBytes, '.');
    std::memcpy(key.data(), &index, sizeof(index));
    const std::string_view tail = std::string_view(run).substr(0, kKeyBytes - sizeof(index));
    return key.replace(sizeof(index), tail.size(), tail);
  }
};

inline std::string TextOf(std::uint64_t index, std::string_view filler) {
  return fmt::format("{:016x}{}", index, filler);
}

inline std::unexpected<Error> Refused(std::string_view what, const GrpcEnd& end) {
  return Fail(Errc::kUnavailable, "YAP",
              fmt::format("yapd ended {} with gRPC status {}: {}", what, end.status, end.message));
}

inline std::unexpected<Error> Malformed(std::string_view what) {
  return Fail(Errc::kCorruption, "YAP", fmt::format("{} cannot be parsed", what));
}

template <class Message>
Result<Message> Parse(std::string_view bytes) {
  Message message;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
  return Malformed(Message::descriptor()->name());
}

// One reader's place in one channel: which events it takes, and that they are what was sent.
class YapPlace {
 public:
  YapPlace(const YapChannel& channel, Reader& reader, std::string_view filler)
      : channel_(&channel), reader_(&reader), filler_(filler) {}

  const YapChannel& channel() const { return *channel_; }
  Reader& reader() const { return *reader_; }
  // The seq of the last event taken.
  std::uint64_t seq() const { return channel_->base + reader_->next(); }

  // Whether the whole of the next event is to be looked at: by the first reader that has it, and by
  // those whose streams are checked.
  bool Examines() const {
    return reader_->next() == reader_->flight().named() || reader_->Watched();
  }
  // Errors: Corruption.
  Result<> Take(std::uint64_t seq) {
    const std::uint64_t number = seq - channel_->base - 1;
    if (!reader_->Take(number)) return Fail(reader_->OutOfOrder(number));
    return {};
  }
  Result<> Examine(const yap::v1::Event& event, MonoTime now);

 private:
  const YapChannel* channel_;
  Reader* reader_;
  std::string_view filler_;
};

// A connection that subscribes to the readers' channels.
std::unique_ptr<Codec> NewYapSubscriber(const YapChannels& channels,
                                        std::span<Reader* const> readers);
// A connection that reads the reader's channel to its head by ListEvents, one page after the other;
// then it is Ready. `times` gets how long each page took.
std::unique_ptr<Codec> NewYapPager(const YapChannels& channels, Reader& reader, Histogram& times);

}  // namespace yap::bench
