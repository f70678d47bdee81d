// drivers/values.h: the values bound to the `?` of a CQL statement, in their order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "yapdrivers/yapdrivers.h"

namespace yap::drivers {

// `Values().BigInt(channel).Int(bucket).Blob(key)`. Owns its bytes; a value type. Each must be of
// exactly its column's type or Null; that is judged when the statement is executed (kInvalid, with
// the name of the column). REQUIRES: at most YD_VALUES_MAX.
class Values {
 public:
  Values& Null();
  // Leaves the column as it is (an INSERT or UPDATE writes nothing there).
  Values& Unset();
  Values& Boolean(bool value);
  Values& TinyInt(std::int8_t value);
  Values& SmallInt(std::int16_t value);
  Values& Int(std::int32_t value);
  Values& BigInt(std::int64_t value);
  // A CQL timestamp has milliseconds; what is finer is cut off.
  Values& Timestamp(WallTime value);
  Values& Text(std::string_view value);  // UTF-8
  Values& Blob(std::string_view value);
  Values& Blob(std::span<const std::byte> value);
  Values& Uuid(std::span<const std::byte, 16> value);

  std::size_t size() const { return values_.size(); }
  std::size_t bytes() const { return bytes_.size() + values_.size() * sizeof(std::int64_t); }

  // For the ABI: pointers into this object, good until it changes.
  std::vector<yd_value> View() const;

 private:
  Values& Number(yd_type type, std::int64_t value);
  Values& Bytes(yd_type type, std::string_view value);

  std::vector<yd_value> values_;  // Of bytes, `number` is the offset in bytes_.
  std::string bytes_;
};

}  // namespace yap::drivers
