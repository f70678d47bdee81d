#include "bus/pulsar/envelope_codec.h"

#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "bus/pulsar/limits.h"
#include "core/event_codec.h"
#include "crypto/hash.h"

namespace yap::bus::pulsar {
namespace {

using core::ChannelHead;
using core::EventPtr;

constexpr char kVersion = 1;
constexpr std::string_view kMacDomain = "yap bus envelope";
constexpr std::size_t kMacBytes = sizeof(Digest);
constexpr int kVarintBytesMax = 5;  // 32 bits, 7 a byte.

void PutFixed(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
void PutU64(std::string& out, std::uint64_t value) { PutFixed(out, value, 8); }
void PutVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

// Stays failed once something was missing or not in its shortest form.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && in_.empty(); }

  std::string_view Take(std::size_t n) {
    if (!ok_ || n > in_.size()) {
      ok_ = false;
      return {};
    }
    const auto bytes = in_.substr(0, n);
    in_.remove_prefix(n);
    return bytes;
  }
  std::uint64_t Fixed(std::size_t size) {
    const auto bytes = Take(size);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    return value;
  }
  std::uint64_t U64() { return Fixed(8); }
  // At most `max`.
  std::size_t Varint(std::size_t max) {
    std::uint64_t value = 0;
    for (int i = 0; i < kVarintBytesMax && ok_; ++i) {
      const auto byte = static_cast<std::uint8_t>(Fixed(1));
      value |= std::uint64_t{byte & 0x7FU} << (7 * i);
      if ((byte & 0x80) != 0) continue;
      const bool overlong = byte == 0 && i > 0;
      ok_ = ok_ && !overlong && value <= max;
      return ok_ ? value : 0;
    }
    ok_ = false;
    return 0;
  }

 private:
  std::string_view in_;
  bool ok_ = true;
};

ChannelHead ReadHead(Reader& in) {
  ChannelHead head;
  head.channel.value = in.U64();
  head.seq.value = in.U64();
  head.epoch.value = in.U64();
  return head;
}

// The next event, which must follow `last` in the same channel; null where it does not.
EventPtr ReadEvent(Reader& in, const EventPtr& last) {
  const auto event = core::DecodeEvent(in.Take(in.Varint(kEnvelopeBytesMax)));
  if (!in.ok() || !event) return nullptr;
  if (last && (event->channel != last->channel || event->seq <= last->seq)) return nullptr;
  return std::make_shared<const core::Event>(*event);
}

bool ReadEvents(Reader& in, std::vector<EventPtr>& events) {
  const std::size_t count = in.Varint(kEnvelopeEventsMax);
  for (std::size_t i = 0; i < count; ++i) {
    EventPtr event = ReadEvent(in, events.empty() ? nullptr : events.back());
    if (!event) return false;
    events.push_back(std::move(event));
  }
  return true;
}

OwnedEnvelope WithoutEvents(const OwnedEnvelope& envelope) {
  OwnedEnvelope bare = envelope;
  bare.heads = HeadsOf(envelope);
  bare.events.clear();
  return bare;
}

}  // namespace

OwnedEnvelope::OwnedEnvelope(const core::Envelope& view)
    : producer(view.producer),
      topic(view.topic),
      counter(view.counter),
      events(view.events.begin(), view.events.end()),
      heads(view.heads.begin(), view.heads.end()),
      revocations(view.revocations) {}

core::Envelope OwnedEnvelope::View() const {
  return {.producer = producer,
          .topic = topic,
          .counter = counter,
          .events = events,
          .heads = heads,
          .revocations = revocations};
}

std::vector<ChannelHead> HeadsOf(const OwnedEnvelope& envelope) {
  std::vector<ChannelHead> heads = envelope.heads;
  if (envelope.events.empty()) return heads;
  const core::Event& last = *envelope.events.back();
  heads.push_back({last.channel, last.seq, last.epoch});
  return heads;
}

std::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kSize:
      return "size";
    case Refusal::kVersion:
      return "version";
    case Refusal::kForged:
      return "forged";
    case Refusal::kMalformed:
      return "malformed";
  }
  YAP_CHECK(false, "no such refusal");
}

EnvelopeCodec::EnvelopeCodec(Secret key, std::string topic_name)
    : key_(std::move(key)), topic_name_(std::move(topic_name)) {
  YAP_CHECK(!key_.empty());
}

std::string EnvelopeCodec::Mac(std::string_view body) const {
  return std::string(AsView(HmacSha256(key_.Reveal(), {kMacDomain, topic_name_, body})));
}

std::string EnvelopeCodec::Encode(const OwnedEnvelope& envelope) const {
  const bool too_many = envelope.events.size() > kEnvelopeEventsMax;
  std::string body = WriteEnvelope(too_many ? WithoutEvents(envelope) : envelope);
  if (body.size() + kMacBytes > kEnvelopeBytesMax) body = WriteEnvelope(WithoutEvents(envelope));
  YAP_CHECK(body.size() + kMacBytes <= kEnvelopeBytesMax);
  return body + Mac(body);
}

std::expected<OwnedEnvelope, Refusal> EnvelopeCodec::Decode(std::string_view bytes) const {
  if (bytes.size() <= kMacBytes || bytes.size() > kEnvelopeBytesMax) {
    return std::unexpected(Refusal::kSize);
  }
  if (bytes.front() != kVersion) return std::unexpected(Refusal::kVersion);
  const auto body = bytes.substr(0, bytes.size() - kMacBytes);
  if (!ConstantTimeEqual(Mac(body), bytes.substr(body.size()))) {
    return std::unexpected(Refusal::kForged);
  }
  return ReadEnvelope(body);
}

std::string WriteEnvelope(const OwnedEnvelope& envelope) {
  std::string out(1, kVersion);
  PutU64(out, envelope.producer.value);
  PutFixed(out, envelope.topic, 4);
  PutU64(out, envelope.counter);
  PutU64(out, envelope.revocations.seq.value);
  PutU64(out, envelope.revocations.epoch.value);
  PutVarint(out, envelope.heads.size());
  for (const ChannelHead& head : envelope.heads) {
    PutU64(out, head.channel.value);
    PutU64(out, head.seq.value);
    PutU64(out, head.epoch.value);
  }
  PutVarint(out, envelope.events.size());
  for (const EventPtr& event : envelope.events) {
    const std::string bytes = core::EncodeEvent(*event);
    PutVarint(out, bytes.size());
    out += bytes;
  }
  return out;
}

std::expected<OwnedEnvelope, Refusal> ReadEnvelope(std::string_view body) {
  Reader in(body);
  OwnedEnvelope envelope;
  if (in.Fixed(1) != kVersion) return std::unexpected(Refusal::kVersion);
  envelope.producer.value = in.U64();
  envelope.topic = static_cast<std::uint32_t>(in.Fixed(4));
  envelope.counter = in.U64();
  envelope.revocations.seq.value = in.U64();
  envelope.revocations.epoch.value = in.U64();
  const std::size_t heads = in.Varint(kEnvelopeHeadsMax);
  for (std::size_t i = 0; i < heads && in.ok(); ++i) envelope.heads.push_back(ReadHead(in));
  if (!ReadEvents(in, envelope.events) || !in.AtEnd()) return std::unexpected(Refusal::kMalformed);
  return envelope;
}

}  // namespace yap::bus::pulsar
