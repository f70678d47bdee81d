// drivers/rows.h: what a CQL statement answered: rows, read by the names of their columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "yapdrivers/yapdrivers.h"

namespace yap::drivers {

class Rows;
class Values;

// One row; a view, good as long as its Rows (also when they are moved). Each accessor answers
// nothing where there is no such column or it is null: the answer to a conditional statement has
// other columns on ScyllaDB than on Cassandra, and others again when it was applied. A column of
// another type than asked for is our mistake and ends the process (YAP_CHECK). Text and bytes are
// not copied.
class Row {
 public:
  bool Has(std::string_view column) const;  // There, and not null.
  std::optional<bool> Boolean(std::string_view column) const;
  std::optional<std::int8_t> TinyInt(std::string_view column) const;
  std::optional<std::int16_t> SmallInt(std::string_view column) const;
  std::optional<std::int32_t> Int(std::string_view column) const;
  std::optional<std::int64_t> BigInt(std::string_view column) const;
  std::optional<WallTime> Timestamp(std::string_view column) const;
  std::optional<std::string_view> Text(std::string_view column) const;
  std::optional<std::string_view> Blob(std::string_view column) const;
  std::optional<std::span<const std::byte, 16>> Uuid(std::string_view column) const;

 private:
  friend class Rows;
  friend class RowsBuilder;
  struct Table;
  Row(const Table* table, std::size_t index) : table_(table), index_(index) {}
  const yd_cell* Find(std::string_view column, yd_type type) const;
  std::optional<std::int64_t> Number(std::string_view column, yd_type type) const;

  const Table* table_;
  std::size_t index_;
};

// A value type: copies share the answer. Immutable, so any thread may read it.
class Rows {
 public:
  Rows() = default;  // No rows, no columns.
  // Takes `rows` over. For this room.
  explicit Rows(yd_rows* rows);

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  Row operator[](std::size_t index) const;  // REQUIRES: index < size()
  Row front() const { return (*this)[0]; }  // REQUIRES: !empty()

  // Of the answer to a conditional statement: whether it was done. False where there is no row.
  bool Applied() const;
  // What to hand to the next ExecutePage; empty: that was all.
  std::string_view next_page() const;

  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using difference_type = std::ptrdiff_t;
    using value_type = Row;
    Row operator*() const { return (*rows_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class Rows;
    Iterator(const Rows* rows, std::size_t index) : rows_(rows), index_(index) {}
    const Rows* rows_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  friend class RowsBuilder;
  explicit Rows(std::shared_ptr<const Row::Table> table) : table_(std::move(table)) {}

  std::shared_ptr<const Row::Table> table_;
};

// Makes Rows by hand: for unit tests on answers that were seen on other servers.
//   RowsBuilder({{"[applied]", YD_BOOLEAN}, {"head",
//   YD_BIGINT}}).Add(Values().Boolean(false).Null())
class RowsBuilder {
 public:
  explicit RowsBuilder(std::vector<std::pair<std::string, yd_type>> columns);
  // REQUIRES: one value for each column, of its type or Null.
  RowsBuilder& Add(const Values& values);
  Rows Build() const;

 private:
  std::vector<std::pair<std::string, yd_type>> columns_;
  std::vector<std::optional<std::string>> cells_;
};

}  // namespace yap::drivers
