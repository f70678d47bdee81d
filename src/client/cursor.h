// client/cursor.h: one reader's place in one channel, and the file that keeps it between runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "client/private_file.h"

namespace yap::client {

struct Place {
  std::uint64_t epoch = 0;  // 0: not known.
  // The last event handled; none: from the head at the moment of asking.
  std::optional<std::uint64_t> after;

  friend bool operator==(const Place&, const Place&) = default;
};

// Keeps one place per channel name, for one reader: the file is locked while it is open, so that
// two readers never deliver the same event. "deck" and "#deck" are one channel. Calls block.
class CursorFile {
 public:
  // Errors: FailedPrecondition CURSOR_FILE_BUSY (another process has it open), CURSOR_FILE_INVALID
  // (not written by yap), CURSOR_FILE_OTHER_SERVER; those of private_file.h.
  static Result<CursorFile> Open(std::filesystem::path path, std::string server);

  // None: this channel was never read with this file.
  std::optional<Place> Find(const std::string& channel) const;

  // Replaces the file as a whole. After a kill it holds this place or the one before.
  Result<> Store(const std::string& channel, Place place, Durable durable);

 private:
  CursorFile(std::filesystem::path path, std::string server, Fd lock);
  Result<> Read();

  std::filesystem::path path_;
  std::string server_;
  Fd lock_;
  std::map<std::string, Place> places_;
};

}  // namespace yap::client
