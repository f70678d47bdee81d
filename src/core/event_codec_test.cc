#include "core/event_codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/encoding.h"
#include "core/event_testing.h"

namespace yap::core {
namespace {

RC_GTEST_PROP(EventCodecTest, EveryEventReturnsFromItsBytes, ()) {
  const auto event = *AnyEvent();
  RC_ASSERT(DecodeEvent(EncodeEvent(event)).value() == event);
}

RC_GTEST_PROP(EventCodecTest, EveryKindOfBodyReturnsFromItsBytes, ()) {
  for (std::size_t kind = 0; kind < std::variant_size_v<Body>; ++kind) {
    const auto body = *AnyBody(kind);
    RC_ASSERT(body.index() == kind);
    RC_ASSERT(DecodeBody(EncodeBody(body)).value() == body);
  }
}

RC_GTEST_PROP(EventCodecTest, HostileBytesAreRefusedOrAreTheirOwnEncoding,
              (const std::string& noise)) {
  if (const auto body = DecodeBody(noise)) RC_ASSERT(EncodeBody(*body) == noise);
  if (const auto event = DecodeEvent(noise)) RC_ASSERT(EncodeEvent(*event) == noise);
}

RC_GTEST_PROP(EventCodecTest, AFlippedByteIsRefusedOrIsItsOwnEncoding, ()) {
  auto bytes = EncodeEvent(*AnyEvent());
  const auto place = *rc::gen::inRange<std::size_t>(0, bytes.size());
  bytes[place] = static_cast<char>(bytes[place] ^ *rc::gen::inRange(1, 256));
  const auto event = DecodeEvent(bytes);
  if (event) RC_ASSERT(EncodeEvent(*event) == bytes);
  if (!event) RC_ASSERT(event.error().reason == "EVENT_CORRUPT");
}

RC_GTEST_PROP(EventCodecTest, TruncatedOrExtendedBytesAreCorrupt, ()) {
  const auto bytes = EncodeEvent(*AnyEvent());
  const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
  RC_ASSERT(!DecodeEvent(bytes.substr(0, cut)));
  RC_ASSERT(!DecodeEvent(bytes + '\0'));
}

TEST(EventCodecTest, StoredFormatNeverChanges) {
  Event e;
  e.channel = ChannelId(0x0102030405060708);
  e.seq = Seq(2);
  e.epoch = Epoch(3);
  e.time = WallTime(std::chrono::microseconds(-1));
  e.actor = {UserId(4), "ana"};
  e.key[15] = std::byte{0xff};
  e.countable = 5;
  e.body = MessagePosted{std::string(200, 'x'), Seq(1)};
  EXPECT_EQ(ToHex(EncodeEvent(e)),
            "01"
            "0807060504030201"
            "0200000000000000"
            "0300000000000000"
            "ffffffffffffffff"
            "0400000000000000"
            "03616e61"
            "000000000000000000000000000000ff"
            "0500000000000000"
            "01"
            "c801" +
                ToHex(std::string(200, 'x')) + "0100000000000000");
}

TEST(EventCodecTest, KindNumbersNeverChange) {
  const std::pair<Body, int> table[] = {
      {MessagePosted{}, 1},   {MemberJoined{}, 5},      {MemberLeft{}, 6},
      {MemberRemoved{}, 7},   {MemberRoleChanged{}, 8}, {ChannelCreated{}, 9},
      {ChannelChanged{}, 10}, {AddedToChannel{}, 32},   {RemovedFromChannel{}, 33},
      {ReadMoved{}, 34},      {SessionRevoked{}, 35},
  };
  ASSERT_EQ(std::size(table), std::variant_size_v<Body>);
  for (const auto& [body, number] : table) EXPECT_EQ(EncodeBody(body)[0], number);
}

TEST(EventCodecTest, UnknownNumbersAreCorrupt) {
  const auto left = EncodeBody(MemberLeft{{UserId(1), "a"}});
  for (const int kind : {0, 2, 3, 4, 11, 31, 36, 255}) {
    auto bytes = left;
    bytes[0] = static_cast<char>(kind);
    EXPECT_FALSE(DecodeBody(bytes)) << kind;
  }
  auto role = EncodeBody(MemberJoined{{UserId(1), "a"}, Role::kOwner});
  role.back() = 4;
  EXPECT_FALSE(DecodeBody(role));
  auto banned = EncodeBody(MemberRemoved{{UserId(1), "a"}, true});
  banned.back() = 2;
  EXPECT_FALSE(DecodeBody(banned));
  auto version = EncodeEvent(Event{});
  version[0] = 2;
  EXPECT_FALSE(DecodeEvent(version));
}

TEST(EventCodecTest, ALengthHasOneSpelling) {
  const std::string user(8, '\0');
  EXPECT_TRUE(DecodeBody("\x06" + user + std::string("\x00", 1)));
  EXPECT_FALSE(DecodeBody("\x06" + user + std::string("\x80\x00", 2))) << "overlong";
  EXPECT_FALSE(DecodeBody("\x06" + user + std::string(9, '\xff') + '\x02')) << "over 64 bits";
  EXPECT_FALSE(DecodeBody("\x06" + user + std::string(11, '\x80'))) << "endless";
  EXPECT_FALSE(DecodeBody("\x06" + user + std::string(9, '\xff') + '\x01')) << "more than is there";
}

}  // namespace
}  // namespace yap::core
