#include "api/frame_encoder.h"

#include <string>

#include "api/convert.h"
#include "edge/grpc_wire.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using yap::v1::SubscribeResponse;

void ToProto(Duration duration, google::protobuf::Duration* out) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  out->set_seconds(seconds.count());
  out->set_nanos(static_cast<std::int32_t>((duration - seconds).count()));
}

yap::v1::EndReason ToProto(hub::EndReason reason) {
  switch (reason) {
    case hub::EndReason::kLeft:
      return yap::v1::END_REASON_LEFT;
    case hub::EndReason::kRemoved:
      return yap::v1::END_REASON_REMOVED;
    case hub::EndReason::kBanned:
      return yap::v1::END_REASON_BANNED;
    case hub::EndReason::kSessionEnded:
      return yap::v1::END_REASON_SESSION_ENDED;
    case hub::EndReason::kChannelGone:
      return yap::v1::END_REASON_CHANNEL_GONE;
  }
  return yap::v1::END_REASON_UNSPECIFIED;
}

void Append(const SubscribeResponse& response, std::string& out) {
  const auto prefix = edge::MakePrefix(response.ByteSizeLong());
  out.append(prefix.data(), prefix.size());
  response.AppendToString(&out);
}

class Encoder final : public hub::FrameEncoder {
 public:
  void Event(const core::Event& event, std::string& out) const override {
    SubscribeResponse response;
    api::ToProto(event, response.mutable_event());
    Append(response, out);
  }
  void Hello(WallTime now, Duration heartbeat_interval, core::UserId user,
             std::string& out) const override {
    SubscribeResponse response;
    auto* hello = response.mutable_hello();
    api::ToProto(now, hello->mutable_server_time());
    ToProto(heartbeat_interval, hello->mutable_heartbeat_interval());
    hello->set_user_id(user.value);
    Append(response, out);
  }
  void CaughtUp(core::ChannelId channel, core::Head head, std::string& out) const override {
    SubscribeResponse response;
    auto* caught_up = response.mutable_caught_up();
    caught_up->set_channel_id(channel.value);
    caught_up->set_epoch(head.epoch.value);
    caught_up->set_head(head.seq.value);
    Append(response, out);
  }
  void Heartbeat(std::span<const std::pair<core::ChannelId, core::Head>> heads,
                 std::string& out) const override {
    SubscribeResponse response;
    auto* heartbeat = response.mutable_heartbeat();
    for (const auto& [channel, head] : heads) {
      auto* one = heartbeat->add_heads();
      one->set_channel_id(channel.value);
      one->set_epoch(head.epoch.value);
      one->set_head(head.seq.value);
    }
    Append(response, out);
  }
  void Truncated(core::ChannelId channel, core::Head head, core::Seq first_available,
                 std::string& out) const override {
    SubscribeResponse response;
    auto* truncated = response.mutable_truncated();
    truncated->set_channel_id(channel.value);
    truncated->set_epoch(head.epoch.value);
    truncated->set_head(head.seq.value);
    truncated->set_first_available(first_available.value);
    Append(response, out);
  }
  void EpochChanged(core::ChannelId channel, core::Head head, std::string& out) const override {
    SubscribeResponse response;
    auto* changed = response.mutable_epoch_changed();
    changed->set_channel_id(channel.value);
    changed->set_epoch(head.epoch.value);
    changed->set_head(head.seq.value);
    Append(response, out);
  }
  void Reconnect(Duration after, std::string& out) const override {
    SubscribeResponse response;
    ToProto(after, response.mutable_reconnect()->mutable_after());
    Append(response, out);
  }
  void Ended(core::ChannelId channel, hub::EndReason reason, std::string& out) const override {
    SubscribeResponse response;
    response.mutable_ended()->set_channel_id(channel.value);
    response.mutable_ended()->set_reason(ToProto(reason));
    Append(response, out);
  }
};

}  // namespace

std::unique_ptr<hub::FrameEncoder> NewFrameEncoder() { return std::make_unique<Encoder>(); }

}  // namespace yap::api
