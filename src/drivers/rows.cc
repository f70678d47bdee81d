#include "drivers/rows.h"

#include <string>

#include "base/check.h"
#include "drivers/internal/call.h"
#include "drivers/values.h"

namespace yap::drivers {

// What Rows share: the view, and what it points into.
struct Row::Table {
  yd_rows_view view;
  std::shared_ptr<const void> owner;
};

namespace {

std::string_view NameOf(const yd_column& column) { return {column.name.data, column.name.length}; }

std::string_view BytesOf(const yd_cell& cell) {
  return {reinterpret_cast<const char*>(cell.data), static_cast<std::size_t>(cell.length)};
}

std::int32_t WidthOf(yd_type type) {
  switch (type) {
    case YD_BOOLEAN:
    case YD_TINYINT:
      return 1;
    case YD_SMALLINT:
      return 2;
    case YD_INT:
      return 4;
    case YD_UUID:
      return 16;
    default:
      return 8;
  }
}

const yd_column* FindColumn(const yd_rows_view& view, std::string_view name) {
  for (const yd_column& column : std::span(view.columns, view.columns_count)) {
    if (NameOf(column) == name) return &column;
  }
  return nullptr;
}

}  // namespace

const yd_cell* Row::Find(std::string_view column, yd_type type) const {
  const yd_rows_view& view = table_->view;
  const yd_column* found = FindColumn(view, column);
  if (found == nullptr) return nullptr;
  YAP_CHECK(type == YD_OTHER || found->type == static_cast<std::uint32_t>(type), column);
  const yd_cell& cell = view.cells[(index_ * view.columns_count) + (found - view.columns)];
  return cell.length < 0 ? nullptr : &cell;
}

bool Row::Has(std::string_view column) const { return Find(column, YD_OTHER) != nullptr; }

// A number may be "empty" on the wire, a relic that means null here.
std::optional<std::int64_t> Row::Number(std::string_view column, yd_type type) const {
  const yd_cell* cell = Find(column, type);
  const std::int32_t width = WidthOf(type);
  if (cell == nullptr || cell->length != width) return std::nullopt;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : std::span(cell->data, static_cast<std::size_t>(width))) {
    value = (value << 8) | byte;
  }
  const int unused_bits = 64 - (8 * width);
  return static_cast<std::int64_t>(value << unused_bits) >> unused_bits;
}

std::optional<bool> Row::Boolean(std::string_view column) const {
  return Number(column, YD_BOOLEAN).transform([](std::int64_t value) { return value != 0; });
}
std::optional<std::int8_t> Row::TinyInt(std::string_view column) const {
  return Number(column, YD_TINYINT).transform([](auto v) { return static_cast<std::int8_t>(v); });
}
std::optional<std::int16_t> Row::SmallInt(std::string_view column) const {
  return Number(column, YD_SMALLINT).transform([](auto v) { return static_cast<std::int16_t>(v); });
}
std::optional<std::int32_t> Row::Int(std::string_view column) const {
  return Number(column, YD_INT).transform([](auto v) { return static_cast<std::int32_t>(v); });
}
std::optional<std::int64_t> Row::BigInt(std::string_view column) const {
  return Number(column, YD_BIGINT);
}
std::optional<WallTime> Row::Timestamp(std::string_view column) const {
  return Number(column, YD_TIMESTAMP).transform([](std::int64_t value) {
    return WallTime(std::chrono::milliseconds(value));
  });
}

std::optional<std::string_view> Row::Text(std::string_view column) const {
  const yd_cell* cell = Find(column, YD_TEXT);
  return cell == nullptr ? std::nullopt : std::optional(BytesOf(*cell));
}
std::optional<std::string_view> Row::Blob(std::string_view column) const {
  const yd_cell* cell = Find(column, YD_BLOB);
  return cell == nullptr ? std::nullopt : std::optional(BytesOf(*cell));
}
std::optional<std::span<const std::byte, 16>> Row::Uuid(std::string_view column) const {
  const yd_cell* cell = Find(column, YD_UUID);
  if (cell == nullptr || cell->length != WidthOf(YD_UUID)) return std::nullopt;
  return std::span<const std::byte, 16>(reinterpret_cast<const std::byte*>(cell->data), 16);
}

Rows::Rows(yd_rows* rows) {
  auto table = std::make_shared<Row::Table>();
  table->owner = std::shared_ptr<const void>(OwnedRows(rows));
  yd_rows_get(rows, &table->view);
  table_ = std::move(table);
}

std::size_t Rows::size() const { return table_ ? table_->view.rows_count : 0; }

Row Rows::operator[](std::size_t index) const {
  YAP_CHECK(index < size());
  return {table_.get(), index};
}

bool Rows::Applied() const { return !empty() && front().Boolean("[applied]").value_or(false); }

std::string_view Rows::next_page() const {
  if (!table_) return {};
  return {table_->view.next_state.data, table_->view.next_state.length};
}

namespace {

struct HandMade {
  std::vector<std::pair<std::string, yd_type>> names;
  std::vector<std::optional<std::string>> bytes;
  std::vector<yd_column> columns;
  std::vector<yd_cell> cells;
};

std::optional<std::string> WireBytes(const yd_value& value) {
  const auto type = static_cast<yd_type>(value.type);
  if (type == YD_NULL) return std::nullopt;
  if (type == YD_TEXT || type == YD_BLOB || type == YD_UUID) {
    return std::string(reinterpret_cast<const char*>(value.bytes), value.length);
  }
  std::string bytes;
  for (int shift = 8 * (WidthOf(type) - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(static_cast<std::uint64_t>(value.number) >> shift));
  }
  return bytes;
}

yd_cell CellOf(const std::optional<std::string>& bytes) {
  if (!bytes) return {nullptr, -1, 0};
  return {reinterpret_cast<const std::uint8_t*>(bytes->data()),
          static_cast<std::int32_t>(bytes->size()), 0};
}

}  // namespace

RowsBuilder::RowsBuilder(std::vector<std::pair<std::string, yd_type>> columns)
    : columns_(std::move(columns)) {}

RowsBuilder& RowsBuilder::Add(const Values& values) {
  const auto view = values.View();
  YAP_CHECK(view.size() == columns_.size(), "a value for each column");
  for (std::size_t i = 0; i < view.size(); ++i) {
    YAP_CHECK(
        view[i].type == YD_NULL || view[i].type == static_cast<std::uint32_t>(columns_[i].second),
        columns_[i].first);
    cells_.push_back(WireBytes(view[i]));
  }
  return *this;
}

Rows RowsBuilder::Build() const {
  auto made = std::make_shared<HandMade>(columns_, cells_);
  for (const auto& [name, type] : made->names) {
    made->columns.push_back({TextOf(name), static_cast<std::uint32_t>(type), 0});
  }
  for (const auto& bytes : made->bytes) made->cells.push_back(CellOf(bytes));
  const std::size_t rows = columns_.empty() ? 0 : cells_.size() / columns_.size();
  const yd_rows_view view{made->columns.data(), made->columns.size(), made->cells.data(), rows, {}};
  return Rows(std::make_shared<Row::Table>(view, std::move(made)));
}

}  // namespace yap::drivers
