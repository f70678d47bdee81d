#include "bench/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "bench/record_reader.h"
#include "bench/text_protocols.h"
#include "bench/yap_protocol.h"
#include "yap/v1/message_service.pb.h"

namespace yap::bench {
namespace {

using testing::HasSubstr;

const MonoTime kNow{};
constexpr std::size_t kBytes = 40;

std::string Body(std::uint64_t index) { return MakeRecordBody(index, Filler(kBytes - 8)); }

// What a peer sends to a subscriber, before the messages and for each of them.
struct Peer {
  std::unique_ptr<System> (*make)();
  std::string greeting;      // Of a subscriber of channels 0 and 7.
  std::string header;        // Of channel 0.
  std::string other_header;  // Of channel 7.
};
Peer Nats() {
  return {NewNats, "INFO {\"version\":\"2\"}\r\nPING\r\nPONG\r\n", "MSG bench.00000 00000 40\r\n",
          "MSG bench.00007 00007 40\r\n"};
}
Peer Redis() {
  return {NewRedis,
          "*3\r\n$9\r\nsubscribe\r\n$11\r\nbench.00000\r\n:1\r\n"
          "*3\r\n$9\r\nsubscribe\r\n$11\r\nbench.00007\r\n:2\r\n",
          "*3\r\n$7\r\nmessage\r\n$11\r\nbench.00000\r\n$40\r\n",
          "*3\r\n$7\r\nmessage\r\n$11\r\nbench.00007\r\n$40\r\n"};
}

// Two channels with one reader, which one connection reads.
class Load {
 public:
  explicit Load(const Peer& peer, std::uint64_t sent) : system(peer.make()) {
    for (const std::size_t channel : {0, 7}) {
      flights.emplace_back(
          FlightOptions{
              .channel = channel, .readers = 1, .in_flight_max = 100, .message_bytes = kBytes},
          meter);
      for (std::uint64_t i = 0; i < sent; ++i) flights.back().BeginSend(kNow);
      readers.emplace_back(flights.back(), 0);
    }
    codec = system->NewReader(std::array{&readers[0], &readers[1]});
  }
  Meter meter;
  Flights flights;
  Readers readers;
  std::unique_ptr<System> system;
  std::unique_ptr<Codec> codec;
};

class PeerTest : public testing::TestWithParam<Peer> {
 protected:
  static std::string Message(std::uint64_t index) {
    return GetParam().header + Body(index) + "\r\n";
  }
  static std::string OtherMessage(std::uint64_t index) {
    return GetParam().other_header + Body(index) + "\r\n";
  }
};
INSTANTIATE_TEST_SUITE_P(Each, PeerTest, testing::Values(Nats(), Redis()),
                         [](const auto& info) { return info.index == 0 ? "nats" : "redis"; });

TEST_P(PeerTest, MessagesCutAnywhereAreTakenOnceAndInOrder) {
  const bool ok = rc::check([] {
    Load load(GetParam(), 20);
    std::string stream = GetParam().greeting;
    for (std::uint64_t i = 0, other = 0; i + other < 40;) {
      const bool first = other == 20 || (i < 20 && *rc::gen::arbitrary<bool>());
      stream += first ? Message(i++) : OtherMessage(other++);
    }
    std::string_view left = stream;
    while (!left.empty()) {
      const auto n = *rc::gen::inRange<std::size_t>(1, 150);
      RC_ASSERT(load.codec->Input(left.substr(0, n), kNow).has_value());
      left.remove_prefix(std::min(n, left.size()));
    }
    RC_ASSERT(load.codec->Ready());
    for (const Flight& flight : load.flights) RC_ASSERT(flight.complete() == 20U);
  });
  EXPECT_TRUE(ok);
}

TEST_P(PeerTest, SwappedMessagesAreAnError) {
  Load load(GetParam(), 3);
  const auto result = load.codec->Input(GetParam().greeting + Message(1) + Message(0), kNow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kCorruption);
}

TEST_P(PeerTest, RepeatedMessageIsAnError) {
  Load load(GetParam(), 3);
  EXPECT_FALSE(load.codec->Input(GetParam().greeting + Message(0) + Message(0), kNow));
}

TEST_P(PeerTest, OtherBodyIsAnError) {
  Load load(GetParam(), 1);
  std::string stream = GetParam().greeting + Message(0);
  stream[stream.size() - 5] ^= 1;
  const auto result = load.codec->Input(stream, kNow);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("another body"));
}

TEST_P(PeerTest, RefusalIsAnErrorWithTheServersWords) {
  Load load(GetParam(), 1);
  const auto result = load.codec->Input("-ERR 'maximum connections exceeded'\r\n", kNow);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kUnavailable);
  EXPECT_THAT(result.error().message, HasSubstr("maximum connections"));
}

TEST(NatsTest, PingIsAnswered) {
  Load load(Nats(), 0);
  load.codec->output().clear();
  ASSERT_TRUE(load.codec->Input("PING\r\n", kNow));
  EXPECT_EQ(load.codec->output(), "PONG\r\n");
}

TEST(RedisTest, AnswerOfFewerSubscribersIsAnError) {
  Meter meter;
  Flights flights;
  flights.emplace_back(FlightOptions{.readers = 12, .in_flight_max = 10, .message_bytes = kBytes},
                       meter);
  auto sender = NewRedis()->NewSender(flights);
  for (int i = 0; i < 3; ++i) sender->Send(0, flights[0].BeginSend(kNow), kNow);
  ASSERT_TRUE(sender->Input(":12\r\n:1", kNow));
  EXPECT_EQ(meter.counts().acknowledged, 1U);
  ASSERT_TRUE(sender->Input("2\r\n", kNow));
  EXPECT_EQ(meter.counts().acknowledged, 2U);
  EXPECT_FALSE(sender->Input(":11\r\n", kNow));
}

// Two messages are stored, then read back by a connection of their own.
class RedisStoreTest : public testing::Test {
 protected:
  RedisStoreTest() {
    for (int i = 0; i < 2; ++i) {
      sender_->Send(0, flight_.BeginSend(kNow), kNow);
      EXPECT_EQ(sender_->Room(), 0U);
      EXPECT_TRUE(sender_->Input("+OK\r\n", kNow));
      EXPECT_EQ(sender_->Room(), 1U);
    }
    codec_ = system_->NewReader(std::array{&reader_});
  }
  static std::string Value(std::uint64_t index) { return "$40\r\n" + Body(index) + "\r\n"; }

  std::unique_ptr<System> system_ = NewRedisStore();
  Meter meter_;
  Flights flights_;
  Flight& flight_ = flights_.emplace_back(
      FlightOptions{.readers = 1, .in_flight_max = 10, .message_bytes = kBytes}, meter_);
  std::unique_ptr<SendingCodec> sender_ = system_->NewSender(flights_);
  Reader reader_{flight_, 0};
  std::unique_ptr<Codec> codec_;
};

TEST_F(RedisStoreTest, WhatWasStoredIsAskedForAndTakenInOrder) {
  EXPECT_THAT(codec_->output(), HasSubstr("bench.00000.0000000001"));
  ASSERT_TRUE(codec_->Input(Value(0) + Value(1).substr(0, 20), kNow));
  EXPECT_FALSE(flight_.AllComplete());
  ASSERT_TRUE(codec_->Input(Value(1).substr(20), kNow));
  EXPECT_TRUE(flight_.AllComplete());
  EXPECT_TRUE(flight_.witness().Judge(2).Ok());
}

TEST_F(RedisStoreTest, MissingKeyOrAnothersValueIsAnError) {
  EXPECT_FALSE(codec_->Input("$-1\r\n", kNow));
  EXPECT_FALSE(system_->NewReader(std::array{&reader_})->Input(Value(1), kNow));
}

TEST_F(RedisStoreTest, RefusalToStoreIsAnErrorWithTheServersWords) {
  sender_->Send(0, flight_.BeginSend(kNow), kNow);
  const auto result = sender_->Input("-MISCONF disk full\r\n", kNow);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("MISCONF"));
}

RC_GTEST_PROP(ScanEventTest, FindsWhatTheGeneratedParserFinds, (std::uint64_t channel)) {
  yap::v1::SubscribeResponse response;
  auto& event = *response.mutable_event();
  event.set_channel_id(channel);
  event.set_seq(*rc::gen::inRange<std::uint64_t>(1, 1ULL << 62));
  event.set_epoch(channel / 2);
  event.mutable_time()->set_seconds(5);
  event.mutable_actor()->set_username("ann");
  event.mutable_message_posted()->set_text(Filler(*rc::gen::inRange<std::size_t>(0, 20'000)));
  const auto scanned = ScanEvent(response.SerializeAsString());
  RC_ASSERT(scanned.has_value());
  RC_ASSERT(scanned->has_value());
  RC_ASSERT((*scanned)->channel_id == event.channel_id());
  RC_ASSERT((*scanned)->seq == event.seq());
}

TEST(ScanEventTest, OtherFramesAreNoEvents) {
  yap::v1::SubscribeResponse response;
  response.mutable_caught_up()->set_head(7);
  const auto scanned = ScanEvent(response.SerializeAsString());
  ASSERT_TRUE(scanned);
  EXPECT_FALSE(*scanned);
}

TEST(ScanEventTest, CutEventIsAnError) {
  yap::v1::SubscribeResponse response;
  response.mutable_event()->set_channel_id(3);
  response.mutable_event()->set_seq(300);
  const std::string bytes = response.SerializeAsString();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_FALSE(ScanEvent(std::string_view(bytes).substr(0, n))) << n << " bytes";
  }
}

RC_GTEST_PROP(ScanEventTest, AnyBytesAreJudgedWithoutHarm, (const std::string& bytes)) {
  const auto scanned = ScanEvent(bytes);
  if (scanned && *scanned) RC_ASSERT((*scanned)->seq != 0);
}

}  // namespace
}  // namespace yap::bench
