#include "api/decode.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <optional>
#include <string>

#include "core/reasons.h"
#include "unicode/code_points.h"

namespace yap::api {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::UnknownField;

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

std::optional<BadText> FindBadText(const Descriptor& type, std::string_view bytes, int depth) {
  google::protobuf::UnknownFieldSet values;
  if (!values.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  for (int i = 0; i < values.field_count(); ++i) {
    const UnknownField& value = values.field(i);
    const auto* field = type.FindFieldByNumber(value.number());
    if (field == nullptr || value.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    if (auto bad = FindBadText(*field, value.length_delimited(), depth)) return bad;
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
