// bus/pulsar/envelope_codec.h: envelopes (core/envelope.h) as bytes that leave the process, signed.
// docs/bus.md describes the layout:
//
//   envelope   := version(1 byte, = 1) producer:u64 topic:u32 counter:u64 revocations
//                 heads:varint head* events:varint (length:varint event)* mac(32 bytes)
//   revocations := seq:u64 epoch:u64        head := channel:u64 seq:u64 epoch:u64
//   event      as core/event_codec.h has it
//   mac        := HMAC-SHA-256(key; "yap bus envelope", name of the topic, all before the mac)
// Integers of fixed size are little endian; varints are LEB128 in their shortest form.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "core/envelope.h"

namespace yap::bus::pulsar {

// An envelope that owns what it refers to.
struct OwnedEnvelope {
  core::ProducerId producer;
  std::uint32_t topic = 0;
  std::uint64_t counter = 0;
  std::vector<core::EventPtr> events;
  std::vector<core::ChannelHead> heads;
  core::RevocationHead revocations;

  OwnedEnvelope() = default;
  explicit OwnedEnvelope(const core::Envelope& view);
  // Refers to this.
  core::Envelope View() const;
};

// How far each channel of an envelope goes: what is left to tell when its events can't be sent.
std::vector<core::ChannelHead> HeadsOf(const OwnedEnvelope& envelope);

// Why an envelope was not let in.
enum class Refusal : std::uint8_t {
  kSize,       // Longer than kEnvelopeBytesMax, or shorter than any.
  kVersion,    // Of another version of yap.
  kForged,     // Not signed with our key for this topic.
  kMalformed,  // Signed, but not what we write: a bug or a version that broke its promise.
};
std::string_view RefusalName(Refusal refusal);  // "size", "version", "forged", "malformed"

// Signs and checks for one topic. Thread-safe.
class EnvelopeCodec {
 public:
  // `topic_name`: the topic's whole name, so that an envelope is good on no other.
  // REQUIRES: !key.empty().
  EnvelopeCodec(Secret key, std::string topic_name);

  // An envelope that is too large for a message goes without its events, with their head instead.
  // REQUIRES: at most kEnvelopeHeadsMax heads.
  std::string Encode(const OwnedEnvelope& envelope) const;
  std::expected<OwnedEnvelope, Refusal> Decode(std::string_view bytes) const;

 private:
  std::string Mac(std::string_view body) const;

  const Secret key_;
  const std::string topic_name_;
};

// Of Encode and Decode, what lies before the mac. For EnvelopeCodec and for fuzzing.
std::string WriteEnvelope(const OwnedEnvelope& envelope);
std::expected<OwnedEnvelope, Refusal> ReadEnvelope(std::string_view body);

}  // namespace yap::bus::pulsar
