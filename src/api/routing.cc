#include "api/routing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cstring>

#include "crypto/hash.h"
#include "yap/v1/types.pb.h"

namespace yap::api {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

std::uint64_t Mix(std::uint64_t x) { return std::hash<core::ChannelId>()(core::ChannelId(x)); }

const MethodDescriptor* FindMethod(std::string_view path) {
  if (path.empty() || path.front() != '/') return nullptr;
  std::string name(path.substr(1));
  std::ranges::replace(name, '/', '.');
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
}

bool IsChannelRef(const FieldDescriptor* field) {
  return field != nullptr && field->message_type() == yap::v1::ChannelRef::descriptor();
}

std::optional<std::vector<std::string>> ScanAll(std::string_view request, int field) {
  std::vector<std::string> all;
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(request.data()),
                      static_cast<int>(request.size()));
  while (const std::uint32_t tag = in.ReadTag()) {
    const bool wanted =
        WireFormatLite::GetTagFieldNumber(tag) == field &&
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    std::string bytes;
    const bool read =
        wanted ? WireFormatLite::ReadBytes(&in, &bytes) : WireFormatLite::SkipField(&in, tag);
    if (!read) return std::nullopt;
    if (wanted) all.push_back(std::move(bytes));
  }
  return all;
}

}  // namespace

RouteRule RuleOf(std::string_view path) {
  RouteRule rule;
  const MethodDescriptor* method = FindMethod(path);
  if (method == nullptr) return rule;
  rule.idempotent = method->options().idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN;
  const auto* request = method->input_type();
  const auto* username = request->FindFieldByName("username");
  if (IsChannelRef(request->FindFieldByNumber(1))) {
    rule.by = RouteRule::By::kChannel;
  } else if (username != nullptr && username->type() == FieldDescriptor::TYPE_STRING) {
    rule.by = RouteRule::By::kUsername;
    rule.username_field = username->number();
  }
  return rule;
}

// Of several, what the decoder makes of them: the last string, and one message merged of all.

std::optional<std::string> ScanString(std::string_view request, int field) {
  auto all = ScanAll(request, field);
  if (!all || all->empty()) return std::nullopt;
  return std::move(all->back());
}

std::optional<core::ChannelRef> ScanChannel(std::string_view request) {
  const auto all = ScanAll(request, 1);
  yap::v1::ChannelRef ref;
  if (!all || !ref.ParseFromString(fmt::to_string(fmt::join(*all, "")))) return std::nullopt;
  switch (ref.ref_case()) {
    case yap::v1::ChannelRef::kId:
      return core::ChannelRef(core::ChannelId(ref.id()));
    case yap::v1::ChannelRef::kName:
      return core::ChannelRef(ref.name());
    case yap::v1::ChannelRef::REF_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

std::uint64_t RouteKey(core::ChannelId channel) { return channel.value; }

// Of a digest, since std::hash of a string is not the same everywhere.
std::uint64_t RouteKey(std::string_view name) {
  const Digest digest = Sha256(name);
  std::uint64_t key = 0;
  std::memcpy(&key, digest.data(), sizeof key);
  return key;
}

std::uint64_t RouteWeight(std::uint64_t replica, std::uint64_t key) {
  return Mix(replica ^ Mix(key));
}

}  // namespace yap::api
