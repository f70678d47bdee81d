#include "api/decode.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <optional>
#include <string>

#include "core/reasons.h"
#include "unicode/code_points.h"

namespace yap::api {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;

// Our requests nest three deep; bytes of strangers may claim anything.
constexpr int kDepthMax = 8;

struct BadText {
  std::string field;         // From the request on: "channel.name".
  std::size_t position = 0;  // In the field's value.
};

std::optional<BadText> FindBadText(const Descriptor& type, std::string_view bytes, int depth);

std::optional<BadText> FindBadText(const FieldDescriptor& field, std::string_view value,
                                   int depth) {
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    const auto position = unicode::FirstInvalidUtf8(value);
    return position ? std::optional(BadText{field.name(), *position}) : std::nullopt;
  }
  if (field.type() != FieldDescriptor::TYPE_MESSAGE || depth == kDepthMax) return std::nullopt;
  auto bad = FindBadText(*field.message_type(), value, depth + 1);
  if (bad) bad->field = field.name() + "." + bad->field;
  return bad;
}

// The first one before the bytes make no sense.
std::optional<BadText> FindBadText(const Descriptor& type, std::string_view bytes, int depth) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return std::nullopt;
      continue;
    }
    int length = 0;
    if (!in.ReadVarintSizeAsInt(&length)) return std::nullopt;
    const auto begin = static_cast<std::size_t>(in.CurrentPosition());
    if (!in.Skip(length)) return std::nullopt;
    const auto* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr) continue;
    const std::string_view value = bytes.substr(begin, static_cast<std::size_t>(length));
    if (auto bad = FindBadText(*field, value, depth)) return bad;
  }
  return std::nullopt;
}

}  // namespace

Error MalformedRequest(const Descriptor& type, std::string_view bytes) {
  auto bad = FindBadText(type, bytes, 0);
  if (!bad) {
    return MakeError(
        Errc::kInvalidArgument, core::reason::kRequestMalformed,
        "the request is not a valid message of this method; is the client's schema current?");
  }
  return MakeError(Errc::kInvalidArgument, core::reason::kTextInvalidUtf8,
                   fmt::format("{} is not UTF-8: byte {} cannot stand there; send it in UTF-8",
                               bad->field, bad->position + 1))
      .With("position", fmt::to_string(bad->position))
      .InField(std::move(bad->field));
}

}  // namespace yap::api
