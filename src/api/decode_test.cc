#include "api/decode.h"

#include <gtest/gtest.h>

#include <string>

#include "core/reasons.h"
#include "yap/v1/message_service.pb.h"

namespace yap::api {
namespace {

using yap::v1::SendMessageRequest;
using yap::v1::SubscribeRequest;

// Protobuf builds no ill-formed text, so `from` is made into `to` in its bytes.
template <class Request>
Error Refusal(const Request& request, const std::string& from, const std::string& to) {
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find(from), from.size(), to);
  const auto decoded = Decode<Request>(bytes);
  EXPECT_FALSE(decoded);
  return decoded ? Error{} : decoded.error();
}

SendMessageRequest Send(const std::string& text) {
  SendMessageRequest request;
  request.mutable_channel()->set_name("deck");
  request.set_text(text);
  return request;
}

TEST(DecodeTest, GivesTheMessage) {
  const auto decoded = Decode<SendMessageRequest>(Send("café").SerializeAsString());
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->text(), "café");
}

TEST(DecodeTest, TextThatIsNotUtf8HasItsPlace) {
  const Error error = Refusal(Send("caf!"), "caf!", "caf\xff");
  EXPECT_EQ(error.code, Errc::kInvalidArgument);
  EXPECT_EQ(error.reason, core::reason::kTextInvalidUtf8);
  EXPECT_EQ(error.field, "text");
  EXPECT_EQ(error.metadata, (decltype(error.metadata){{"position", "3"}}));
  EXPECT_EQ(error.message, "text is not UTF-8: byte 4 cannot stand there; send it in UTF-8");
}

TEST(DecodeTest, TextInsideAnotherMessageIsFound) {
  SubscribeRequest request;
  request.set_follow_joined(true);
  request.add_cursors()->mutable_channel()->set_id(7);
  request.add_cursors()->mutable_channel()->set_name("deck");
  const Error error = Refusal(request, "deck", "\xff\xff\xff\xff");
  EXPECT_EQ(error.reason, core::reason::kTextInvalidUtf8);
  EXPECT_EQ(error.field, "cursors.channel.name");
  EXPECT_EQ(error.metadata.front().second, "0");
}

TEST(DecodeTest, AnythingElseIsMalformed) {
  for (const std::string bytes : {"\xff", "\x0a\x7f", "\x0a\x02\x12\x7f", "\x1a"}) {
    const auto decoded = Decode<SendMessageRequest>(bytes);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().reason, core::reason::kRequestMalformed);
  }
}

}  // namespace
}  // namespace yap::api
