#include "sim/wire.h"

#include <fmt/format.h>

#include <array>
#include <set>
#include <span>
#include <sstream>

#include "base/encoding.h"

namespace yap::sim {
namespace {

void Append(const std::string& text, std::string& out) {
  const auto n = static_cast<std::uint32_t>(text.size());
  for (const int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(n >> shift & 0xff));
  out += text;
}

struct Words {
  std::string body = "other";
  core::UserId user;
};

struct BodyWords {
  Words operator()(const core::MessagePosted&) const { return {"posted", {}}; }
  Words operator()(const core::MemberJoined& b) const { return {"joined", b.member.user}; }
  Words operator()(const core::MemberLeft& b) const { return {"left", b.member.user}; }
  Words operator()(const core::MemberRemoved& b) const { return {"removed", b.member.user}; }
  template <class Other>
  Words operator()(const Other&) const {
    return {};
  }
};

class TextEncoder final : public hub::FrameEncoder {
 public:
  void Event(const core::Event& event, std::string& out) const override {
    const Words words = std::visit(BodyWords{}, event.body);
    Append(fmt::format("event {} {} {} {} {} {}", event.channel.value, event.seq.value,
                       event.epoch.value, words.body, ToHex(event.key), words.user.value),
           out);
  }
  void Hello(WallTime, Duration, core::UserId, std::string& out) const override {
    Append("hello", out);
  }
  void CaughtUp(core::ChannelId channel, core::Head head, std::string& out) const override {
    Append(fmt::format("caught {} {}", channel.value, head.seq.value), out);
  }
  void Heartbeat(std::span<const std::pair<core::ChannelId, core::Head>>,
                 std::string& out) const override {
    Append("beat", out);
  }
  void Truncated(core::ChannelId channel, core::Head, core::Seq first,
                 std::string& out) const override {
    Append(fmt::format("truncated {} {}", channel.value, first.value), out);
  }
  void EpochChanged(core::ChannelId channel, core::Head head, std::string& out) const override {
    Append(fmt::format("epoch {} {} {}", channel.value, head.epoch.value, head.seq.value), out);
  }
  void Reconnect(Duration, std::string& out) const override { Append("reconnect", out); }
  void Ended(core::ChannelId channel, hub::EndReason, std::string& out) const override {
    Append(fmt::format("ended {}", channel.value), out);
  }
};

Frame Parse(const std::string& text) {
  Frame frame;
  std::istringstream in(text);
  in >> frame.kind;
  if (frame.kind == "event") {
    in >> frame.channel >> frame.seq >> frame.epoch >> frame.body >> frame.key >> frame.user;
  } else if (frame.kind == "epoch") {
    in >> frame.channel >> frame.epoch >> frame.seq;
  } else if (frame.kind != "hello" && frame.kind != "beat" && frame.kind != "reconnect") {
    in >> frame.channel;
    if (frame.kind != "ended") in >> frame.seq;
  }
  std::string rest;
  if (in.fail() || in >> rest) frame.kind.clear();
  return frame;
}

const std::set<std::string> kKinds = {"hello",     "event", "caught",    "beat",
                                      "truncated", "epoch", "reconnect", "ended"};

}  // namespace

std::unique_ptr<hub::FrameEncoder> NewTextEncoder() { return std::make_unique<TextEncoder>(); }

std::vector<Frame> Decoder::Feed(std::string_view bytes) {
  pending_ += bytes;
  std::vector<Frame> frames;
  while (pending_.size() >= 4 && !broken_) {
    std::size_t n = 0;
    for (int i = 0; i < 4; ++i) n = n << 8 | static_cast<unsigned char>(pending_[i]);
    if (pending_.size() < 4 + n) break;
    frames.push_back(Parse(pending_.substr(4, n)));
    pending_.erase(0, 4 + n);
    broken_ = !kKinds.contains(frames.back().kind);
  }
  return frames;
}

}  // namespace yap::sim
