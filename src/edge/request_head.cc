#include "edge/request_head.h"

#include "edge/grpc_wire.h"
#include "edge/refusals.h"

namespace yap::edge {
namespace {

// RFC 9113, 6.5.2: how SETTINGS_MAX_HEADER_LIST_SIZE counts a field.
constexpr std::size_t kFieldOverheadBytes = 32;

}  // namespace

void RequestHead::Add(std::string_view name, std::string_view value,
                      std::size_t metadata_bytes_max) {
  bytes_ += name.size() + value.size() + kFieldOverheadBytes;
  // The pseudo-headers come first; without them not even the refusal would be right.
  too_large_ = too_large_ || bytes_ > metadata_bytes_max;
  if (IsReservedName(name)) return AddOwn(name, value);
  if (!too_large_) AddMetadata(name, value);
}

void RequestHead::AddOwn(std::string_view name, std::string_view value) {
  if (name == ":method") {
    method_ = value;
  } else if (name == ":path") {
    path_ = value;
  } else if (name == "content-type") {
    content_type_ = value;
  } else if (name == "grpc-encoding") {
    encoding_ = value;
  } else if (name == "grpc-timeout") {
    timeout_ = ParseTimeout(value);
    bad_timeout_ = !timeout_;
  }
}

void RequestHead::AddMetadata(std::string_view name, std::string_view value) {
  if (!IsBinaryName(name)) {
    metadata_.push_back({std::string(name), std::string(value)});
    return;
  }
  auto bytes = DecodeBinaryValue(value);
  if (!bytes) {
    bad_binary_name_ = name;
    return;
  }
  metadata_.push_back({std::string(name), *std::move(bytes)});
}

std::optional<RequestHead::Rejection> RequestHead::Judge(std::size_t metadata_bytes_max) const {
  if (method_ != "POST") return HttpError{"405"};
  if (!IsGrpcContentType(content_type_)) return HttpError{"415"};
  if (too_large_) return MetadataTooLarge(metadata_bytes_max);
  if (!encoding_.empty() && encoding_ != "identity") return CompressionUnsupported();
  if (bad_timeout_) {
    return MetadataInvalid("grpc-timeout", "1 to 8 digits and one of H, M, S, m, u, n");
  }
  if (!bad_binary_name_.empty()) return MetadataInvalid(bad_binary_name_, "base64");
  return std::nullopt;
}

std::optional<std::string_view> RequestHead::Get(std::string_view name) const {
  for (const Header& header : metadata_) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

std::optional<std::string> RequestHead::Joined(std::string_view name) const {
  std::optional<std::string> list;
  for (const Header& header : metadata_) {
    if (header.name == name) list = list ? *list + "," + header.value : header.value;
  }
  return list;
}

}  // namespace yap::edge
