#include "edge/header_list.h"

#include "edge/grpc_wire.h"

namespace yap::edge {
namespace {

const std::uint8_t* Raw(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

}  // namespace

void HeaderList::Add(std::string_view name, std::string value) {
  const std::string& kept_name = values_.emplace_back(name);
  const std::string& kept = values_.emplace_back(std::move(value));
  fields_.push_back({const_cast<std::uint8_t*>(Raw(kept_name)),
                     const_cast<std::uint8_t*>(Raw(kept)), kept_name.size(), kept.size(),
                     NGHTTP2_NV_FLAG_NONE});
}

void HeaderList::Add(const Metadata& metadata) {
  for (const Header& header : metadata) {
    std::string value = IsBinaryName(header.name) ? EncodeBinaryValue(header.value) : header.value;
    if (nghttp2_check_header_name(Raw(header.name), header.name.size()) == 0) continue;
    if (nghttp2_check_header_value(Raw(value), value.size()) == 0) continue;
    Add(header.name, std::move(value));
  }
}

void HeaderList::Add(const Status& status) {
  Add("grpc-status", std::to_string(static_cast<int>(status.code)));
  if (!status.message.empty()) Add("grpc-message", PercentEncode(status.message));
  if (!status.details.empty()) Add("grpc-status-details-bin", EncodeBinaryValue(status.details));
}

}  // namespace yap::edge
