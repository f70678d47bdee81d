#include "edge/grpc_wire.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

#include "edge/message_reader.h"
#include "edge/request_head.h"

namespace yap::edge {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

TEST(GrpcTimeoutTest, ReadsEveryUnitAndCapsAtAYear) {
  EXPECT_EQ(ParseTimeout("1H"), hours(1));
  EXPECT_EQ(ParseTimeout("2M"), std::chrono::minutes(2));
  EXPECT_EQ(ParseTimeout("30S"), std::chrono::seconds(30));
  EXPECT_EQ(ParseTimeout("250m"), milliseconds(250));
  EXPECT_EQ(ParseTimeout("7u"), std::chrono::microseconds(7));
  EXPECT_EQ(ParseTimeout("99999999n"), nanoseconds(99'999'999));
  EXPECT_EQ(ParseTimeout("99999999H"), hours(24 * 365));
}

TEST(GrpcTimeoutTest, RefusesEverythingElse) {
  for (const char* bad : {"", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", "1 S", "S1"}) {
    EXPECT_EQ(ParseTimeout(bad), std::nullopt) << bad;
  }
}

TEST(ContentTypeTest, OnlyGrpcWithProtoIsTaken) {
  for (const char* good : {"application/grpc", "application/grpc+proto", "application/grpc;v=1"}) {
    EXPECT_TRUE(IsGrpcContentType(good)) << good;
  }
  for (const char* bad : {"", "application/json", "application/grpc-web", "application/grpc+json",
                          "text/application/grpc"}) {
    EXPECT_FALSE(IsGrpcContentType(bad)) << bad;
  }
}

TEST(BinaryMetadataTest, JoinsCommaSeparatedValuesAndRefusesWhatIsNotBase64) {
  EXPECT_EQ(DecodeBinaryValue("YQ==,Yg"), "ab");
  EXPECT_EQ(DecodeBinaryValue("Y!"), std::nullopt);
}

RC_GTEST_PROP(BinaryMetadataTest, ValuesComeBack, (const std::string& bytes)) {
  RC_ASSERT(DecodeBinaryValue(EncodeBinaryValue(bytes)) == bytes);
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16)));
    i += 2;
  }
  return out;
}

RC_GTEST_PROP(PercentEncodingTest, IsPrintableAndComesBack, (const std::string& text)) {
  const std::string encoded = PercentEncode(text);
  for (const char c : encoded) RC_ASSERT(c >= 0x20 && c <= 0x7e);
  RC_ASSERT(PercentDecode(encoded) == text);
}

// Whatever the cuts, the messages come out as they went in.
RC_GTEST_PROP(MessageReaderTest, CutsDoNotMatter,
              (const std::vector<std::string>& messages, const std::vector<std::uint8_t>& cuts)) {
  std::string wire;
  for (const auto& message : messages) {
    const Prefix prefix = MakePrefix(message.size());
    wire.append(prefix.data(), prefix.size()).append(message);
  }
  MessageReader reader(1024 * 1024);
  std::string_view left = wire;
  for (const std::uint8_t cut : cuts) {
    const auto piece = left.substr(0, cut);
    RC_ASSERT(!reader.Feed({piece.data(), piece.size()}));
    left.remove_prefix(piece.size());
  }
  RC_ASSERT(!reader.Feed({left.data(), left.size()}));
  RC_ASSERT(reader.AtBoundary());
  std::vector<std::string> out;
  while (auto message = reader.Pop()) out.push_back(*std::move(message));
  RC_ASSERT(out == messages);
  RC_ASSERT(reader.HeldBytes() == 0U);
}

TEST(MessageReaderTest, CompressedMalformedAndOversizedMessagesEndTheCall) {
  using namespace std::string_view_literals;
  const auto code = [](std::string_view wire) {
    const auto error = MessageReader(16).Feed({wire.data(), wire.size()});
    return error ? CodeOf(error->code) : Code::kOk;
  };
  EXPECT_EQ(code("\0\0\0\0\x10"sv), Code::kOk);
  EXPECT_EQ(code("\0\0\0\0\x11"sv), Code::kResourceExhausted);
  EXPECT_EQ(code("\x01\0\0\0\x01x"sv), Code::kUnimplemented);
  EXPECT_EQ(code("\x02\0\0\0\x01x"sv), Code::kInvalidArgument);
}

TEST(RequestHeadTest, JudgesInTheOrderOfTheSpecification) {
  const auto verdict = [](std::vector<std::pair<std::string, std::string>> changes) {
    RequestHead head;
    head.Add(":method", "POST", 8192);
    head.Add(":path", "/a/b", 8192);
    head.Add("content-type", "application/grpc", 8192);
    for (const auto& [name, value] : changes) head.Add(name, value, 8192);
    const auto rejection = head.Judge(8192);
    if (!rejection) return std::string("fine");
    if (const auto* http = std::get_if<RequestHead::HttpError>(&*rejection)) {
      return std::string(http->status);
    }
    return std::string(ErrcName(std::get<Error>(*rejection).code));
  };
  EXPECT_EQ(verdict({}), "fine");
  EXPECT_EQ(verdict({{":method", "GET"}}), "405");
  EXPECT_EQ(verdict({{"content-type", "text/html"}, {"grpc-encoding", "gzip"}}), "415");
  EXPECT_EQ(verdict({{"grpc-encoding", "gzip"}}), "UNIMPLEMENTED");
  EXPECT_EQ(verdict({{"grpc-encoding", "identity"}}), "fine");
  EXPECT_EQ(verdict({{"grpc-timeout", "soon"}}), "INVALID_ARGUMENT");
  EXPECT_EQ(verdict({{"x-bin", "?"}}), "INVALID_ARGUMENT");
  EXPECT_EQ(verdict({{"x", std::string(9000, 'a')}}), "RESOURCE_EXHAUSTED");
}

TEST(RequestHeadTest, OwnHeadersAreNotMetadata) {
  RequestHead head;
  head.Add(":path", "/a/b", 8192);
  head.Add("grpc-timeout", "1S", 8192);
  head.Add("te", "trailers", 8192);
  head.Add("user-agent", "test", 8192);
  ASSERT_EQ(head.metadata().size(), 1U);
  EXPECT_EQ(head.Get("user-agent"), "test");
  EXPECT_EQ(head.timeout(), std::chrono::seconds(1));
}

}  // namespace
}  // namespace yap::edge
