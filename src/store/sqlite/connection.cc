#include "store/sqlite/internal/connection.h"

#include <fmt/format.h>

namespace yap::store::sqlite {
namespace {

[[noreturn]] void Throw(sqlite3* db, int code) {
  const int extended = db == nullptr ? code : sqlite3_extended_errcode(db);
  throw SqliteError(
      extended == SQLITE_OK ? code : extended,
      fmt::format("{} (SQLite {})", db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db),
                  extended == SQLITE_OK ? code : extended));
}

}  // namespace

Statement::~Statement() {
  sqlite3_reset(stmt_);
  sqlite3_clear_bindings(stmt_);
}

void Statement::Check(int code) const {
  if (code != SQLITE_OK) Throw(db_, code);
}

void Statement::BindOne(int index, std::int64_t value) {
  Check(sqlite3_bind_int64(stmt_, index, value));
}
void Statement::BindOne(int index, std::nullptr_t) { Check(sqlite3_bind_null(stmt_, index)); }

// A null pointer would bind NULL, so empty views point somewhere.
void Statement::BindOne(int index, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();
  Check(sqlite3_bind_text64(stmt_, index, data, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::BindOne(int index, Blob blob) {
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  Check(sqlite3_bind_blob64(stmt_, index, data, blob.bytes.size(), SQLITE_TRANSIENT));
}

bool Statement::Step() {
  const int code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) Throw(db_, code);
  return false;
}

int Statement::Run() {
  while (Step()) {
  }
  return sqlite3_changes(db_);
}

std::string_view Statement::Bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_, column));
  const int size = sqlite3_column_bytes(stmt_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(data, static_cast<std::size_t>(size));
}

Connection::Connection(const std::filesystem::path& path, const std::string& vfs, OpenMode mode) {
  const int access = mode == OpenMode::kReadOnly ? SQLITE_OPEN_READONLY
                                                 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* db = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &db, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                      vfs.empty() ? nullptr : vfs.c_str());
  db_.reset(db);
  if (code != SQLITE_OK) Throw(db, code);
  // No statement of ours needs to write to the schema table or to switch the journal off.
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Connection::OwnedStatement Connection::Compile(std::string_view sql, unsigned flags) {
  sqlite3_stmt* stmt = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), flags,
                                      &stmt, nullptr);
  if (code != SQLITE_OK) Throw(db_.get(), code);
  return OwnedStatement(stmt);
}

Statement Connection::Prepare(std::string_view sql) {
  auto& cached = statements_[sql];
  if (!cached) cached = Compile(sql, SQLITE_PREPARE_PERSISTENT);
  return Statement(db_.get(), cached.get());
}

void Connection::Exec(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Throw(db_.get(), code);
}

std::int64_t Connection::Number(const std::string& sql) {
  const OwnedStatement owned = Compile(sql, 0);
  Statement row(db_.get(), owned.get());
  return row.Step() ? row.Int(0) : 0;
}

std::string Connection::Text(const std::string& sql) {
  const OwnedStatement owned = Compile(sql, 0);
  Statement row(db_.get(), owned.get());
  return row.Step() ? row.Text(0) : std::string();
}

Transaction::Transaction(Connection& sql, std::string_view how) : sql_(sql) {
  sql_.Prepare(how).Run();
}

Transaction::~Transaction() {
  // Some failures have rolled back already; then there is nothing to do, and no harm in trying.
  if (open_) sqlite3_exec(sql_.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::Commit() {
  sql_.Prepare("COMMIT").Run();
  open_ = false;
}

}  // namespace yap::store::sqlite
