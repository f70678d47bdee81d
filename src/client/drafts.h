// client/drafts.h: what a person had typed and set, kept over restarts and kill -9: drafts by
// channel, the input history, muted channels. One JSON file per server and user, shared by the
// processes of both and replaced as a whole, with what one of them has changed; each goes on with
// what it found at its start and its own changes. What cannot be read is not there; one thread;
// calls block.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "base/result.h"

namespace yap::client {

// Entries of the input history: the oldest goes first.
inline constexpr std::size_t kHistoryKept = 500;
// Drafts, more than anybody has channels: the first by name goes, never the one just kept.
inline constexpr std::size_t kDraftsKept = 1000;

class Drafts {
 public:
  // Reads the file, if there is one.
  explicit Drafts(std::filesystem::path file);

  const std::map<std::string, std::string>& texts() const { return kept_.texts; }
  const std::deque<std::string>& history() const { return kept_.history; }
  bool Muted(std::uint64_t channel) const { return kept_.muted.contains(channel); }

  // In memory until Flush. An empty text removes the draft, if this process knows of one.
  void Keep(const std::string& ref, const std::string& text);
  void AddHistory(const std::string& text);
  void Mute(std::uint64_t channel, bool on);

  // Whether something waits for Flush.
  bool dirty() const;
  // Writes the changes since the last one into the file as it is now.
  // Errors: Unavailable FILE_UNWRITABLE, FILE_UNREADABLE, DRAFTS_BUSY (another process is at it);
  // FailedPrecondition FILE_INVALID. The changes then wait for the next Flush.
  Result<> Flush();

 private:
  struct Kept {
    std::map<std::string, std::string> texts;  // By what the outbox calls the channel.
    std::deque<std::string> history;
    std::set<std::uint64_t> muted;
  };
  struct Changes {
    std::map<std::string, std::string> texts;  // Empty: removed.
    std::deque<std::string> history;           // Added.
    std::map<std::uint64_t, bool> muted;
  };

  static Kept Parse(const std::string& content);

  const std::filesystem::path file_;
  Kept kept_;        // As this process sees it.
  Changes changes_;  // Not on disk yet.
};

}  // namespace yap::client
