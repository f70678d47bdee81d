// store/sqlite/internal/failure.h: what a failure of SQLite means to a caller, and when it ends the
// process. Private to the adapter.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

#include "base/result.h"
#include "store/sqlite/internal/connection.h"

namespace yap::store::sqlite {

// Damaged data. A read or write that met it must not be answered as if nothing was.
bool IsCorruption(const SqliteError& e);
// After these nobody knows what is on the disk: an fsync that failed once may "succeed" the second
// time with the data gone (Rebello et al., "Can Applications Recover from fsync Failures?", USENIX
// ATC 2020), so the process ends and recovers from the file.
bool EndsWriting(const SqliteError& e);

// At run time, for one call.
Error ToError(const SqliteError& e);
// While opening `path`.
Error ToOpenError(const SqliteError& e, const std::filesystem::path& path);

// Reports the first fatal failure, once. Thread-safe.
class Fatal {
 public:
  using Handler = std::function<void(const std::string&)>;
  Fatal(std::filesystem::path path, Handler handler);

  void Report(const SqliteError& e);
  bool reported() const { return reported_; }

 private:
  const std::filesystem::path path_;
  const Handler handler_;
  std::atomic<bool> reported_ = false;
};

}  // namespace yap::store::sqlite
