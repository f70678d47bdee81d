#include "bus/pulsar/envelope_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "base/encoding.h"
#include "bus/pulsar/limits.h"
#include "core/event_testing.h"

namespace yap::bus::pulsar {
namespace {

using core::ChannelHead;
using core::ChannelId;
using core::Epoch;
using core::EventPtr;
using core::Seq;

constexpr std::string_view kTopic = "persistent://public/default/yap-events-3";

EventPtr MakeEvent(std::uint64_t channel, std::uint64_t seq, std::string text = "hello") {
  auto event = std::make_shared<core::Event>();
  event->channel = ChannelId(channel);
  event->seq = Seq(seq);
  event->epoch = Epoch(9);
  event->actor = {core::UserId(7), "ada"};
  event->body = core::MessagePosted{std::move(text), Seq()};
  return event;
}

OwnedEnvelope Full() {
  OwnedEnvelope envelope;
  envelope.producer = core::ProducerId(0x1122334455667788);
  envelope.topic = 3;
  envelope.counter = 300;
  envelope.events = {MakeEvent(5, 1, std::string("nul\0byte", 8)), MakeEvent(5, 2)};
  envelope.heads = {{ChannelId(6), Seq(7), Epoch(8)}, {ChannelId(9), Seq(0), Epoch(8)}};
  envelope.revocations = {Seq(4), Epoch(9)};
  return envelope;
}

void ExpectEqual(const OwnedEnvelope& a, const OwnedEnvelope& b) {
  EXPECT_EQ(a.producer, b.producer);
  EXPECT_EQ(a.topic, b.topic);
  EXPECT_EQ(a.counter, b.counter);
  EXPECT_EQ(a.heads, b.heads);
  EXPECT_EQ(a.revocations, b.revocations);
  EXPECT_TRUE(std::ranges::equal(a.events, b.events,
                                 [](const auto& x, const auto& y) { return *x == *y; }));
}

class EnvelopeCodecTest : public ::testing::Test {
 protected:
  static Secret Key(char c = 'k') { return Secret(std::string(32, c)); }
  Refusal RefusalOf(std::string_view bytes) const {
    const auto decoded = codec_.Decode(bytes);
    if (decoded) throw std::logic_error("it was let in");
    return decoded.error();
  }

  EnvelopeCodec codec_{Key(), std::string(kTopic)};
};

TEST_F(EnvelopeCodecTest, WhatIsEncodedIsDecoded) {
  const auto decoded = codec_.Decode(codec_.Encode(Full()));
  ASSERT_TRUE(decoded);
  ExpectEqual(*decoded, Full());
}

TEST_F(EnvelopeCodecTest, AHeartbeatIsSmall) {
  OwnedEnvelope beat;
  beat.producer = core::ProducerId(1);
  beat.counter = 2;
  const std::string bytes = codec_.Encode(beat);
  EXPECT_EQ(bytes.size(), 71U);
  ASSERT_TRUE(codec_.Decode(bytes));
}

// Other processes, and perhaps other versions, read these bytes.
TEST_F(EnvelopeCodecTest, LayoutDoesNotChange) {
  OwnedEnvelope envelope = Full();
  envelope.events.clear();
  envelope.heads.resize(1);
  const std::string bytes = WriteEnvelope(envelope);
  EXPECT_EQ(ToHex(std::as_bytes(std::span(bytes))),
            "01"
            "8877665544332211"                                    // producer
            "03000000"                                            // topic
            "2c01000000000000"                                    // counter
            "04000000000000000900000000000000"                    // revocations
            "01060000000000000007000000000000000800000000000000"  // heads
            "00");                                                // events
}

TEST_F(EnvelopeCodecTest, EveryBitThatIsChangedIsNoticed) {
  const std::string bytes = codec_.Encode(Full());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string forged = bytes;
    forged[bit / 8] = static_cast<char>(forged[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_EQ(RefusalOf(forged), bit < 8 ? Refusal::kVersion : Refusal::kForged);
  }
}

TEST_F(EnvelopeCodecTest, EveryTruncationIsNoticed) {
  const std::string bytes = codec_.Encode(Full());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(RefusalOf(bytes.substr(0, size)), size <= 32 ? Refusal::kSize : Refusal::kForged);
  }
  EXPECT_EQ(RefusalOf(bytes + '\0'), Refusal::kForged);
}

TEST_F(EnvelopeCodecTest, AnotherTopicsEnvelopeIsForged) {
  const EnvelopeCodec other(Key(), "persistent://public/default/yap-events-4");
  EXPECT_EQ(RefusalOf(other.Encode(Full())), Refusal::kForged);
}

TEST_F(EnvelopeCodecTest, AnotherKeysEnvelopeIsForged) {
  const EnvelopeCodec other(Key('x'), std::string(kTopic));
  EXPECT_EQ(RefusalOf(other.Encode(Full())), Refusal::kForged);
}

TEST_F(EnvelopeCodecTest, WhatIsTooLargeIsNotLookedAt) {
  EXPECT_EQ(RefusalOf(std::string(kEnvelopeBytesMax + 1, '\1')), Refusal::kSize);
}

TEST_F(EnvelopeCodecTest, TheLargestAppendFits) {
  OwnedEnvelope envelope = Full();
  envelope.events.clear();
  for (std::uint64_t seq = 1; seq <= 64; ++seq) {
    envelope.events.push_back(MakeEvent(5, seq, std::string(4096, 'x')));
  }
  const auto decoded = codec_.Decode(codec_.Encode(envelope));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->events.size(), 64U);
}

TEST_F(EnvelopeCodecTest, WhatDoesNotFitGoesAsItsHeadWithItsCounter) {
  OwnedEnvelope envelope = Full();
  envelope.events.clear();
  for (std::uint64_t seq = 1; seq <= 64; ++seq) {
    envelope.events.push_back(MakeEvent(5, seq, std::string(16 * 1024, 'x')));
  }
  const auto decoded = codec_.Decode(codec_.Encode(envelope));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->events.empty());
  EXPECT_EQ(decoded->counter, envelope.counter);
  EXPECT_EQ(decoded->heads.back(), (ChannelHead{ChannelId(5), Seq(64), Epoch(9)}));
}

TEST_F(EnvelopeCodecTest, TooManyEventsGoAsTheirHead) {
  OwnedEnvelope envelope;
  for (std::uint64_t seq = 1; seq <= kEnvelopeEventsMax + 1; ++seq) {
    envelope.events.push_back(MakeEvent(5, seq, ""));
  }
  const auto decoded = codec_.Decode(codec_.Encode(envelope));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->heads.size(), 1U);
}

class ReadEnvelopeTest : public ::testing::Test {
 protected:
  static void ExpectMalformed(const OwnedEnvelope& envelope) {
    const auto read = ReadEnvelope(WriteEnvelope(envelope));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), Refusal::kMalformed);
  }
};

TEST_F(ReadEnvelopeTest, EventsOfTwoChannelsAreMalformed) {
  OwnedEnvelope envelope = Full();
  envelope.events = {MakeEvent(5, 1), MakeEvent(6, 2)};
  ExpectMalformed(envelope);
}

TEST_F(ReadEnvelopeTest, EventsOutOfOrderAreMalformed) {
  OwnedEnvelope envelope = Full();
  envelope.events = {MakeEvent(5, 2), MakeEvent(5, 2)};
  ExpectMalformed(envelope);
}

TEST_F(ReadEnvelopeTest, MoreHeadsThanMayBeAreMalformed) {
  OwnedEnvelope envelope;
  envelope.heads.resize(kEnvelopeHeadsMax + 1);
  ExpectMalformed(envelope);
}

TEST_F(ReadEnvelopeTest, TrailingBytesAreMalformed) {
  EXPECT_EQ(ReadEnvelope(WriteEnvelope(Full()) + "x").error(), Refusal::kMalformed);
}

TEST_F(ReadEnvelopeTest, NumbersInALongFormAreMalformed) {
  std::string bytes = WriteEnvelope({});
  bytes.back() = '\x80';
  EXPECT_EQ(ReadEnvelope(bytes + '\0').error(), Refusal::kMalformed);
}

RC_GTEST_PROP(EnvelopeCodecProperty, RoundTrip,
              (std::uint64_t producer, std::uint32_t topic, std::uint64_t counter,
               std::vector<std::string> texts, std::vector<std::uint64_t> heads)) {
  OwnedEnvelope envelope;
  envelope.producer = core::ProducerId(producer);
  envelope.topic = topic;
  envelope.counter = counter;
  for (std::string& text : texts) {
    envelope.events.push_back(MakeEvent(5, envelope.events.size() + 1, std::move(text)));
  }
  for (const std::uint64_t seq : heads) {
    envelope.heads.push_back({ChannelId(seq + 1), Seq(seq), Epoch(seq)});
  }
  const EnvelopeCodec codec(Secret(std::string(32, 'k')), "t");
  const auto decoded = codec.Decode(codec.Encode(envelope));
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(WriteEnvelope(*decoded) == WriteEnvelope(envelope));
}

}  // namespace
}  // namespace yap::bus::pulsar
