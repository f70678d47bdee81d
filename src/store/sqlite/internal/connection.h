// store/sqlite/internal/connection.h: one connection to an SQLite file and its prepared statements.
// Private to the adapter. Failures of SQLite are SqliteError exceptions here, because nearly every
// line can fail in ways that only the top (a job's thread, an Open) can answer; none leaves the
// adapter.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>

#include "base/clock.h"
#include "core/ids.h"
#include "crypto/hash.h"

namespace yap::store::sqlite {

class SqliteError final : public std::exception {
 public:
  // `code` is SQLite's extended result code.
  SqliteError(int code, std::string message) : code_(code), message_(std::move(message)) {}
  int code() const { return code_; }
  int primary() const { return code_ & 0xff; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  int code_;
  std::string message_;
};

// Bytes, as opposed to text.
struct Blob {
  std::string_view bytes;
};

// A use of a cached prepared statement; given back, reset, when destroyed. Columns and parameters
// count from 0 and are taken in order.
class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* stmt) : db_(db), stmt_(stmt) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Binds all parameters, in order. Values are copied.
  template <class... Ts>
  Statement& Bind(const Ts&... values) {
    int index = 0;
    (BindOne(++index, values), ...);
    return *this;
  }
  // Whether there is a row (another one).
  bool Step();
  // For statements that answer no rows. Returns the number of rows changed.
  int Run();

  std::int64_t Int(int column) const { return sqlite3_column_int64(stmt_, column); }
  std::uint64_t Uint(int column) const { return static_cast<std::uint64_t>(Int(column)); }
  bool Bool(int column) const { return Int(column) != 0; }
  std::string_view Bytes(int column) const;
  std::string Text(int column) const { return std::string(Bytes(column)); }
  WallTime Time(int column) const { return WallTime(std::chrono::microseconds(Int(column))); }
  core::Seq Seq(int column) const { return core::Seq(Uint(column)); }
  template <class Id>
  Id Number(int column) const {
    return Id(Uint(column));
  }
  template <class E>
  E Enum(int column) const {
    return static_cast<E>(Int(column));
  }
  // A column of fixed size: a key or a digest. Of another size (or NULL): all zero.
  template <std::size_t kSize>
  std::array<std::byte, kSize> Fixed(int column) const {
    std::array<std::byte, kSize> out{};
    const std::string_view bytes = Bytes(column);
    if (bytes.size() == kSize)
      std::copy_n(std::as_bytes(std::span(bytes)).begin(), kSize, out.begin());
    return out;
  }

 private:
  void BindOne(int index, std::int64_t value);
  void BindOne(int index, std::string_view text);
  void BindOne(int index, Blob blob);
  void BindOne(int index, std::nullptr_t);
  void BindOne(int index, const char*) = delete;
  void BindOne(int index, const std::string& text) { BindOne(index, std::string_view(text)); }
  void BindOne(int index, std::uint64_t v) { BindOne(index, static_cast<std::int64_t>(v)); }
  void BindOne(int index, std::uint32_t v) { BindOne(index, std::int64_t{v}); }
  void BindOne(int index, bool v) { BindOne(index, std::int64_t{v ? 1 : 0}); }
  void BindOne(int index, core::Seq seq) { BindOne(index, seq.value); }
  template <class Tag>
  void BindOne(int index, StrongId<Tag> id) {
    BindOne(index, id.value);
  }
  void BindOne(int index, WallTime time) {
    BindOne(index, std::int64_t{time.time_since_epoch().count()});
  }
  template <class E>
    requires std::is_enum_v<E>
  void BindOne(int index, E value) {
    BindOne(index, static_cast<std::int64_t>(value));
  }
  template <std::size_t kSize>
  void BindOne(int index, const std::array<std::byte, kSize>& bytes) {
    BindOne(index, Blob{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}});
  }
  void Check(int code) const;

  sqlite3* db_;
  sqlite3_stmt* stmt_;
};

enum class OpenMode : std::uint8_t { kReadWrite, kReadOnly };

// One thread at a time.
class Connection {
 public:
  // Throws SqliteError. `vfs`: empty for the default one.
  Connection(const std::filesystem::path& path, const std::string& vfs, OpenMode mode);
  Connection(Connection&&) = default;

  // `sql` is a literal: the statement is kept, under its text, as long as the connection.
  Statement Prepare(std::string_view sql);
  // Any number of statements; results are dropped.
  void Exec(const std::string& sql);
  // The first column of the first row. For PRAGMAs and counts.
  std::int64_t Number(const std::string& sql);
  std::string Text(const std::string& sql);

  sqlite3* raw() { return db_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalizer {
    void operator()(sqlite3_stmt* stmt) const { sqlite3_finalize(stmt); }
  };
  using OwnedStatement = std::unique_ptr<sqlite3_stmt, Finalizer>;

  OwnedStatement Compile(std::string_view sql, unsigned flags);

  std::unique_ptr<sqlite3, Closer> db_;
  std::unordered_map<std::string_view, OwnedStatement> statements_;  // As many as there are texts.
};

// Begins; rolls back when destroyed without Commit. `how`: "BEGIN" or "BEGIN IMMEDIATE".
class Transaction {
 public:
  Transaction(Connection& sql, std::string_view how);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();

 private:
  Connection& sql_;
  bool open_ = true;
};

}  // namespace yap::store::sqlite
