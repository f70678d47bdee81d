// client/drafts.h: what a person had typed and set, kept over restarts and kill -9: drafts by
// channel, the input history, muted channels. One JSON file per server and user, replaced as a
// whole. What cannot be read is not there; one thread; calls block.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/result.h"

namespace yap::client {

// Entries of the input history, and drafts: the oldest, and the shortest names, go first.
inline constexpr std::size_t kHistoryKept = 500;
inline constexpr std::size_t kDraftsKept = 1000;

class Drafts {
 public:
  // Reads the file, if there is one.
  explicit Drafts(std::filesystem::path file);

  const std::map<std::string, std::string>& texts() const { return texts_; }
  const std::deque<std::string>& history() const { return history_; }
  bool Muted(std::uint64_t channel) const { return muted_.contains(channel); }

  // In memory until Flush. An empty text removes the draft.
  void Keep(const std::string& ref, const std::string& text);
  void AddHistory(const std::string& text);
  void Mute(std::uint64_t channel, bool on);

  bool dirty() const { return dirty_; }
  // Errors: Unavailable FILE_UNWRITABLE.
  Result<> Flush();

 private:
  void Read(const std::string& content);

  const std::filesystem::path file_;
  std::map<std::string, std::string> texts_;  // By what the outbox calls the channel.
  std::deque<std::string> history_;
  std::set<std::uint64_t> muted_;
  bool dirty_ = false;
};

}  // namespace yap::client
