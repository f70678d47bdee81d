#include "drivers/values.h"

namespace yap::drivers {
namespace {

bool HasBytes(std::uint32_t type) { return type == YD_TEXT || type == YD_BLOB || type == YD_UUID; }

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

Values& Values::Number(yd_type type, std::int64_t value) {
  values_.push_back({.type = static_cast<std::uint32_t>(type), .length = 0, .number = value});
  return *this;
}

Values& Values::Bytes(yd_type type, std::string_view value) {
  values_.push_back({.type = static_cast<std::uint32_t>(type),
                     .length = static_cast<std::uint32_t>(value.size()),
                     .number = static_cast<std::int64_t>(bytes_.size())});
  bytes_.append(value);
  return *this;
}

Values& Values::Null() { return Number(YD_NULL, 0); }
Values& Values::Unset() { return Number(YD_UNSET, 0); }
Values& Values::Boolean(bool value) { return Number(YD_BOOLEAN, value ? 1 : 0); }
Values& Values::TinyInt(std::int8_t value) { return Number(YD_TINYINT, value); }
Values& Values::SmallInt(std::int16_t value) { return Number(YD_SMALLINT, value); }
Values& Values::Int(std::int32_t value) { return Number(YD_INT, value); }
Values& Values::BigInt(std::int64_t value) { return Number(YD_BIGINT, value); }

Values& Values::Timestamp(WallTime value) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(value);
  return Number(YD_TIMESTAMP, milliseconds.time_since_epoch().count());
}

Values& Values::Text(std::string_view value) { return Bytes(YD_TEXT, value); }
Values& Values::Blob(std::string_view value) { return Bytes(YD_BLOB, value); }
Values& Values::Blob(std::span<const std::byte> value) { return Bytes(YD_BLOB, TextOf(value)); }
Values& Values::Uuid(std::span<const std::byte, 16> value) { return Bytes(YD_UUID, TextOf(value)); }

std::vector<yd_value> Values::View() const {
  std::vector<yd_value> view = values_;
  for (yd_value& value : view) {
    if (!HasBytes(value.type)) continue;
    value.bytes = reinterpret_cast<const std::uint8_t*>(bytes_.data()) + value.number;
  }
  return view;
}

}  // namespace yap::drivers
