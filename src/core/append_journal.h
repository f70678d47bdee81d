// core/append_journal.h: what this process appended. A gateway that may have missed a ring asks for
// what came since, instead of comparing every head it watches.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "base/guarded.h"
#include "core/envelope.h"
#include "core/event_log.h"

namespace yap::core {

// Thread-safe.
class AppendJournal {
 public:
  struct Token {
    std::uint64_t life = 0;  // Of the process; 0: none.
    std::uint64_t position = 0;
  };
  struct Since {
    Token token;              // For the next question.
    bool incomplete = false;  // More may have been appended than `heads` tells.
    std::vector<ChannelHead> heads;
  };

  // `life`: random, not 0. Of the channels appended to least recently, those beyond `channels_max`
  // are forgotten.
  AppendJournal(std::uint64_t life, std::size_t channels_max)
      : life_(life), channels_max_(channels_max) {}

  // Something was appended, or, with seq 0, may have been.
  void Note(ChannelHead head);
  // A token of another life (none included), or one so old that something since was forgotten, is
  // answered with `incomplete`.
  Since After(Token token) const;

 private:
  struct Entry {
    ChannelHead head;
    std::uint64_t position = 0;
  };
  struct State {
    std::list<Entry> entries;  // By position, newest first; each channel once.
    std::unordered_map<ChannelId, std::list<Entry>::iterator> by_channel;
    std::uint64_t position = 0;   // Of the newest entry.
    std::uint64_t forgotten = 0;  // Up to here entries may be missing.
  };
  const std::uint64_t life_;
  const std::size_t channels_max_;
  Guarded<State> state_;
};

// An EventLog that notes in a journal what it appended, and what it may have.
class JournaledLog final : public EventLog {
 public:
  // Both outlive it.
  JournaledLog(EventLog& log, AppendJournal& journal) : log_(log), journal_(journal) {}

  Writers writers() const override { return log_.writers(); }

  Task<std::vector<Appended>> Append(ChannelId channel, std::vector<Draft> drafts,
                                     Seq expected_head, Deadline deadline) override;
  Task<EventPage> Read(ChannelId channel, Seq after, std::size_t limit, Deadline deadline) override;
  Task<Head> ReadHead(ChannelId channel, Deadline deadline) override;
  Task<std::optional<KeyMatch>> FindKey(ChannelId channel, UserId user, ClientKey key, Seq since,
                                        Deadline deadline) override;

 private:
  void Learn(Epoch epoch) { epoch_.store(epoch.value, std::memory_order_relaxed); }
  void NoteStored(ChannelId channel, const std::vector<Appended>& appended);

  EventLog& log_;
  AppendJournal& journal_;
  // Of the store, as the last read told it: appends do not.
  std::atomic<std::uint64_t> epoch_ = 0;
};

}  // namespace yap::core
